"""The container's health check, run as the engine runs it, against a started service."""

import json
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service.settings import Settings
from tests.support import serving
from tests.support.patience import until
from tests.support.serving import ROOT, Service, environment

DOCKERFILE = (ROOT / "service" / "Dockerfile").read_text()


def command(*options: str) -> list[str]:
    """The Dockerfile's health check, by this Python."""
    found = re.search(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found
    python, *arguments = json.loads(found[1])
    assert python == "python"
    return [sys.executable, *options, *arguments]


def check(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it in such an environment, in which a proxy is named that nobody is to ask."""
    given = environment() | variables | {"http_proxy": "http://127.0.0.1:1"}
    return subprocess.run(command(*options), cwd=ROOT, env=given, capture_output=True, text=True, check=False)


def port(service: Service) -> str:
    return service.url.rpartition(":")[2]


@pytest.mark.parametrize("names", [("SERVICE_PORT",), ("PORT",), ("SERVICE_PORT", "PORT")])
def test_it_asks_where_the_service_listens(service: Service, names: tuple[str, ...]) -> None:
    """It follows SERVICE_PORT, then PORT, as the service itself does."""
    given = dict(zip(names, (port(service), "1"), strict=False))
    assert check(**given).returncode == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "localhost"])  # noqa: S104 - nothing listens there
def test_it_asks_the_address_that_the_service_listens_on(service: Service, host: str) -> None:
    """SERVICE_HOST is asked; 0.0.0.0, which means all of a machine's addresses, by way of loopback."""
    assert check(SERVICE_HOST=host, PORT=port(service)).returncode == 0


def test_ipv6_is_asked_on_ipv6(toy_models: Path) -> None:
    """With SERVICE_HOST=:: the service listens on IPv6 only, and is found there."""
    with serving.start(models=toy_models, model="toy", host="::") as service:
        assert check(SERVICE_HOST="::", SERVICE_PORT=port(service)).returncode == 0


def test_it_fails_where_nobody_answers() -> None:
    """Where nothing listens it ends with 1 and says nothing; without a port it asks the service's default."""
    result = check(PORT="1")
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "")
    text = (ROOT / "service" / "server" / "health_check.py").read_text()
    assert f'or "{Settings.model_fields["port"].default}")' in text


def test_it_fails_while_the_service_drains(toy_models: Path) -> None:
    """From SIGTERM on, while requests are still answered, it ends with 1."""
    with serving.start(models=toy_models, model="toy", drain_seconds=30) as service:
        assert check(PORT=port(service)).returncode == 0
        service.process.send_signal(signal.SIGTERM)
        until(lambda: service.ask("GET", "/health").status_code == 503, "the draining")
        assert check(PORT=port(service)).returncode == 1
        assert service.ask("GET", "/predict?index=16").status_code == 200


def test_it_imports_next_to_nothing(service: Service) -> None:
    """It loads no module that the interpreter does not load for an empty program, save the one that has sockets.

    That is what keeps it under 20 ms of the processor's time; how much it takes here is printed (pytest -s).
    """
    empty = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", "-c", ""], capture_output=True, text=True, check=True
    )
    result = check("-X", "importtime", PORT=port(service))
    assert result.returncode == 0
    assert imported(result.stderr) - imported(empty.stderr) == {"_socket"}
    before, n = resource.getrusage(resource.RUSAGE_CHILDREN), 10
    for _ in range(n):
        check(PORT=port(service))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"\na health check takes {spent / n * 1e3:.1f} ms of the processor's time, mean of {n}")  # noqa: T201


def imported(report: str) -> set[str]:
    """The modules that `-X importtime` names."""
    return {line.rpartition("|")[2].strip() for line in report.splitlines() if "|" in line} - {"imported package"}
