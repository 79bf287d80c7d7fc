"""Files that are either whole or not there, whatever interrupts."""

from pathlib import Path

from training.errors import OutputError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step; its folder is made if need be.

    Raises:
        OutputError: it can't be written.
    """
    make_folder(path.parent)
    partial = path.with_suffix(".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path} can't be written ({error.strerror}).") from None
    finally:
        partial.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing.

    Raises:
        OutputError: it can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} can't be made ({error.strerror}).") from None
