"""HTTP/1.1 requests cut out of a stream of bytes (RFC 9112), to the byte, whatever pieces they come in.

It knows no socket and no clock. Heads are found here and read by llhttp (httptools); bodies are counted here, so that
nothing after a request is ever taken for a part of it.
"""

import re
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote

import httptools

_HEAD_END = b"\r\n\r\n"
# llhttp reads the requests of RTSP and ICE too.
_LINE_ENDS = (b" HTTP/1.1", b" HTTP/1.0")
# As many digits as any length in bytes has; leading zeros may make one longer than a number is allowed to be.
_MAX_LENGTH_DIGITS = 20
# A line of a chunked body that is no data: the size with its extensions.
_MAX_SIZE_LINE = 1024
# Neither CR nor LF nor NUL may stand in one: to a proxy that takes them for the end of the line, what follows is data.
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
# What the sizes of chunks and their line ends may add to the data: a client that sends byte by byte makes six of one.
_OVERHEAD, _OVERHEAD_SHARE = 64 * 1024, 8


class MalformedRequest(Exception):
    """These bytes are no HTTP/1.1 request; the message is a sentence for whoever sent them."""


@dataclass
class Head:
    """A request's line and headers.

    Attributes:
        method: such as GET.
        target: as it was sent.
        path: of the target, decoded.
        raw_path: the same as it was sent.
        query: of the target, as it was sent.
        version: such as 1.1.
        headers: names in lower case.
        length: of the body in bytes; None for a chunked one.
        keep_alive: whether the client may send another request.
        parser: llhttp, while it reads the head.
        expects_continue: whether it waits to be asked for the body (RFC 9110, section 10.1.1).
    """

    method: str = ""
    target: bytes = b""
    path: str = ""
    raw_path: bytes = b""
    query: bytes = b""
    version: str = "1.1"
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    length: int | None = 0
    keep_alive: bool = False
    expects_continue: bool = False
    parser: httptools.HttpRequestParser | None = None

    def on_url(self, url: bytes) -> None:
        """Called by llhttp with a part of the target."""
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by llhttp with a header."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Called by llhttp when it knows what the headers say; at the message's end it has forgotten."""
        if self.parser is not None:
            # HTTP/1.0's own way of asking for it is not answered, and so not begun.
            self.keep_alive = self.parser.should_keep_alive() and self.parser.get_http_version() == "1.1"
            self.parser = None

    def header(self, name: bytes) -> bytes | None:
        """The first header of this name, in lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


def head_end(stream: bytearray, searched: int) -> int:
    """Where the head at the beginning of `stream` ends, its empty line included; -1 where it is not whole yet.

    Args:
        stream: what came, from the head's first byte on.
        searched: how much of it was searched before.
    """
    found = stream.find(_HEAD_END, max(0, searched - len(_HEAD_END) + 1))
    return found + len(_HEAD_END) if found >= 0 else -1


def read_head(content: bytes) -> Head:
    """The head that these bytes are, with the empty line at its end.

    Raises:
        MalformedRequest: they are none.
    """
    head = Head()
    parser = head.parser = httptools.HttpRequestParser(head)
    try:
        parser.feed_data(content)
    except httptools.HttpParserUpgrade:
        pass  # an offer of another protocol, which the client lets us pass over (RFC 9110, section 7.8)
    except httptools.HttpParserError:
        raise MalformedRequest("These bytes are no HTTP request.") from None
    head.method = parser.get_method().decode("ascii")
    head.version = parser.get_http_version()
    if not content.endswith(_LINE_ENDS, 0, content.find(b"\r\n")) or not head.target:
        raise MalformedRequest("These bytes are no HTTP/1.1 request.")
    _read_target(head)
    _read_headers(head)
    return head


def _read_headers(head: Head) -> None:
    """What the headers say of the body; and whether there are those that have to be."""
    hosts = 0
    for name, value in head.headers:
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            # llhttp has seen that it is a number, and the only one.
            if len(value) > _MAX_LENGTH_DIGITS:
                raise MalformedRequest("The body's length has too many digits.")
            head.length = int(value) if head.length is not None else None
        elif name == b"transfer-encoding":
            if value.strip().lower() != b"chunked" or head.version != "1.1":
                raise MalformedRequest("The only transfer encoding that can be read here is chunked.")
            head.length = None
        elif name == b"expect":
            head.expects_continue = value.lower() == b"100-continue" and head.version == "1.1"
    if hosts > 1 or (not hosts and head.version == "1.1"):
        raise MalformedRequest("An HTTP/1.1 request has one Host header (RFC 9112, section 3.2).")


def _read_target(head: Head) -> None:
    """Path and query of a target in any of its forms (RFC 9112, section 3.2)."""
    target = head.target
    if not target.startswith(b"/") and b"://" in target:
        try:
            url = httptools.parse_url(target)
        except httptools.HttpParserInvalidURLError:
            raise MalformedRequest("The request's target is no URL.") from None
        head.raw_path, head.query = url.path or b"/", url.query or b""
    else:
        head.raw_path, _, head.query = target.partition(b"#")[0].partition(b"?")
    path = head.raw_path.decode("latin-1")
    head.path = unquote(path) if "%" in path else path


class Body(Protocol):
    """A body being read.

    Attributes:
        done: whether all of it was taken.
        taken: how many bytes were taken of the stream, those around the data included.
    """

    done: bool
    taken: int

    def take(self, stream: bytearray) -> bytes:
        """Take what belongs to the body from the beginning of `stream`, and return the data in it.

        Raises:
            MalformedRequest: it makes no sense.
        """


class FixedBody:
    """A body whose length was announced."""

    def __init__(self, length: int) -> None:
        self.taken = 0
        self.done = not length
        self._length = length

    def take(self, stream: bytearray) -> bytes:
        """As `Body` says."""
        data = bytes(memoryview(stream)[: self._length - self.taken])
        del stream[: len(data)]
        self.taken += len(data)
        self.done = self.taken == self._length
        return data


class ChunkedBody:
    """A body in chunks (RFC 9112, section 7.1), with bounds on all that is no data; trailers are dropped."""

    def __init__(self, max_trailer_bytes: int) -> None:
        self.taken = 0
        self.done = False
        self._data = 0
        self._left = 0  # of the chunk
        self._after_data = False  # whether a line end has to follow
        self._trailer_left: int | None = None  # None before the last chunk
        self._max_trailer_bytes = max_trailer_bytes

    def take(self, stream: bytearray) -> bytes:
        """As `Body` says."""
        pieces: list[bytes] = []
        position = 0
        while not self.done:
            if self._left:
                piece = bytes(memoryview(stream)[position : position + self._left])
                if not piece:
                    break
                pieces.append(piece)
                position += len(piece)
                self._left -= len(piece)
                self._data += len(piece)
                self._after_data = not self._left
                continue
            limit = _MAX_SIZE_LINE if self._trailer_left is None else self._trailer_left
            end = stream.find(b"\r\n", position, position + limit + 2)
            if end < 0:
                if len(stream) - position > limit:
                    raise MalformedRequest("A line between the chunks of the body is too long.")
                break
            line = bytes(memoryview(stream)[position:end])
            position = end + 2
            self._read_line(line)
            if self.taken + position - self._data > _OVERHEAD + self._data // _OVERHEAD_SHARE:
                raise MalformedRequest("The chunks of the body are too small. Send it in larger ones.")
        del stream[:position]
        self.taken += position
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _read_line(self, line: bytes) -> None:
        if self._after_data:
            self._after_data = False
            if line:
                raise MalformedRequest("A chunk of the body is longer than it says.")
        elif self._trailer_left is not None:
            if not _TRAILER.fullmatch(line):
                raise MalformedRequest("A trailer of the body holds a character that none may hold.")
            self._trailer_left -= len(line) + 2
            self.done = not line
        else:
            size = _SIZE.fullmatch(line)
            if not size:
                raise MalformedRequest("A chunk of the body has no size.")
            self._left = int(size[1], 16)
            if not self._left:
                self._trailer_left = self._max_trailer_bytes


def body_of(head: Head, max_trailer_bytes: int) -> Body:
    """The body that a head announces."""
    return ChunkedBody(max_trailer_bytes) if head.length is None else FixedBody(head.length)
