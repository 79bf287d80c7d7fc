"""Where several workers keep the figures that they share; what a killed run left behind is removed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# In memory where the system has such a place: a container's root may be read-only.
_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder inside it is made with mkdtemp
_PREFIX = f"seminar-cnn-metrics-{os.getuid() if hasattr(os, 'getuid') else ''}-"
_LOCK = "lock"


@contextmanager
def make() -> Iterator[Path]:
    """A new folder, until the block ends."""
    root = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in root.glob(f"{_PREFIX}*"):
        if _is_left(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
    try:
        with (folder / _LOCK).open("w") as lock:
            _lock(lock.fileno())
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Whether nobody holds the folder's lock any more: the kernel drops it with whoever took it."""
    with suppress(OSError), (folder / _LOCK).open("w") as lock:
        return _lock(lock.fileno())
    return False


def _lock(descriptor: int) -> bool:
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
    except ImportError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
