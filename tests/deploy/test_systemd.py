"""The unit for a plain machine is one that systemd takes, and fits the service."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from service import settings
from service.settings import PREFIX
from tests.support.serving import ROOT
from tests.test_containers import compose

UNIT = (ROOT / "deploy" / "systemd" / "seminar-cnn.service").read_text()
COMMENTED = re.compile(r"^# (?=LoadCredential=|Environment=)", re.MULTILINE)
HOME = "/opt/seminar-cnn"


def values(key: str, text: str = UNIT) -> list[str]:
    """What the unit says under a key."""
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


def verify(folder: Path, text: str) -> str:
    """What systemd finds wrong, with the program in a folder of the test's: its place is looked at too."""
    program = folder / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = folder / "seminar-cnn.service"
    unit.write_text(text.replace(HOME, str(folder)))
    analyze = shutil.which("systemd-analyze")
    assert analyze, "Install systemd (apt-get install systemd): its systemd-analyze checks the unit."
    result = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    # A line that it does not understand is no reason for it to fail.
    return f"{result.stdout}{result.stderr}" or "wrong" * result.returncode


@pytest.mark.parametrize("text", [UNIT, COMMENTED.sub("", UNIT)])
def test_systemd_takes_the_unit(tmp_path: Path, text: str) -> None:
    """systemd-analyze verify finds nothing, not even with the lines for keys that are commented out."""
    assert len(COMMENTED.findall(UNIT)) == 2
    assert verify(tmp_path, text) == ""


@pytest.mark.parametrize(("right", "wrong"), [
    ("KillMode=mixed", "KillMode=mixd"),
    ("UMask=", "Umaks="),
    ("bin/python -m", "bin/pythn -m"),
])  # fmt: skip
def test_a_mistake_in_the_unit_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    """A value, a key or a program that does not exist fails the test above."""
    assert right in UNIT
    assert verify(tmp_path, UNIT.replace(right, wrong))


def test_the_units_settings_are_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its variables are settings with right values, on loopback, and it has more time to stop than they ask for."""
    for each in values("Environment"):
        for pair in shlex.split(each):
            name, value = pair.split("=")
            assert name.startswith(PREFIX)
            monkeypatch.setenv(name, value)
    read = settings.read()
    assert read.host == "127.0.0.1"
    assert int(values("TimeoutStopSec")[0]) > read.drain_seconds + read.stop_seconds


def test_the_unit_starts_what_make_starts() -> None:
    """The command is that of `make serve`, in the folder where the service and its models lie."""
    assert values("WorkingDirectory") == [HOME]
    assert values("ExecStart") == [f"{HOME}/.venv/bin/python -m service"]
    assert "$(RUN) -m service" in (ROOT / "Makefile").read_text()


def test_the_unit_may_do_as_little_as_the_container() -> None:
    """No root, no capability, nothing to write to; compose's bounds on memory and processes."""
    assert values("DynamicUser") == ["yes"]
    assert values("CapabilityBoundingSet") == [""]
    assert values("ProtectSystem") == ["strict"]
    assert values("MemoryMax") == ["768M"]
    assert values("TasksMax") == [str(compose()["pids_limit"])]
