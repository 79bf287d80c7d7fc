"""The stack for several machines and its edge: what their files say fits together, and the real programs read them."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import PREFIX, Settings
from tests.support.serving import ROOT, environment

FOLDER = ROOT / "deploy" / "swarm"
TEXT = (FOLDER / "stack.yml").read_text()
EDGE = re.sub(r"^ *#.*", "", (FOLDER / "edge" / "haproxy.cfg").read_text(), flags=re.MULTILINE)
DOCKERFILE = (FOLDER / "edge" / "Dockerfile").read_text()
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def stack(**given: str) -> dict[str, Any]:
    """stack.yml with these variables, else their defaults."""
    text = re.sub(r"\$\{([A-Z_]+):-([^}]*)\}", lambda found: given.get(found[1], found[2]), TEXT)
    assert "$" not in text
    return dict(yaml.safe_load(text))


def seconds(name: str, text: str = EDGE) -> float:
    """A time that the edge's configuration says once, such as `timeout server`."""
    (found,) = re.findall(rf"^ +{name} (\d+)(ms|s|m)$", text, re.MULTILINE)
    return int(found[0]) * UNITS[found[1]]


def default(name: str) -> float:
    return float(Settings.model_fields[name].default)


def settings_of(service: dict[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): "" if value is None else str(value)
        for name, value in service["environment"].items()
        if name.startswith(PREFIX)
    }


def certificate(folder: Path) -> Path:
    """A certificate with its key, one after the other."""
    key, certificate, both = folder / "key", folder / "certificate", folder / "tls.pem"
    openssl = shutil.which("openssl") or "openssl"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], capture_output=True, check=True)
    both.write_text(certificate.read_text() + key.read_text())
    return both


def test_haproxy_takes_the_configuration(tmp_path: Path) -> None:
    """Debian's HAProxy finds no fault with haproxy.cfg, given the variables that stack.yml sets and a certificate."""
    config = tmp_path / "haproxy.cfg"
    (path,) = re.findall(r"ssl crt (\S+)", EDGE)
    assert path == f"/run/secrets/{stack()['services']['edge']['secrets'][0]}"
    config.write_text(EDGE.replace(path, str(certificate(tmp_path))))
    given = {name: str(value) for name, value in stack()["services"]["edge"]["environment"].items()}
    haproxy = shutil.which("haproxy") or "/usr/sbin/haproxy"
    result = subprocess.run(
        [haproxy, "-c", "-f", str(config)], env=dict(os.environ) | given, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "WARNING" not in result.stderr


def test_the_edge_is_given_what_it_asks_for() -> None:
    """The variables in haproxy.cfg are those that stack.yml sets, and the image exposes the ports that it opens."""
    edge = stack()["services"]["edge"]
    assert set(re.findall(r'"\$\{(\w+)\}"', EDGE)) == edge["environment"].keys()
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == re.findall(r"bind :(\d+)", EDGE)
    (port,) = edge["ports"]
    assert (port["target"], port["mode"]) == (8443, "host")
    assert "STOPSIGNAL SIGUSR1\n" in DOCKERFILE
    assert float(edge["stop_grace_period"].removesuffix("s")) > seconds("hard-stop-after")


def test_the_bases_are_the_same() -> None:
    """The edge is built from the image that the service is built from."""
    service = (ROOT / "service" / "Dockerfile").read_text()
    (base,) = re.findall(r"^FROM (\S+)$", DOCKERFILE, re.MULTILINE)
    assert f"FROM {base}\n" in service


@pytest.mark.parametrize("name", ["max_in_flight", "max_body_bytes"])
def test_the_edge_knows_the_services_limits(name: str) -> None:
    """As many requests at one time and as many bytes as the service takes, by the same variable and its default."""
    for given in ({}, {PREFIX + name.upper(): "7"}):
        services = stack(**given)["services"]
        expected = int(given.get(PREFIX + name.upper(), default(name)))
        assert int(settings_of(services["service"])[name]) == expected
        assert services["edge"]["environment"][name.upper()] == expected
    assert 'default-server maxconn "${MAX_IN_FLIGHT}"' in EDGE


def test_every_setting_is_one() -> None:
    """What stack.yml sets or takes from the operator under SERVICE_ the service knows, and it takes the values."""
    given = settings_of(stack()["services"]["service"])
    assert given.keys() <= Settings.model_fields.keys()
    assert {name.lower() for name in re.findall(rf"{PREFIX}([A-Z_]+)", TEXT + EDGE)} <= Settings.model_fields.keys()
    chosen = {name: value for name, value in given.items() if value}
    Settings.model_validate({"SERVICE_PORT" if name == "port" else name: value for name, value in chosen.items()})


def test_a_replica_has_time_to_stop() -> None:
    """The kill comes later than draining and stopping may take together."""
    service = stack()["services"]["service"]
    given = settings_of(service)
    assert float(service["stop_grace_period"].removesuffix("s")) > (
        float(given["drain_seconds"]) + float(given["stop_seconds"])
    )


def test_draining_is_longer_than_noticing() -> None:
    """The edge knows from two checks that fail that a replica drains, before the replica stops."""
    found = re.search(r"check inter (\d+)s fastinter (\d+)ms .*fall (\d+)", EDGE)
    assert found
    inter, fast, fall = int(found[1]), int(found[2]) / 1000, int(found[3])
    assert float(settings_of(stack()["services"]["service"])["drain_seconds"]) > inter + fast * (fall - 1)


def test_no_connection_is_used_that_the_service_closes() -> None:
    """The service keeps idle connections for longer than the edge waits for a server, and so does its default."""
    kept = float(settings_of(stack()["services"]["service"])["keep_alive_seconds"])
    assert min(kept, default("keep_alive_seconds")) > seconds("timeout server")


def test_the_edge_is_patient() -> None:
    """It gives a busy replica two seconds to answer its check, and an answer as long as the service may take."""
    assert seconds("timeout check") >= 2
    assert seconds("timeout server") > default("body_seconds")
    assert seconds("timeout server") > default("queue_seconds") + default("decode_seconds")


def test_an_update_is_careful() -> None:
    """The new replica is there before the old one goes, one after the other, and a release that fails goes back."""
    deploy = stack()["services"]["service"]["deploy"]
    update = deploy["update_config"]
    assert deploy["endpoint_mode"] == "dnsrr"
    assert (update["order"], update["parallelism"], update["failure_action"]) == ("start-first", 1, "rollback")
    assert float(update["delay"].removesuffix("s")) > 0
    assert float(update["monitor"].removesuffix("s")) > 0
    assert stack()["services"]["edge"]["deploy"]["mode"] == "global"


def test_docker_compose_reads_the_file_for_one_machine() -> None:
    """docker-compose 1.29 takes docker-compose.yml: loopback, PORT, limits, workers, and settings passed on."""
    compose = shutil.which("docker-compose") or "/usr/bin/docker-compose"
    given = environment(log_format="text") | {"PORT": "9000", "CPUS": "4"}
    result = subprocess.run([compose, "config"], cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    service = yaml.safe_load(result.stdout)["services"]["service"]
    assert service["ports"] == ["127.0.0.1:9000:8000/tcp"]
    assert service["deploy"]["resources"]["limits"]["cpus"] == 4
    assert service["environment"]["SERVICE_WORKERS"] == "4"
    assert service["environment"]["SERVICE_LOG_FORMAT"] == "text"
    assert service["environment"]["SERVICE_MODEL"] is None
