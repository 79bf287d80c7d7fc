"""Picture files out of a multipart form (RFC 7578), parsed once and in memory.

Frameworks write larger parts to temporary files; here the body is in memory already and no picture may reach the disk.
"""

from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.errors import MalformedBody, NotAnImage, TooManyImages, UnknownField

if TYPE_CHECKING:  # the library defines this name for type checkers only
    from python_multipart.multipart import MultipartCallbacks

FIELDS = (b"image", b"file")
CURL = "curl -F image=@photo.jpg"


class _Collector:
    """Collects the parts of one form as the parser reports them."""

    def __init__(self, max_files: int) -> None:
        self.contents: list[bytes] = []
        self.complete = False
        self._max_files = max_files
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._data: list[bytes] = []

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_to_header,
            "on_header_value": self._add_to_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._check,
            "on_part_data": self._add_data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        if len(self.contents) == self._max_files:
            raise TooManyImages(f"There are more than {self._max_files} pictures, the limit. Send several requests.")
        self._disposition = b""
        self._data = []

    def _add_to_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _check(self) -> None:
        parameters = parse_options_header(self._disposition)[1]
        if parameters.get(b"name") not in FIELDS:
            raise UnknownField(
                f"The form has a field that does not exist. Send pictures in the field image: {CURL} "
                "(fit, top, model and version are query parameters)."
            )
        if b"filename" not in parameters:
            raise NotAnImage(f"The form's field image holds text, not a file. With curl, mind the @: {CURL}")

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def _end(self) -> None:
        self.contents.append(b"".join(self._data))

    def _finish(self) -> None:
        self.complete = True


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
    collector = _Collector(max_files)
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise MalformedBody(f"The form's content type names no boundary. Let your client set it, as {CURL} does.")
    try:
        parser = MultipartParser(boundary, collector.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise MalformedBody(f"The multipart form can't be read. Let your client make it, as {CURL} does.") from None
    if not collector.complete:
        raise MalformedBody("The multipart form breaks off before its end. Send it again.")
    return collector.contents
