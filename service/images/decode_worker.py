"""What runs in a decode process: pictures from strangers, with little to lose.

Started with nothing of the service's environment, and with no door but the socket that is its standard input; once it
has loaded what it needs it opens nothing more, and a picture takes no more memory than it was given. It imports Pillow
and little else.
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
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import ModuleType

from PIL import ExifTags, Image, MpoImagePlugin, TiffImagePlugin  # noqa: F401 - loaded before the doors close

from service.errors import ImageTooLarge, InvalidParameter, MalformedBody, ServiceError, UnknownField
from service.expectation import shown
from service.images import decode_messages
from service.images.decode_messages import Reader, Task
from service.images.decoder import NO_ADDRESSES, is_address
from service.images.preprocess import Picture, preprocess

try:
    import resource as _resource
except ImportError:  # Windows has no such limits; time is bounded there all the same
    resource: ModuleType | None = None
else:
    resource = _resource

# What it says when it is ready for the first task.
READY = b"\n"

# The exit code of a process in which a task before has left too much behind; it has not begun the new one.
WORN_OUT = 77

# So much may be left behind before that: libraries keep a little for the next time.
_LEFT_BEHIND_BYTES = 16 * 1024**2

_NICE = 10
_PR_SET_PDEATHSIG = 1
_FIELDS = ("index", "indices", "image")
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


def main() -> None:
    """Decode what comes over the socket that is standard input, until its other end closes."""
    channel = socket.socket(fileno=0)
    space = _AddressSpace()
    _lock_down()
    gc.collect()
    gc.freeze()
    space.measure()
    channel.sendall(READY)
    with channel.makefile("rb") as stream:
        while _serve(stream.read, channel, space):
            pass


def _serve(read: Reader, channel: socket.socket, space: "_AddressSpace") -> bool:
    """Do the next task; whether there was one. Nothing of it is left when this has returned."""
    asked = decode_messages.read_task(read)
    if asked is None:
        return False
    task, max_bytes = asked
    if not space.is_as_it_was(len(task.content)):
        os._exit(WORN_OUT)
    with space.limited(max_bytes):
        result = _decode(task)
    with suppress(OSError):  # nobody waits any more
        channel.sendall(decode_messages.answer(result))
    return True


def _decode(task: Task) -> Picture | ServiceError:
    """The picture, or why there is none."""
    try:
        content = _unwrap(task.content) if task.in_json else task.content
        return task.decoder.decode(task.decoder.open(content), task.fit)
    except ServiceError as error:
        # Its traceback would keep the picture as long as it is kept itself.
        return type(error)(*error.args, **error.members)
    except MemoryError:
        pass  # told when what was taken is free again
    return ImageTooLarge(
        "Decoding the picture takes more memory than the limit. Send a smaller version of it.",
        limit=task.decoder.bounds.max_decode_bytes,
    )


def _lock_down() -> None:
    """Load everything, then give up what a decoder has no need of."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends its processes itself
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    if hasattr(os, "nice"):  # Windows has none
        os.nice(_NICE)  # whoever waits for a small answer goes first
    _warm_up()
    if resource is not None:
        # What is open stays so: the socket, and what tells how much memory there is. None of them could be opened anew.
        for what in ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE"):
            resource.setrlimit(getattr(resource, what), (0, 0))


def _unwrap(body: bytes) -> bytes:
    """The picture file in a JSON object.

    Raises:
        ServiceError: there is none, or something else too.
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedBody('The body is not valid JSON. Send an object such as {"index": 16}.') from None
    message = "A JSON body holds an object with one of the fields index, indices and image."
    if not isinstance(asked, dict):
        raise InvalidParameter(message, field="body")
    unknown = asked.keys() - set(_FIELDS)
    if unknown:
        raise UnknownField(message, field=shown(min(unknown)), allowed=_FIELDS)
    if asked.keys() != {"image"} or not isinstance(asked["image"], str):
        message = 'A JSON body of this size may hold one picture: {"image": its bytes in base64}.'
        raise InvalidParameter(message, field="image")
    return unwrap_base64(asked["image"])


def unwrap_base64(text: str) -> bytes:
    """The bytes of base64 text or a data URL.

    Raises:
        InvalidParameter: it is neither.
    """
    if text.startswith("data:"):
        text = text.partition(",")[2]
    if is_address(text[:8].encode(errors="replace")):
        raise InvalidParameter(
            f"image must be a picture file in base64, not its address. {NO_ADDRESSES}", field="image"
        )
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidParameter(
            "image: not valid base64. Send the picture file's bytes in base64, no line breaks.", field="image"
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
            preprocess(image, "crop", Image.Resampling.LANCZOS)


class _AddressSpace:
    """How much memory this process takes, by its addresses, and how much it may (on Linux; elsewhere time bounds)."""

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:
            self._file = -1
        self._before = 0

    def measure(self) -> None:
        """Remember what it takes now, before any task."""
        self._before = self._now()

    def _now(self) -> int:
        return int(os.pread(self._file, 64, 0).split()[0]) * mmap.PAGESIZE if self._file >= 0 else 0

    def is_as_it_was(self, content: int) -> bool:
        """Whether tasks before have left little behind, beside the bytes of this one's content."""
        return self._now() <= self._before + content + _LEFT_BEHIND_BYTES

    @contextmanager
    def limited(self, max_bytes: int) -> Iterator[None]:
        """Let it take so many bytes more, and no more than that, until the block ends.

        Only there: what comes over the socket must be read to its end, whatever there is room for.
        """
        if resource is None or self._file < 0:
            yield
            return
        before, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (self._now() + max_bytes, most))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (before, most))
