"""What a process keeps of its environment once it has read it: no secret, for its children or for onlookers."""

import ctypes
import os
import re
from collections.abc import Callable

_SETTINGS = re.compile(r"SERVICE_.*", re.IGNORECASE)  # they are read so, too

# What the processes that it starts may know; nothing of the service's settings, so no key.
_HARMLESS = re.compile(r"PATH|HOME|TMPDIR|TZ|LANG|LC_.*|PYTHON.*|LD_.*|VIRTUAL_ENV|SYSTEMROOT|PROMETHEUS_MULTIPROC_DIR")


def forget_settings() -> None:
    """Drop the service's settings, which have been read."""
    _forget(_SETTINGS.fullmatch)


def forget_all() -> None:
    """Drop every variable but those that the interpreter and the system need."""
    _forget(lambda name: not _HARMLESS.fullmatch(name))


def _forget(chosen: Callable[[str], object]) -> None:
    for name in filter(chosen, list(os.environ)):
        _blank(name)
        del os.environ[name]


def _blank(name: str) -> None:
    """Overwrite a variable where it lies: what a process was started with can be read in /proc as long as it runs."""
    if os.name != "posix":
        return
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    place = libc.getenv(os.fsencode(name))
    if place:
        ctypes.memset(place, 0, len(ctypes.string_at(place)))
