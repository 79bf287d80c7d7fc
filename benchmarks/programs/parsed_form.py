"""A form parsed byte by byte, as Starlette does it, with the bounds of `service.http.multipart`."""

from collections.abc import Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.http.multipart import _MAX_BOUNDARY, _MAX_CONTENT_TYPE, _MAX_PARAMETERS, _MAX_PART_HEAD, FIELDS

Parse = Callable[[bytes, str, int], list[bytes]]


class _WrongFormError(Exception):
    """The form breaks a rule."""


class _Form:
    """Takes what the parser finds."""

    def __init__(self, max_files: int) -> None:
        self._max_files = max_files
        self._name = self._value = b""
        self._head_start: int | None = None
        self._head_end = 0
        self._disposition = b""
        self.files: list[bytearray] = []
        self.ended = False

    def on_part_begin(self) -> None:
        _check(len(self.files) < self._max_files)
        self.files.append(bytearray())
        self._disposition, self._head_start = b"", None

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        if self._head_start is None:
            self._head_start = start - len(b"\r\n")
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._head_end = end + len(b"\r\n\r\n")

    def on_header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def on_headers_finished(self) -> None:
        _check(self._head_start is not None and self._head_end - self._head_start <= _MAX_PART_HEAD)
        parameters = parse_options_header(self._disposition)[1]
        _check(len(parameters) <= _MAX_PARAMETERS)
        _check(parameters.get(b"name") in FIELDS and b"filename" in parameters)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.files[-1] += data[start:end]

    def on_end(self) -> None:
        self.ended = True


def parse_with(original: Parse) -> Parse:
    """The parser, which leaves it to the original one to say what is wrong with a form."""

    def parse(body: bytes, content_type: str, max_files: int) -> list[bytes]:
        form = _Form(max_files)
        try:
            _check(len(content_type) <= _MAX_CONTENT_TYPE)
            parameters = parse_options_header(content_type)[1]
            _check(len(parameters) <= _MAX_PARAMETERS)
            boundary = parameters.get(b"boundary", b"")
            _check(0 < len(boundary) <= _MAX_BOUNDARY)
            callbacks = {name: getattr(form, name) for name in dir(form) if name.startswith("on_")}
            parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type] # a TypedDict of these names
            parser.write(body)
            parser.finalize()
            _check(form.ended)
        except (_WrongFormError, FormParserError):
            return original(body, content_type, max_files)
        return [bytes(content) for content in form.files]

    return parse


def _check(fits: bool) -> None:
    if not fits:
        raise _WrongFormError
