"""One request and its answer, as the application sees them (ASGI 3.0, HTTP)."""

import asyncio
import logging
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Scope

from service.errors import ClientDisconnected, ServiceError
from service.server.framing import Head

_NO_BODY = frozenset({204, 304})

STATUS_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}


class Connection(Protocol):
    """What an exchange needs of its connection."""

    def write(self, *pieces: bytes) -> None:
        """Send bytes, in one go."""

    async def taken(self) -> None:
        """Wait until the client has taken most of what was written, or is gone."""

    def wanted(self) -> None:
        """The application has taken what came of the body and wants more."""

    def answered(self, *, close: bool) -> None:
        """The answer is complete; `close`: nothing may follow it."""

    @property
    def gone(self) -> bool:
        """Whether nothing can be sent any more."""

    @property
    def body_done(self) -> bool:
        """Whether the whole body has come."""

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """Headers of every answer."""


class Exchange:
    """Hands a request to the application and its answer to the connection.

    Attributes:
        answered: whether the answer is complete.
        started: whether a part of it has left.
        unread: how many bytes of the body wait for the application.
    """

    def __init__(self, connection: Connection, head: Head) -> None:
        self._connection = connection
        self._head = head
        self._pieces: list[bytes] = []
        self._waiting: asyncio.Future[None] | None = None
        self._delivered = False
        self._gone = False
        self._error: ServiceError | None = None
        self._start: Message | None = None
        self._chunked = False
        self._close = not head.keep_alive
        self.unread = 0
        self.answered = self.started = False

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Let the application answer; it answers in any case."""
        try:
            with suppress(ClientDisconnected):
                await app(scope, self.receive, self.send)
        except Exception:
            logging.getLogger("service").exception("the application failed")
        if not self.answered and not self._nobody_listens:
            # The application answers its own failures; this is what is left if even that failed.
            if self._start is None:
                headers = [(b"content-length", b"0")]
                self._start = {"status": 500, "headers": headers}
            self._close = True
            await self.send({"type": "http.response.body"})

    def feed(self, data: bytes) -> None:
        """More of the body, or only the news that it has ended."""
        if data and not self.answered:
            self._pieces.append(data)
            self.unread += len(data)
        self._wake()

    def fail(self, error: ServiceError) -> None:
        """The rest of the body will not come: whoever reads it is told why, and answers that."""
        self._error = error
        self._wake()

    def disconnect(self) -> None:
        """Nobody waits for the answer any more."""
        self._gone = True
        self._pieces.clear()
        self.unread = 0
        self._wake()

    @property
    def _nobody_listens(self) -> bool:
        """Whether the client has gone, or is about to be told so."""
        return self._gone or self._connection.gone

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def receive(self) -> Message:
        """The next piece of the body; when there is no more, that the client has gone.

        Raises:
            ServiceError: the body breaks a bound or makes no sense.
        """
        if self._head.expects_continue and not self._news and self._start is None:
            self._head.expects_continue = False
            self._connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not self._news:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        if self._error is not None:
            raise self._error
        if self._gone or self.answered:
            return {"type": "http.disconnect"}
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self.unread = 0
        self._delivered = self._connection.body_done
        self._connection.wanted()
        return {"type": "http.request", "body": data, "more_body": not self._delivered}

    @property
    def _news(self) -> bool:
        """Whether `receive` has something to tell."""
        whole = self._connection.body_done and not self._delivered
        return bool(self._gone or self.answered or self._error or self._pieces or whole)

    async def send(self, message: Message) -> None:
        """A part of the answer; its head leaves together with the first part of its body.

        Raises:
            ClientDisconnected: there is nobody to send it to.
        """
        if self.answered:
            return
        if self._nobody_listens:
            raise ClientDisconnected
        if message["type"] == "http.response.start":
            self._start = message
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        pieces = []
        if self._start is not None:
            pieces.append(self._head_of(self._start, len(body), more=more))
            self._start = None
        if self._head.method != "HEAD" and body:
            pieces += [b"%x\r\n" % len(body), body, b"\r\n"] if self._chunked else [body]
        if self._chunked and not more and self._head.method != "HEAD":
            pieces.append(b"0\r\n\r\n")
        self.answered = not more
        self.started = True
        if pieces:
            self._connection.write(*pieces)
        if more:
            await self._connection.taken()
        else:
            self._connection.answered(close=self._close)

    def _head_of(self, start: Message, length: int, *, more: bool) -> bytes:
        status = start["status"]
        lines = [STATUS_LINES[status]]
        framed = status in _NO_BODY
        for name, value in [*self._connection.default_headers, *start["headers"]]:
            if name in {b"content-length", b"transfer-encoding"}:
                framed = True
            elif name == b"connection" and value.lower() == b"close":
                self._close = True
                continue
            lines += (name, b": ", value, b"\r\n")
        if not framed and not more:
            lines.append(b"content-length: %d\r\n" % length)
        elif not framed:
            self._chunked = self._head.version == "1.1"
            self._close |= not self._chunked
            if self._chunked:
                lines.append(b"transfer-encoding: chunked\r\n")
        # A body that has not come yet stands between this answer and the next request (RFC 9112, section 9.3).
        self._close |= not self._connection.body_done
        if self._close:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)


def scope_of(head: Head, server: tuple[str, int], client: tuple[str, int], state: dict[str, Any]) -> Scope:
    """The ASGI scope of a request.

    Args:
        head: the request's.
        server: the address that it came to.
        client: the address that it came from.
        state: of the application's lifespan.
    """
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version,
        "server": server,
        "client": client,
        "scheme": "http",
        "method": head.method,
        "root_path": "",
        "path": head.path,
        "raw_path": head.raw_path,
        "query_string": head.query,
        "headers": head.headers,
        "state": state.copy(),
    }
