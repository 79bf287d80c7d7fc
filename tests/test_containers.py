"""What the files for containers say, without an engine: where the service is reached, what it is given, what it may."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from service.settings import Settings
from tests.support.serving import ROOT, Service, environment

COMPOSE = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "service" / "Dockerfile").read_text()


def compose(text: str = COMPOSE) -> dict[str, Any]:
    """What docker-compose.yml says of the service."""
    (service,) = yaml.safe_load(text)["services"].values()
    return dict(service)


def health_check() -> list[str]:
    """The Dockerfile's health check, by this Python."""
    found = re.search(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found
    python, *arguments = json.loads(found[1])
    assert python == "python"
    return [sys.executable, *arguments]


@pytest.mark.parametrize(("given", "published"), [
    ({}, "127.0.0.1:8000:8000"),
    ({"SERVICE_PORT": "9000"}, "127.0.0.1:9000:8000"),
    ({"PORT": "9000"}, "127.0.0.1:9000:8000"),
    ({"SERVICE_PORT": "9000", "PORT": "9001"}, "127.0.0.1:9000:8000"),
    ({"PUBLISH": "0.0.0.0"}, "0.0.0.0:8000:8000"),  # noqa: S104 - what an operator may say
])  # fmt: skip
def test_compose_publishes_on_loopback_at_the_port_asked_for(given: dict[str, str], published: str) -> None:
    """The port is SERVICE_PORT, else PORT, else 8000, for this machine alone unless PUBLISH says otherwise.

    A shell expands the expression, which has the same rules; like compose it reads .env for what is not set.
    """
    (port,) = compose()["ports"]
    script = f'[ -n "$SERVICE_PORT" ] || . ./.env; echo "{port}"'
    result = subprocess.run(
        ["/bin/sh", "-c", script], cwd=ROOT, env=environment() | given, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == published


def test_inside_the_port_is_always_the_one_published() -> None:
    """Whatever a file of settings says, the container listens on the port that compose forwards to."""
    service = compose()
    assert service["ports"][0].endswith(f":{service['environment']['SERVICE_PORT']}")
    assert f"EXPOSE {service['environment']['SERVICE_PORT']}\n" in DOCKERFILE


def test_compose_gives_the_service_time_to_stop() -> None:
    """The grace period before the kill is longer than draining and stopping may take by default."""
    settings = Settings.model_fields
    assert int(compose()["stop_grace_period"].removesuffix("s")) > (
        settings["drain_seconds"].default + settings["stop_seconds"].default
    )


def test_the_container_may_do_little() -> None:
    """A root file system that can't be written, no capabilities, no new privileges, bounds on memory and processes."""
    service = compose()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", DOCKERFILE, re.MULTILINE)


def test_what_is_commented_out_is_right() -> None:
    """Without their # the lines for settings and models of one's own are compose's, and the models can't be written."""
    service = compose(re.sub(r"^( +)# (env_file|volumes):", r"\1\2:", COMPOSE, flags=re.MULTILINE))
    assert service["env_file"] == "settings.env"
    (volume,) = service["volumes"]
    source, target, mode = volume.split(":")
    assert (source, mode) == ("./my-models", "ro")
    assert f"SERVICE_MODELS={target} in settings.env" in COMPOSE
    assert compose().keys() == service.keys() - {"env_file", "volumes"}


@pytest.mark.parametrize("names", [("SERVICE_PORT",), ("PORT",), ("SERVICE_PORT", "PORT")])
def test_the_health_check_asks_where_the_service_listens(service: Service, names: tuple[str, ...]) -> None:
    """The image's health check follows SERVICE_PORT, then PORT, as the service itself does."""
    right, wrong = service.url.rpartition(":")[2], "1"
    given = dict(zip(names, (right, wrong), strict=False))
    subprocess.run(health_check(), env=environment() | given | {"http_proxy": "http://127.0.0.1:1"}, check=True)


def test_the_health_check_fails_where_nobody_answers() -> None:
    """Where nothing listens the health check ends with another exit code than 0; its own default is the service's."""
    command = health_check()
    result = subprocess.run(command, env=environment() | {"PORT": "1"}, capture_output=True, check=False)
    assert result.returncode
    assert f"or '{Settings.model_fields['port'].default}'" in command[-1]
