"""A Docker engine, by its command line."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping

_SECONDS = 600.0


class CheckError(Exception):
    """The check can't go on; the message says why."""


class Engine:
    """One engine.

    Attributes:
        host: its address, as DOCKER_HOST takes it; empty: the one that the command line finds.
    """

    def __init__(self, host: str = "") -> None:
        self.host = host

    def run(
        self, *arguments: str, fine: bool = True, typed: str | None = None, variables: Mapping[str, str] | None = None
    ) -> str:
        """What `docker ...` prints.

        Args:
            arguments: the command's.
            fine: whether it must succeed.
            typed: what it reads.
            variables: for the command's environment.

        Raises:
            CheckError: it must succeed and does not.
        """
        docker = shutil.which("docker") or "docker"
        try:
            result = subprocess.run(
                [docker, *arguments],
                env={**self.environment(), **(variables or {})},
                input=typed,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CheckError(f"docker {arguments[0]}: {error}") from None
        if fine and result.returncode:
            raise CheckError(
                f"docker {' '.join(arguments[:3])} on {self.host or 'the engine'}: {result.stderr.strip()}"
            )
        return result.stdout.strip()

    def lines(self, *arguments: str) -> list[str]:
        """What `docker ...` prints, line by line."""
        return self.run(*arguments).splitlines()

    def give(self, image: str, other: "Engine") -> None:
        """Give another engine an image; a registry would do that where there is one."""
        docker = shutil.which("docker") or "docker"
        with subprocess.Popen([docker, "save", image], env=self.environment(), stdout=subprocess.PIPE) as saving:
            subprocess.run(
                [docker, "load", "--quiet"], env=other.environment(), stdin=saving.stdout, capture_output=True,
                check=True, timeout=_SECONDS,
            )  # fmt: skip

    def environment(self) -> dict[str, str]:
        """What the command line is told: which engine, and to build without BuildKit, which not every one has."""
        return dict(os.environ) | {"DOCKER_BUILDKIT": "0"} | ({"DOCKER_HOST": self.host} if self.host else {})


def wait_for(what: str, condition: Callable[[], bool], seconds: float = 120.0) -> float:
    """Wait until something is so; the seconds that it took.

    Raises:
        CheckError: it does not come.
    """
    started = time.monotonic()
    while not _holds(condition):
        if time.monotonic() - started > seconds:
            raise CheckError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.1)
    return time.monotonic() - started


def _holds(condition: Callable[[], bool]) -> bool:
    """Whether it is so; no, where an engine under load can't tell just now."""
    try:
        return condition()
    except CheckError:
        return False
