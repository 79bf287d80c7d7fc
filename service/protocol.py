"""HTTP/1.1 as uvicorn speaks it, with bounds on what it leaves open: connections, and the size and time of a head."""

import asyncio
import sys
from typing import Any, Literal

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service import plain_request, problems
from service.admission import BOUNDED, INLINE_BYTES, Admission
from service.errors import ClientTooSlow, HeadTooLarge, MalformedBody, Overloaded, ServiceError
from service.pool import Pool
from service.settings import Settings

_BOUNDED = BOUNDED.encode()


class Protocol(HttpToolsProtocol):
    """One connection."""

    settings: Settings
    admission: Admission
    pool: Pool
    refusal: bytes

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = True
        self._between = True
        self._head_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._refusing = False
        self._refused_at = 0.0
        self._arrived = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > self.settings.max_connections:
            self._end(Overloaded(f"There are {self.settings.max_connections:,} connections, the limit. Try again."))
            return
        self._deadline = self.loop.call_later(self.settings.header_seconds, self._too_slow, "head")

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._crowded and self._between and self._idle:
            size = plain_request.body_bytes(data)
            if size is not None and self._no_room(size):
                self._refuse_unread()
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
            self._deadline = self.loop.call_later(self.settings.header_seconds, self._too_slow, "head")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._between = False
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_waiting()
        # Under a flood those who are served must not pay for those who are not, so the application is not even asked.
        self._refusing = (
            self._crowded and self._idle and self.url.startswith(_BOUNDED) and self._no_room(self._declared())
        )
        if not self._refusing:
            super().on_headers_complete()
        elif self.expect_100_continue:
            self._refuse(close=True)
        else:
            self._deadline = self.loop.call_later(self.settings.body_seconds, self._too_slow, "body")

    def on_body(self, body: bytes) -> None:
        if not self._refusing:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._between = True
        if not self._refusing:
            super().on_message_complete()
            if not self._arrived and self.url.startswith(_BOUNDED):
                self._arrived = True
                self.admission.arrived += 1
        elif not self.expect_100_continue:
            self._stop_waiting()
            self._refuse(close=not self.parser.should_keep_alive())

    def on_response_complete(self) -> None:
        self._leave()
        super().on_response_complete()

    def _leave(self) -> None:
        if self._arrived:
            self._arrived = False
            self.admission.arrived -= 1

    @property
    def _idle(self) -> bool:
        """Whether no answer is owed."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def _crowded(self) -> bool:
        """Whether some requests can't be answered."""
        return self.admission.full or self.pool.full

    def _no_room(self, size: int) -> bool:
        """Whether there is no room for a request with a body of this size in bytes."""
        if size > self.settings.max_body_bytes:
            return False  # it has a fault of its own, for the application to say
        if self.admission.full:
            return True
        if size <= INLINE_BYTES or not self.pool.full:
            return False
        self.pool.turned_away += 1
        return True

    def _declared(self) -> int:
        """The size in bytes of the body; without bound where the headers do not tell."""
        headers = dict(self.headers)
        size = headers.get(b"content-length", b"0")
        return sys.maxsize if b"transfer-encoding" in headers or not size.isdigit() else int(size)

    def _refuse_unread(self) -> None:
        """Refuse a request that came in one piece: what the parser would cost is most of what a refusal costs."""
        self.admission.refused += 1
        self.transport.write(self.refusal)
        self._stop_waiting()
        self._refused_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def timeout_keep_alive_handler(self) -> None:
        # A refusal does not wind the clock anew each time, as that costs as much as the refusal itself.
        left = self._refused_at + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _refuse(self, *, close: bool) -> None:
        self.admission.refused += 1
        self.transport.write(self.refusal)
        if close:
            self.transport.close()
        else:
            self.on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._end(MalformedBody(f"{msg} Let an HTTP client such as curl make it."))

    def _too_slow(self, part: Literal["head", "body"]) -> None:
        seconds = self.settings.header_seconds if part == "head" else self.settings.body_seconds
        self._end(ClientTooSlow(f"The request's {part} took longer than {seconds:g} seconds, the limit."))

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


def make_protocol(settings: Settings, admission: Admission, pool: Pool) -> type[Protocol]:
    """The protocol with these settings' bounds; uvicorn makes its instances itself, so the class has to know them."""
    return type(
        "Protocol",
        (Protocol,),
        {
            "settings": settings,
            "admission": admission,
            "pool": pool,
            "refusal": _response(Overloaded(admission.sentence)),
        },
    )
