"""What runs in a decode process: pictures from strangers, with little to lose.

Started without the service's settings in its environment and without its sockets and files; once it has loaded what it
needs it opens nothing more, and takes no more memory than it was given. It imports Pillow and little else.
"""

import base64
import binascii
import ctypes
import gc
import io
import json
import mmap
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from PIL import ExifTags, Image, MpoImagePlugin, TiffImagePlugin  # noqa: F401 - loaded before the doors close

from service.errors import ImageTooLarge, InvalidParameter, MalformedBody, ServiceError, UnknownField
from service.images.decoder import Decoder
from service.images.preprocess import Fit, Picture

try:
    import resource as _resource
except ImportError:  # Windows has no such limits; time is bounded there all the same
    resource: ModuleType | None = None
else:
    resource = _resource

# The exit code of a process in which a task before has left too much behind; it has not begun the new one.
WORN_OUT = 77

# So much may be left behind before that: libraries keep a little for the next time.
_LEFT_BEHIND_BYTES = 16 * 1024**2

_NICE = 10
_PR_SET_PDEATHSIG = 1
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")

_max_bytes = 0  # that a task may take; 0: not started as a decode process


@dataclass(frozen=True)
class Task:
    """A picture to decode.

    Attributes:
        content: the picture file; with `in_json` a JSON object that holds it in base64.
        in_json: whether it is wrapped so.
        decoder: how it is decoded and within what bounds.
        fit: how it is made square.
    """

    content: bytes
    in_json: bool
    decoder: Decoder
    fit: Fit


def start(max_bytes: int) -> None:
    """Load everything, then give up what a decoder has no need of.

    Args:
        max_bytes: of memory that decoding may take, beyond what is taken now.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends its processes itself
    # The pool's own handler is Python, which waits for the decoder to return: up to three seconds, then SIGKILL.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    if hasattr(os, "nice"):  # Windows has none
        os.nice(_NICE)  # whoever waits for a small answer goes first
    with Path(os.devnull).open("r+b") as nothing:
        for standard in (0, 1, 2):
            os.dup2(nothing.fileno(), standard)
    _warm_up()
    gc.collect()
    for what, limit in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NOFILE", 3),  # those that are open stay so; a lower limit would forbid to wait for the pipe, poll(2)
        ("RLIMIT_AS", _address_space() + max_bytes + _LEFT_BEHIND_BYTES),
    ):
        if resource is not None:
            resource.setrlimit(getattr(resource, what), (limit, limit))
    global _max_bytes  # noqa: PLW0603 - the pool gives its tasks nothing of what it gave the start
    _max_bytes = max_bytes


def ready() -> None:
    """Nothing: a task that is done once the process has started."""


def decode(task: Task) -> Picture | ServiceError:
    """The picture, or why there is none; ends the process where it could not have all the memory it may take."""
    if not _has_room():
        os._exit(WORN_OUT)
    try:
        content = _unwrap(task.content) if task.in_json else task.content
        return task.decoder.decode(task.decoder.open(content), task.fit)
    except ServiceError as error:
        return error
    except MemoryError:
        return ImageTooLarge("Decoding the picture takes more memory than the limit. Send a smaller version of it.")


def _unwrap(body: bytes) -> bytes:
    """The picture file in a JSON object.

    Raises:
        ServiceError: there is none, or something else too.
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedBody('The body is not valid JSON. Send an object such as {"index": 16}.') from None
    if not isinstance(asked, dict) or asked.keys() - {"index", "indices", "image"}:
        raise UnknownField("A JSON body holds an object with one of the fields index, indices and image.")
    if asked.keys() != {"image"} or not isinstance(asked["image"], str):
        raise InvalidParameter('A JSON body of this size may hold one picture: {"image": its bytes in base64}.')
    return unwrap_base64(asked["image"])


def unwrap_base64(text: str) -> bytes:
    """The bytes of base64 text or a data URL.

    Raises:
        InvalidParameter: it is neither.
    """
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidParameter(
            "image: not valid base64. Send the picture file's bytes in base64, no line breaks."
        ) from None


def _die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it is gone, however it went (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _warm_up() -> None:
    """Decode a picture of each format, turned by its EXIF data, so that nothing has to be imported later."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    for each in _FORMATS:
        file = io.BytesIO()
        Image.new("RGB", (40, 40)).save(file, each, **({} if each in {"GIF", "BMP"} else {"exif": exif}))
        file.seek(0)
        with Image.open(file) as image:
            image.load()
            image.getexif()
            image.resize((32, 32), Image.Resampling.LANCZOS)


def _has_room() -> bool:
    """Whether this process may still take all the memory of a task: none is taken, only the addresses, for a moment."""
    if not _max_bytes or sys.platform != "linux":
        return True
    try:
        mmap.mmap(-1, _max_bytes, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=0).close()
    except OSError:
        return False
    return True


def _address_space() -> int:
    """The bytes of address space in use (Linux; elsewhere the limit on them is not kept by the system anyway)."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * mmap.PAGESIZE
    except OSError:
        return 1 << 40
