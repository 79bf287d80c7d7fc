"""What a decode process says is read within bounds, and nothing of it is run."""

import io
import json
import pickle
import struct

import pytest

from service.errors import DamagedImage, ImageTooLarge
from service.images import decode_messages
from service.images.decode_messages import BadMessageError, Task
from service.images.decoder import Bounds, Decoder
from service.images.preprocess import Picture

PICTURE = Picture(bytes(3072), 300, 200, "GIF", "crop", grey=False, animated=True)
DECODER = Decoder(("PNG", "JPEG"), Bounds(100, 10, 1000), "lanczos")


def message(head: object, following: bytes = b"") -> io.BytesIO:
    packed = json.dumps(head).encode()
    return io.BytesIO(struct.pack(">IQ", len(packed), len(following)) + packed + following)


def test_a_task_comes_as_it_was_sent() -> None:
    """Content, how it is wrapped, decoded and made square, its bounds and its memory."""
    sent = Task(b"content", in_json=True, decoder=DECODER, fit="stretch")
    stream = io.BytesIO(decode_messages.task_head(sent, 77) + sent.content)
    read = decode_messages.read_task(stream.read)
    assert read
    task, max_bytes = read
    assert (task.content, task.in_json, task.fit, max_bytes) == (b"content", True, "stretch", 77)
    assert (task.decoder.formats, task.decoder.bounds) == (("PNG", "JPEG"), Bounds(100, 10, 1000))
    assert task.decoder.resize_filter == "lanczos"
    assert decode_messages.read_task(stream.read) is None


@pytest.mark.parametrize("result", [PICTURE, DamagedImage("It breaks off.")])
def test_an_answer_comes_as_it_was_sent(result: Picture | DamagedImage) -> None:
    """A picture with all that is said of it, or an error of the service with its sentence."""
    read = decode_messages.read_answer(io.BytesIO(decode_messages.answer(result)).read)
    assert type(read) is type(result)
    assert read == result if isinstance(result, Picture) else str(read) == str(result)


SAID = {"width": 300, "height": 200, "format": "JPEG", "fit": "crop", "grey": False, "animated": False}


@pytest.mark.parametrize("stream", [
    message({"error": "SystemExit", "text": ""}),
    message({"error": "ServiceError", "text": ""}),
    message({"error": ["x"], "text": ""}),
    message([]), message("x"), message({}),
    message(SAID), message(SAID, bytes(3071)), message(SAID | {"fit": "x"}, bytes(3072)),
    message(SAID | {"width": "wide"}, bytes(3072)), message(SAID | {"width": float("inf")}, bytes(3072)),
    message({"error": "DamagedImage"}),
    message({"error": "DamagedImage", "text": "x", "members": 5}),
    message({"error": "DamagedImage", "text": "x", "members": "limit"}),
    message({"error": "DamagedImage", "text": "x", "members": {"allowed": 5}}),
    io.BytesIO(struct.pack(">IQ", 2, 3073) + b"{}" + bytes(3073)),
    io.BytesIO(struct.pack(">IQ", 70_000, 0) + bytes(70_000)),
    io.BytesIO(struct.pack(">IQ", 4, 0) + b"\xff\xfe\0\1"),
    io.BytesIO(struct.pack(">IQ", 50_000, 0) + b"[" * 50_000),
    io.BytesIO(struct.pack(">I", 40) + pickle.dumps(print, 4).ljust(40)),
])  # fmt: skip
def test_anything_else_is_refused(stream: io.BytesIO) -> None:
    """Other errors, other shapes, too much, no JSON, a pickle: none of it is taken for an answer."""
    with pytest.raises(BadMessageError):
        decode_messages.read_answer(stream.read)


def test_an_answer_that_breaks_off_is_none() -> None:
    """At every length short of the whole the process has ended: there is no answer."""
    whole = decode_messages.answer(PICTURE)
    for length in (0, 1, 11, 12, 20, len(whole) - 1):
        assert decode_messages.read_answer(io.BytesIO(whole[:length]).read) is None


def test_what_programs_read_of_an_error_comes_as_it_was_sent() -> None:
    """The limit and what is allowed; a whole number stays one."""
    sent = ImageTooLarge("Too large.", limit=64_000_000, allowed=["PNG"])
    read = decode_messages.read_answer(io.BytesIO(decode_messages.answer(sent)).read)
    assert isinstance(read, ImageTooLarge)
    assert json.dumps(read.members) == json.dumps(sent.members)
