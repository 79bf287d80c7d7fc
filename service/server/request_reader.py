"""What a connection has sent and nobody has taken yet: one request after another is cut off its front."""

from service.errors import HeadTooLarge, MalformedBody
from service.server.framing import Body, Head, MalformedRequest, body_of, head_end, read_head


class RequestReader:
    """The bytes that have come on a connection, as requests.

    Attributes:
        waiting: the bytes that nobody has taken yet.
        head: of the request that was read last.
        body: of that request.
    """

    def __init__(self, max_head_bytes: int) -> None:
        """Begin with nothing.

        Args:
            max_head_bytes: what a head may have, and as much the trailers of a body.
        """
        self.waiting = bytearray()
        self.head: Head | None = None
        self.body: Body | None = None
        self._max_head_bytes = max_head_bytes
        self._searched = 0

    @property
    def body_taken(self) -> int:
        """How many bytes of that body have been taken, those around the data included."""
        return self.body.taken if self.body is not None else 0

    @property
    def body_done(self) -> bool:
        """Whether the whole body of the request that was read last has been taken."""
        return self.body is not None and self.body.done

    def read_head(self) -> Head | None:
        """Take the next request's head; None where it is not whole yet.

        Raises:
            HeadTooLarge: it is too long, whole or not.
            MalformedBody: it is no HTTP.
        """
        if not self._searched:
            # Line breaks before a request are no request (RFC 9112, section 2.2).
            blank = len(self.waiting) - len(self.waiting.lstrip(b"\r\n"))
            del self.waiting[:blank]
        limit = self._max_head_bytes
        end = head_end(self.waiting, self._searched)
        if end > limit or (end < 0 and len(self.waiting) > limit):
            raise HeadTooLarge(
                f"The request's head has more than {limit:,} bytes, the limit. Send shorter headers or query.",
                limit=limit,
            )
        if end < 0:
            self._searched = len(self.waiting)
            return None
        content = bytes(memoryview(self.waiting)[:end])
        del self.waiting[:end]
        self._searched = 0
        try:
            self.head = read_head(content)
        except MalformedRequest as error:
            raise _malformed(error) from None
        self.body = body_of(self.head, limit)
        return self.head

    def read_body(self) -> bytes:
        """Take what there is of the body; the data in it.

        Raises:
            MalformedBody: it makes no sense.
        """
        assert self.body is not None  # noqa: S101 - for the type
        try:
            return self.body.take(self.waiting)
        except MalformedRequest as error:
            raise _malformed(error) from None


def _malformed(error: MalformedRequest) -> MalformedBody:
    return MalformedBody(f"{error} Let an HTTP client such as curl make it.")
