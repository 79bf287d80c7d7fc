"""What the files for containers say, without an engine: where the service is reached, what it is given, what it may."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from service.settings import PREFIX, Settings
from tests.support.serving import ROOT, environment

COMPOSE = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "service" / "Dockerfile").read_text()


def compose(text: str = COMPOSE) -> dict[str, Any]:
    """What docker-compose.yml says of the service."""
    (service,) = yaml.safe_load(text)["services"].values()
    return dict(service)


def environment_of(service: dict[str, Any]) -> dict[str, str | None]:
    """What compose sets for the service, and with None what it passes on if it is set."""
    pairs = (line.partition("=") for line in service["environment"])
    return {name: value if given else None for name, given, value in pairs}


@pytest.mark.parametrize(("given", "published"), [
    ({}, "127.0.0.1:8000:8000"),
    ({"SERVICE_PORT": "9000"}, "127.0.0.1:9000:8000"),
    ({"PORT": "9000"}, "127.0.0.1:9000:8000"),
    ({"SERVICE_PORT": "9000", "PORT": "9001"}, "127.0.0.1:9001:8000"),
    ({"PUBLISH": "0.0.0.0"}, "0.0.0.0:8000:8000"),  # noqa: S104 - what an operator may say
])  # fmt: skip
def test_compose_publishes_on_loopback_at_the_port_asked_for(given: dict[str, str], published: str) -> None:
    """The port is PORT, else SERVICE_PORT, else 8000, for this machine alone unless PUBLISH says otherwise.

    A shell expands the expression, which has the same rules; like compose it reads .env for what is not set.
    """
    (port,) = compose()["ports"]
    script = f'[ -n "$PORT" ] || . ./.env; echo "{port}"'
    result = subprocess.run(
        ["/bin/sh", "-c", script], cwd=ROOT, env=environment() | given, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == published


def test_inside_the_port_is_always_the_one_published() -> None:
    """Whatever a file of settings says, the container listens on the port that compose forwards to."""
    service = compose()
    port = environment_of(service)["SERVICE_PORT"]
    assert service["ports"][0].endswith(f":{port}")
    assert f"EXPOSE {port}\n" in DOCKERFILE


def test_compose_passes_every_setting_on() -> None:
    """Each setting but the address, the port and the workers, which compose decides, comes from the operator."""
    passed = {name for name, value in environment_of(compose()).items() if value is None}
    decided = {"SERVICE_HOST", "SERVICE_PORT", "SERVICE_WORKERS"}
    assert passed == {PREFIX + name.upper() for name in Settings.model_fields} - decided


def test_workers_are_as_many_as_cores() -> None:
    """One variable says both how many cores the container may use and how many workers share them."""
    service = compose()
    assert service["deploy"]["resources"]["limits"]["cpus"] == environment_of(service)["SERVICE_WORKERS"]


def test_logs_are_rotated() -> None:
    """The engine keeps a few files of a few megabytes of what the service says."""
    assert compose()["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}


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
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
    assert service["pids_limit"]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", DOCKERFILE, re.MULTILINE)


def test_what_is_commented_out_is_right() -> None:
    """Without their # the lines for keys and models of one's own are compose's, and the models can't be written."""
    text = re.sub(r"^( *)# (secrets|volumes):", r"\1\2:", COMPOSE, flags=re.MULTILINE)
    service = compose(text)
    (volume,) = service["volumes"]
    source, target, mode = volume.split(":")
    assert (source, mode) == ("./my-models", "ro")
    assert f"SERVICE_MODELS={target}, " in COMPOSE
    (secret,) = service["secrets"]
    assert yaml.safe_load(text)["secrets"].keys() == {secret}
    assert f"SERVICE_API_KEYS_FILE=/run/secrets/{secret}: " in COMPOSE
    assert compose().keys() == service.keys() - {"secrets", "volumes"}
