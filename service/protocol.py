"""HTTP/1.1 as uvicorn speaks it, with bounds on what it leaves open: connections, and the size and time of a head."""

import asyncio
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service import problems
from service.errors import ClientTooSlow, HeadTooLarge, MalformedBody, Overloaded, ServiceError
from service.settings import Settings


class Protocol(HttpToolsProtocol):
    """One connection."""

    settings: Settings

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = True
        self._head_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > self.settings.max_connections:
            self._end(Overloaded(f"There are {self.settings.max_connections:,} connections, the limit. Try again."))
            return
        self._deadline = self.loop.call_later(self.settings.header_seconds, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > self.settings.max_header_bytes:
            self._end(
                HeadTooLarge(f"The request's head has more than {self.settings.max_header_bytes:,} bytes, the limit.")
            )
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.settings.header_seconds, self._too_slow)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self._end(MalformedBody(f"{msg} Let an HTTP client such as curl make it."))

    def _too_slow(self) -> None:
        self._end(
            ClientTooSlow(f"The request's head took longer than {self.settings.header_seconds:g} seconds, the limit.")
        )

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self, error: ServiceError) -> None:
        """Answer with a problem, before any application is asked, and close."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        kind = problems.KINDS[type(error)]
        content = orjson.dumps(kind.document(str(error)), option=orjson.OPT_APPEND_NEWLINE)
        self.transport.write(
            STATUS_LINE[kind.status]
            + f"content-type: {problems.MEDIA_TYPE}\r\ncontent-length: {len(content)}\r\n".encode()
            + b"connection: close\r\n\r\n"
            + content
        )
        self.transport.close()


def make_protocol(settings: Settings) -> type[Protocol]:
    """The protocol with these settings' bounds; uvicorn makes its instances itself, so the class has to know them."""
    return type("Protocol", (Protocol,), {"settings": settings})
