"""What the service and a decode process say to each other: a head in JSON, then bytes.

The other side is not trusted with more than its answer: nothing that it says is run, and no more is read than is
expected. That rules out pickle, in which either could send the other a program.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from service import errors
from service.errors import ServiceError
from service.expectation import shown
from service.images.decoder import Bounds, Decoder
from service.images.preprocess import SIDE, Fit, Picture

# The length of the head and that of what follows it.
_LENGTHS = struct.Struct(">IQ")
_MAX_HEAD = 64 * 1024
_PIXELS = SIDE * SIDE * 3


Reader = Callable[[int], bytes]
"""Gives the next so many bytes; fewer only at the end."""


class BadMessageError(Exception):
    """What came is no message of this kind."""


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


def task_head(task: Task, max_bytes: int) -> bytes:
    """A task as it is sent, without its content, which follows."""
    decoder = task.decoder
    head = {
        "in_json": task.in_json,
        "fit": task.fit,
        "formats": decoder.formats,
        "bounds": decoder.bounds,
        "filter": decoder.resize_filter,
        "max_bytes": max_bytes,
    }
    return _pack(head, len(task.content))


def read_task(read: Reader) -> tuple[Task, int] | None:
    """The next task and the memory that it may take; None at the end."""
    message = _read(read, None)
    if message is None:
        return None
    head, content = message
    decoder = Decoder(tuple(head["formats"]), Bounds(*head["bounds"]), head["filter"])
    return Task(content, head["in_json"], decoder, head["fit"]), head["max_bytes"]


def answer(result: Picture | ServiceError) -> bytes:
    """What came of a task, as it is sent."""
    if isinstance(result, ServiceError):
        return _pack({"error": type(result).__name__, "text": str(result), "members": result.members}, 0)
    head = result._replace(pixels=b"")._asdict()
    del head["pixels"]
    return _pack(head, len(result.pixels)) + result.pixels


def read_answer(read: Reader) -> Picture | ServiceError | None:
    """What came of a task; None if nothing comes any more.

    Raises:
        BadMessageError: a decode process doesn't say such a thing.
    """
    message = _read(read, _PIXELS)
    if message is None:
        return None
    head, pixels = message
    try:
        if "error" in head:
            return _read_error(head)
        if len(pixels) != _PIXELS or head["fit"] not in (*get_args(Fit), "none"):
            raise BadMessageError
        return Picture(
            pixels,
            int(head["width"]),
            int(head["height"]),
            str(head["format"]),
            head["fit"],
            grey=bool(head["grey"]),
            animated=bool(head["animated"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise BadMessageError from None


def _read_error(head: dict[str, Any]) -> ServiceError:
    """The error in a message, with those of its members that a decoder has reason to give."""
    members = dict(head["members"])
    field, allowed, limit = members.get("field"), members.get("allowed"), members.get("limit")
    return _ERRORS[head["error"]](
        str(head["text"]),
        field=None if field is None else shown(field),
        allowed=None if allowed is None else [str(each) for each in allowed],
        limit=limit if isinstance(limit, int | float) else None,
    )


_ERRORS: dict[object, type[ServiceError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, ServiceError) and kind is not ServiceError
}


def _pack(head: dict[str, Any], following: int) -> bytes:
    packed = json.dumps(head).encode()
    return _LENGTHS.pack(len(packed), following) + packed


def _read(read: Reader, most: int | None) -> tuple[dict[str, Any], bytes] | None:
    """A message's head and what follows it; None at the end.

    Args:
        read: where it comes from.
        most: bytes that may follow; None for any number.

    Raises:
        BadMessageError: it is too long, or no object.
    """
    lengths = read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head_length, following = _LENGTHS.unpack(lengths)
    if head_length > _MAX_HEAD or (most is not None and following > most):
        raise BadMessageError
    packed, content = read(head_length), read(following)
    if len(packed) < head_length or len(content) < following:
        return None
    try:
        head = json.loads(packed)
    except (ValueError, RecursionError):
        raise BadMessageError from None
    if not isinstance(head, dict):
        raise BadMessageError
    return head, content
