"""Picture files out of a multipart form (RFC 7578, RFC 2046 section 5.1), in memory.

Frameworks parse forms piece by piece as they arrive and write larger parts to temporary files. Here the body is in
memory already, bounded, and no picture may reach the disk, so that it can be cut at its boundaries in one go. Parsing
byte by byte took a quarter of the time of a small upload.
"""

from functools import lru_cache

from python_multipart.multipart import parse_options_header

from service.errors import MalformedBody, NotAnImage, TooManyImages, UnknownField

FIELDS = (b"image", b"file")
CURL = "curl -F image=@photo.jpg"

_MAX_BOUNDARY = 70
_MAX_PART_HEAD = 4096


def parse(body: bytes, content_type: str, max_files: int) -> list[bytes]:
    """The files in the form's fields `image` or `file`, in order.

    Args:
        body: the whole body.
        content_type: the request's, with the boundary.
        max_files: most files allowed.

    Raises:
        MalformedBody: this is no multipart form, or it breaks off.
        UnknownField: a field of another name.
        NotAnImage: a field that is no file.
        TooManyImages: more than `max_files`.
    """
    boundary = _options(content_type.encode("latin-1")).get(b"boundary")
    if not boundary or len(boundary) > _MAX_BOUNDARY:
        raise MalformedBody(f"The form's content type names no boundary. Let your client set it, as {CURL} does.")
    # A delimiter stands at the beginning of a line; the first one may be the beginning of the body.
    delimiter = b"\r\n--" + boundary
    position = 0 if body.startswith(delimiter[2:]) else body.find(delimiter) + 2
    if position == 1:
        raise MalformedBody(f"The multipart form can't be read. Let your client make it, as {CURL} does.")
    contents: list[bytes] = []
    while True:
        position += len(delimiter) - 2
        if body.startswith(b"--", position):
            return contents
        end = body.find(delimiter, position)
        if end < 0:
            raise MalformedBody("The multipart form breaks off before its end. Send it again.")
        if len(contents) == max_files:
            raise TooManyImages(f"There are more than {max_files} pictures, the limit. Send several requests.")
        contents.append(_file(body, position, end))
        position = end + 2


def _file(body: bytes, start: int, end: int) -> bytes:
    """The content of the part between two delimiters."""
    head = body.find(b"\r\n\r\n", start, min(end, start + _MAX_PART_HEAD))
    if head < 0:
        raise MalformedBody("A part of the multipart form has no head, or too long a one. Let your client make it.")
    parameters = _disposition(body[start:head])
    if parameters.get(b"name") not in FIELDS:
        raise UnknownField(
            f"The form has a field that does not exist. Send pictures in the field image: {CURL} "
            "(fit, top, model and version are query parameters)."
        )
    if b"filename" not in parameters:
        raise NotAnImage(f"The form's field image holds text, not a file. With curl, mind the @: {CURL}")
    return body[head + 4 : end]


@lru_cache(maxsize=256)
def _disposition(head: bytes) -> dict[bytes, bytes]:
    """The parameters of a part's Content-Disposition; clients send the same few again and again."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            return parse_options_header(value.strip())[1]
    return {}


@lru_cache(maxsize=256)
def _options(value: bytes) -> dict[bytes, bytes]:
    return parse_options_header(value)[1]
