"""Started from a terminal, where Ctrl-C reaches every process of the service at once."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.serving import ROOT, environment, run

CTRL_C, CTRL_BACKSLASH = b"\x03", b"\x1c"


@dataclass
class Terminal:
    """A terminal in which the service was started, and what it has shown."""

    process: subprocess.Popen[bytes]
    keyboard: int
    shown: bytes = b""

    def read_until(self, text: bytes) -> None:
        """Wait until the service has said this."""
        while text not in self.shown:
            self.shown += self._read()

    def _read(self) -> bytes:
        ready, _, _ = select.select([self.keyboard], [], [], PATIENCE_S)
        assert ready, f"nothing more came: {self.shown.decode()}"
        return os.read(self.keyboard, 65536)

    def press(self, key: bytes) -> None:
        os.write(self.keyboard, key)

    def end(self) -> int:
        """Wait for the end; the exit code."""
        with suppress(OSError):  # how Linux says that nobody has the terminal open any more
            while piece := self._read():
                self.shown += piece
        return self.process.wait(PATIENCE_S)


@contextmanager
def terminal(models: Path, **settings: object) -> Iterator[Terminal]:
    keyboard, screen = pty.openpty()
    process = subprocess.Popen(
        # It becomes the service. Not `preexec_fn`: that may hang where there are threads, as there are in pytest-xdist.
        ["/usr/bin/setsid", "--ctty", sys.executable, "-m", "service"],
        cwd=ROOT,
        env=environment(models=models, model="toy", port=0, **settings),
        stdin=screen,
        stdout=screen,
        stderr=screen,
    )
    os.close(screen)
    try:
        yield Terminal(process, keyboard)
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)


@pytest.mark.parametrize("key", [CTRL_C, CTRL_BACKSLASH])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_key_ends_it_cleanly(toy_models: Path, workers: int, times: int, key: bytes) -> None:
    r"""Ctrl-C or Ctrl-\, once or twice, the moment it serves: exit code 0, and not a word more on the screen."""
    with terminal(toy_models, workers=workers) as started:
        started.read_until(b"stops it)\r\n")
        said = started.shown
        for _ in range(times):
            started.press(key)
        assert started.end() == 0
    rest = started.shown.removeprefix(said)
    for shown in (b"^C", b"^\\", b"\r\n"):
        rest = rest.replace(shown, b"")
    serving = b"Serving toy on http://127.0.0.1:"
    assert rest == b"" or (workers == 2 and rest.startswith(serving)), started.shown.decode()


def test_arguments_are_refused() -> None:
    """Settings on the command line are not passed over: the service says where they belong."""
    result = run("service", "--port", "9000")
    assert result.returncode == 2
    assert result.stderr.startswith("The service takes no arguments: its settings are environment variables, such as ")
