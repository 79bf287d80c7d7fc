"""The most memory that a process has had, as Linux counts it. As a program: what decoding takes, picture by picture.

`python -m tests.support.memory FORMAT:PATH ...` prints for each picture the peak of decoding it, as a share of the
bound within which it is just let in.
"""

import os
import sys
from pathlib import Path

from service.errors import ImageTooLarge
from service.images.decoder import Bounds, Decoder, Format

MIB = 1024**2


def forget_peak(pid: int) -> None:
    """Let the peak begin anew from what the process has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak(pid: int) -> int:
    """The most that a process has had in memory, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def _share(image_format: Format, content: bytes) -> float:
    for bound in range(2 * MIB, 2048 * MIB, MIB):
        decoder = Decoder((image_format,), Bounds(10**9, 10, bound), "lanczos")
        try:
            opened = decoder.open(content)
        except ImageTooLarge:
            continue
        forget_peak(os.getpid())
        before = peak(os.getpid())
        decoder.decode(opened, "crop")
        return (peak(os.getpid()) - before) / bound
    raise AssertionError("it was let in within no bound")


def _main() -> None:
    for argument in sys.argv[1:]:
        image_format, _, path = argument.partition(":")
        # Each in a process of its own, so that none finds memory that another one has left.
        if not os.fork():
            sys.stdout.write(f"{_share(image_format, Path(path).read_bytes())}\n")  # type: ignore[arg-type] # a format's name
            sys.exit(0)
        os.wait()


if __name__ == "__main__":
    _main()
