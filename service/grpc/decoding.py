"""From bytes to a message, whose fields are counted before anything is made of them, unless it is short.

A field takes two bytes on the wire, and fewer still compressed, but a hundred and more in memory: a message of a few
kilobytes could take hundreds of megabytes.
"""

from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError

from service.errors import MalformedBody

# Far more than any request has, with all that is in it: inputs, outputs, parameters, a picture each.
_MOST = 1024
# A shape has a handful of numbers, and each takes eight bytes in memory.
_LONGEST_SHAPE = 256
_SHAPE = "shape"

# What is shorter can't hold enough of them to matter; that is one image as it is, which most requests are.
_UNCOUNTED_BYTES = 4096

_MORE = 0x80
_LONGEST_VARINT = 10


def decode(kind: Any, content: bytes) -> Any:
    """A message.

    Args:
        kind: its class.
        content: encoded as https://protobuf.dev/programming-guides/encoding says.

    Raises:
        MalformedBody: it is none of this kind, or, where it is longer than 4 KiB, it has too many fields with those of
            the messages in it.
    """
    if len(content) > _UNCOUNTED_BYTES:
        _count(memoryview(content), kind.DESCRIPTOR, 0)
    try:
        return kind.FromString(content)
    except DecodeError:
        raise _broken() from None


def _count(content: memoryview, descriptor: Descriptor, fields: int) -> int:
    """How many fields there are with these."""
    place = 0
    while place < len(content):
        fields += 1
        if fields > _MOST:
            raise MalformedBody(f"The message has more than {_MOST} fields, the limit.", field="body", limit=_MOST)
        tag, place = _varint(content, place)
        match tag & 7:
            case 0:
                _, place = _varint(content, place)
            case 1:
                place += 8
            case 2:
                length, place = _varint(content, place)
                field = descriptor.fields_by_number.get(tag >> 3)
                if field is not None and field.message_type is not None:
                    fields = _count(content[place : place + length], field.message_type, fields)
                elif field is not None and field.name == _SHAPE and length > _LONGEST_SHAPE:
                    raise MalformedBody("A tensor's shape has far more dimensions than there are.", field="shape")
                place += length
            case 5:
                place += 4
            case _:  # groups, which nobody writes any more
                raise _broken()
    if place > len(content):
        raise _broken()
    return fields


def _varint(content: memoryview, place: int) -> tuple[int, int]:
    """A number and the place behind it."""
    if place < len(content) and (byte := content[place]) < _MORE:  # most are
        return byte, place + 1
    number = 0
    for shift, byte in enumerate(content[place : place + _LONGEST_VARINT]):
        number |= (byte & ~_MORE) << 7 * shift
        if not byte & _MORE:
            return number, place + shift + 1
    raise _broken()


def _broken() -> MalformedBody:
    return MalformedBody("The message is not one of this call's, encoded as Protocol Buffers.", field="body")
