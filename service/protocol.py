"""HTTP/1.1 as uvicorn speaks it, with bounds on what it leaves open: connections, and the size and time of a head."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service import problems
from service.admission import BOUNDED, Admission
from service.errors import ClientTooSlow, HeadTooLarge, MalformedBody, Overloaded, ServiceError
from service.settings import Settings

_BOUNDED = BOUNDED.encode()


class Protocol(HttpToolsProtocol):
    """One connection."""

    settings: Settings
    admission: Admission
    refusal: bytes

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = True
        self._head_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._refusing = False
        self._arrived = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > self.settings.max_connections:
            self._end(Overloaded(f"There are {self.settings.max_connections:,} connections, the limit. Try again."))
            return
        self._deadline = self.loop.call_later(self.settings.header_seconds, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._leave()
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
        # Under a flood those who are served must not pay for those who are not, so the application is not even asked.
        idle = self.cycle is None or self.cycle.response_complete
        self._refusing = idle and self.admission.full and self.url.startswith(_BOUNDED)
        if not self._refusing:
            super().on_headers_complete()
        elif self.expect_100_continue:
            self._refuse(close=True)

    def on_body(self, body: bytes) -> None:
        if not self._refusing:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._refusing:
            super().on_message_complete()
            if not self._arrived and self.url.startswith(_BOUNDED):
                self._arrived = True
                self.admission.arrived += 1
        elif not self.expect_100_continue:
            self._refuse(close=not self.parser.should_keep_alive())

    def on_response_complete(self) -> None:
        self._leave()
        super().on_response_complete()

    def _leave(self) -> None:
        if self._arrived:
            self._arrived = False
            self.admission.arrived -= 1

    def _refuse(self, *, close: bool) -> None:
        self.admission.refused += 1
        self.transport.write(self.refusal)
        if close:
            self.transport.close()
        else:
            self.on_response_complete()

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
        self.transport.write(_response(error, connection="close"))
        self.transport.close()


def _response(error: ServiceError, **headers: str) -> bytes:
    kind = problems.KINDS[type(error)]
    content = kind.encode(str(error))
    named = (kind.headers or {}) | {"content-type": problems.MEDIA_TYPE, "content-length": str(len(content))} | headers
    head = b"".join(f"{name.lower()}: {value}\r\n".encode() for name, value in named.items())
    return STATUS_LINE[kind.status] + head + b"\r\n" + content


def make_protocol(settings: Settings, admission: Admission) -> type[Protocol]:
    """The protocol with these settings' bounds; uvicorn makes its instances itself, so the class has to know them."""
    known = {"settings": settings, "admission": admission, "refusal": _response(Overloaded(admission.sentence))}
    return type("Protocol", (Protocol,), known)
