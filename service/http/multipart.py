"""Picture files out of a multipart form (RFC 7578, RFC 2046 section 5.1), in memory.

Frameworks parse forms piece by piece as they arrive and write larger parts to temporary files. Here the body is in
memory already, bounded, and no picture may reach the disk, so that it can be cut at its boundaries in one go
(benchmarks/ablation.py, "form-cutter", measures what that brings over parsing byte by byte).
"""

import re
import time
from functools import lru_cache

from service.errors import MalformedBody, NotAnImage, TooManyImages, UnknownField
from service.expectation import shown
from service.images.decoder import NO_ADDRESSES, is_address

FIELDS = (b"image", b"file")
CURL = "curl -F image=@photo.jpg"
IN_THE_QUERY = "fit, top, list, strict, model and version are query parameters"

_MAX_BOUNDARY = 70
_MAX_CONTENT_TYPE = 512
_MAX_PART_HEAD = 1024
_MAX_PARAMETERS = 8
# More than any form has; each costs time, and none counts among the files.
_MAX_LEFT_EMPTY = 64

# A parameter and what stands before it (RFC 2045, section 5.1; RFC 2183, section 2), possessive throughout, so that no
# byte is read twice. Browsers do not escape a backslash in a file's name: one at its end leaves the quotes open.
_PARAMETER = re.compile(
    rb"""[; \t]*+([^\s;="]++)[ \t]*+(?:=[ \t]*+(?:"((?:[^"\\]|\\.)*+)(?:"[^;]*+|\Z)|([^;]*+)))?""", re.DOTALL
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)

# To search 16 MiB takes a twentieth of a second with some boundaries, in which no other thread would have its turn.
_WINDOW = 256 * 1024


def parse(body: bytes, content_type: str, max_files: int) -> list[bytes]:
    """The files in the form's fields `image` or `file`, in order.

    Args:
        body: the whole body.
        content_type: the request's, with the boundary.
        max_files: most files allowed.

    Raises:
        MalformedBody: this is no multipart form, it breaks off, or it has far too many fields that were left empty.
        UnknownField: a field of another name.
        NotAnImage: a field that is no file.
        TooManyImages: more than `max_files`.
    """
    if len(content_type) > _MAX_CONTENT_TYPE:
        raise MalformedBody(f"The form's content type is too long. Let your client set it, as {CURL} does.")
    boundary = _parameters(content_type.encode("latin-1")).get(b"boundary")
    if not boundary or len(boundary) > _MAX_BOUNDARY:
        raise MalformedBody(f"The form's content type names no boundary. Let your client set it, as {CURL} does.")
    # A delimiter stands at the beginning of a line; the first one may be the beginning of the body.
    delimiter = b"\r\n--" + boundary
    position = 0 if body.startswith(delimiter[2:]) else _find(body, delimiter, 0) + 2
    if position == 1:
        raise MalformedBody(f"The multipart form can't be read. Let your client make it, as {CURL} does.")
    contents: list[bytes] = []
    left_empty = 0
    while True:
        position += len(delimiter) - 2
        if body.startswith(b"--", position):
            return contents
        end = _find(body, delimiter, position)
        if end < 0:
            raise MalformedBody("The multipart form breaks off before its end. Send it again.")
        if len(contents) == max_files:
            message = f"There are more than {max_files} pictures, the limit. Send several requests."
            raise TooManyImages(message, limit=max_files)
        content = _file(body, position, end)
        if content is not None:
            contents.append(content)
        elif left_empty == _MAX_LEFT_EMPTY:
            raise MalformedBody(f"The form has far too many empty fields. Send pictures only: {CURL}")
        else:
            left_empty += 1
        position = end + 2


def _find(body: bytes, delimiter: bytes, start: int) -> int:
    """Where the next delimiter is; -1 where there is none. In a long body other threads have their turns."""
    while True:
        found = body.find(delimiter, start, start + _WINDOW + len(delimiter))
        start += _WINDOW
        if found >= 0 or start >= len(body):
            return found
        time.sleep(0)


def _file(body: bytes, start: int, end: int) -> bytes | None:
    """The content of the part between two delimiters; None of a field that was left empty, as forms send it."""
    head = body.find(b"\r\n\r\n", start, min(end, start + _MAX_PART_HEAD))
    if head < 0:
        raise MalformedBody("A part of the multipart form has no head, or too long a one. Let your client make it.")
    parameters = _disposition(body[start:head])
    if parameters.get(b"name") not in FIELDS:
        raise UnknownField(
            f"The form has a field that does not exist. Send pictures in the field image: {CURL} ({IN_THE_QUERY}).",
            field=shown(parameters.get(b"name", b"").decode("latin-1")),
            allowed=["image"],
        )
    content = body[head + 4 : end]
    if parameters.keys().isdisjoint((b"filename", b"filename*")):
        if not content.strip():
            return None
        name = parameters[b"name"].decode()
        what = NO_ADDRESSES if is_address(content) else f"With curl, mind the @: {CURL}"
        raise NotAnImage(f"The form's field {name} holds text, not a file. {what}", field=name)
    return None if not content and not parameters.get(b"filename", b"*") else content


@lru_cache(maxsize=256)
def _disposition(head: bytes) -> dict[bytes, bytes]:
    """The parameters of a part's Content-Disposition; clients send the same few heads again and again."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            return _parameters(value.strip())
    return {}


@lru_cache(maxsize=256)
def _parameters(header: bytes) -> dict[bytes, bytes]:
    """The parameters of a header, in time that goes by its length.

    Raises:
        MalformedBody: there are too many, or they make no sense.
    """
    header = header.rstrip(b"; \t")
    position = header.find(b";")
    found: dict[bytes, bytes] = {}
    for _ in range(_MAX_PARAMETERS):
        if not 0 <= position < len(header):
            return found
        parameter = _PARAMETER.match(header, position)
        if parameter is None:
            break
        name, quoted, bare = parameter.groups()
        if quoted is not None:
            found[name.lower()] = _ESCAPED.sub(rb"\1", quoted)
        elif bare is not None:
            found[name.lower()] = bare.rstrip()
        position = parameter.end()
    if position < len(header):
        raise MalformedBody(f"The form has a header that can't be read. Let your client make it, as {CURL} does.")
    return found
