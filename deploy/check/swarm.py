"""The stack on a swarm of engines: deployed, looked at, taken down."""

import json
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.check.engine import CheckError, Engine, wait_for

ROOT = Path(__file__).parents[2]
SWARM = ROOT / "deploy" / "swarm"
IMAGE, EDGE_IMAGE = "seminar-cnn:check", "seminar-cnn-edge:check"
_STACK = "seminar-check"
SERVICE = f"{_STACK}_service"
_EDGE = f"{_STACK}_edge"
KEY = "a-key-for-the-check"


class Swarm:
    """Engines that form a swarm, with the stack on it.

    Attributes:
        manager: the engine that is asked.
        engines: all of them.
        url: of the edge that the load asks.
        folder: for what the stack is given: certificate, keys, what is laid over it.
    """

    def __init__(self, engines: Sequence[Engine], folder: Path, port: int) -> None:
        """Form the swarm.

        Args:
            engines: of which none is in a swarm yet; the first one is asked.
            folder: for certificate and key.
            port: where the edge is published.

        Raises:
            CheckError: one of them is in a swarm, which may be somebody's.
        """
        self.manager, *others = self.engines = list(engines)
        for engine in engines:
            if engine.run("info", "--format", "{{.Swarm.LocalNodeState}}") != "inactive":
                raise CheckError(
                    f"{engine.host or 'the engine'} is in a swarm already; leave that first, or name another"
                )
        self.folder, self._port = folder, port
        # An engine alone is reached, and reaches itself, by loopback; several find their own addresses.
        alone = [] if others else ["--advertise-addr", "127.0.0.1"]
        self.manager.run("swarm", "init", *alone)
        address = self._address("self")
        token = self.manager.run("swarm", "join-token", "--quiet", "worker")
        for other in others:
            other.run("swarm", "join", "--token", token, f"{address}:2377")
        self.url = f"https://{address}:{port}"
        make_secrets(folder, address)

    def deploy(self, *, replicas: int = 2, overlay: Mapping[str, Any] | None = None, **variables: str) -> None:
        """Deploy the stack, or change it, and wait until all of it runs.

        Args:
            replicas: how many.
            overlay: what is laid over stack.yml.
            variables: for stack.yml.
        """
        secured = {
            "version": "3.9",
            "services": {"service": {"secrets": ["api_keys"]}},
            "secrets": {"api_keys": {"file": str(self.folder / "api_keys")}},
        }
        files = [SWARM / "stack.yml"]
        for name, content in (("secured", secured), ("overlay", overlay)):
            if content:
                files.append(self.folder / f"{name}.yml")
                files[-1].write_text(json.dumps(content))  # JSON is YAML
        given = {
            "STACK": _STACK, "IMAGE": IMAGE, "EDGE_IMAGE": EDGE_IMAGE, "HTTPS_PORT": str(self._port),
            "REPLICAS": str(replicas), "TLS_FILE": str(self.folder / "tls.pem"),
            "SERVICE_API_KEYS_FILE": "/run/secrets/api_keys",
        }  # fmt: skip
        named = [word for file in files for word in ("-c", str(file))]
        self.manager.run("stack", "deploy", "--resolve-image", "never", *named, _STACK, variables=given | variables)
        time.sleep(1)  # until then what is told of the update may be the last one's
        self.wait_until_settled(replicas)

    def wait_until_settled(self, replicas: int) -> None:
        """Wait until no update is going on and so many replicas run, with an edge on each node."""
        self.wait_for_update()
        wait_for("the replicas", lambda: len(self.running()) == replicas)
        wait_for("the edges", lambda: self._count(_EDGE) >= len(self.engines))

    def update(self, *options: str) -> None:
        """Change the service and wait for what comes of it."""
        self.manager.run("service", "update", "--detach=false", "--quiet", *options, SERVICE)
        self.wait_for_update()

    def wait_for_update(self) -> None:
        """Wait until no update is going on."""
        wait_for("the update's end", lambda: self.update_state() not in {"updating", "rollback_started"})

    def update_state(self) -> str:
        """What has become of the latest update."""
        template = "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}"
        return self.manager.run("service", "inspect", "--format", template, SERVICE)

    def running(self) -> list[str]:
        """The nodes of the replicas that run, one for each."""
        lines = self.manager.lines(
            "service", "ps", "--filter", "desired-state=running", "--format", "{{.Node}} {{.CurrentState}}", SERVICE
        )
        return [line.split()[0] for line in lines if line.split()[1] == "Running"]

    @property
    def drain_seconds(self) -> float:
        """How long a replica drains."""
        template = "{{range .Spec.TaskTemplate.ContainerSpec.Env}}{{println .}}{{end}}"
        lines = self.manager.lines("service", "inspect", "--format", template, SERVICE)
        (seconds,) = (line.partition("=")[2] for line in lines if line.startswith("SERVICE_DRAIN_SECONDS="))
        return float(seconds)

    def containers(self) -> list[str]:
        """The replicas' containers on the engine that is asked."""
        return self.manager.lines("ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name={SERVICE}")

    def node(self, engine: Engine) -> str:
        """The name of an engine in the swarm."""
        return engine.run("info", "--format", "{{.Name}}")

    def down(self) -> None:
        """Take the stack down and dissolve the swarm."""
        for engine in reversed(self.engines):
            engine.run("swarm", "leave", "--force", fine=False)

    def _count(self, service: str) -> int:
        return sum(line == "running" for line in self._states(service))

    def _states(self, service: str) -> list[str]:
        lines = self.manager.lines(
            "service", "ps", "--filter", "desired-state=running", "--format", "{{.CurrentState}}", service
        )
        return [line.split()[0].lower() for line in lines]

    def _address(self, node: str) -> str:
        found = self.manager.run("node", "inspect", "--format", "{{.Status.Addr}}", node)
        return "127.0.0.1" if found == "0.0.0.0" else found  # noqa: S104 - it binds nothing


def make_secrets(folder: Path, address: str) -> None:
    """Make a certificate for an address, with its key, and the file of API keys.

    Raises:
        CheckError: there is no openssl.
    """
    command = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=seminar-check",
        "-addext", f"subjectAltName=IP:{address}", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CheckError(f"openssl, which makes the certificate: {error}") from None
    (folder / "tls.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    (folder / "api_keys").write_text(f"{KEY}\n")


def largest_sent_again() -> int:
    """How many bytes of a request the edge can send again: its buffer."""
    found = re.search(r"^ +tune\.bufsize (\d+)$", (SWARM / "edge" / "haproxy.cfg").read_text(), re.MULTILINE)
    if not found:
        raise CheckError("haproxy.cfg sets no tune.bufsize")
    return int(found[1])
