"""Reads the bodies of requests into memory, within bounds."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.requests import Request
from starlette.types import Message, Receive

from service.errors import BodyTooLarge, BufferFull, ClientGone, ClientTooSlow
from service.settings import Settings

# A client that goes on sending sees no answer until it has finished, so what it has still to send is read and thrown
# away, up to a bound: then it is cut off.
_DRAIN_BYTES = 64 * 1024**2
_DRAIN_SECONDS = 2


class Bodies:
    """The bodies that are held at one time; their bytes are counted."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.bytes = 0


class Body:
    """One request's body, counted until the block ends: `with Body(bodies) as body: await body.read(request)`."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self._counted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bodies.bytes -= self._counted

    async def read(self, request: Request) -> bytes:
        """The whole body.

        Raises:
            BodyTooLarge: it is longer than the limit; found out before or while reading, never after.
            ClientTooSlow: it took longer than allowed.
            BufferFull: too many bytes are held already.
            ClientGone: it broke off.
        """
        settings = self._bodies.settings
        too_large = BodyTooLarge(
            f"The request is larger than {settings.max_body_bytes:,} bytes, the limit. Send a smaller file or fewer."
        )
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > settings.max_body_bytes:
            if request.headers.get("expect", "").lower() != "100-continue":  # such a client waits to be asked
                await _drain(request.receive)
            raise too_large
        chunks: list[bytes] = []
        try:
            message = await self._receive(request)
            chunks.append(message.get("body", b""))
            if message.get("more_body"):
                async with asyncio.timeout(settings.body_seconds):
                    while message.get("more_body") and self._counted <= settings.max_body_bytes:
                        message = await self._receive(request)
                        chunks.append(message.get("body", b""))
        except TimeoutError:
            raise ClientTooSlow(
                f"The request's body took longer than {settings.body_seconds:g} seconds, the limit. Send it again."
            ) from None
        except BufferFull:
            chunks.clear()
            await _drain(request.receive)
            raise
        if self._counted > settings.max_body_bytes:
            chunks.clear()
            if message.get("more_body"):
                await _drain(request.receive)
            raise too_large
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _receive(self, request: Request) -> Message:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        size = len(message.get("body", b""))
        self._bodies.bytes += size
        self._counted += size
        if self._bodies.bytes > self._bodies.settings.max_buffered_bytes:
            raise BufferFull(
                f"The service holds {self._bodies.settings.max_buffered_bytes:,} bytes of requests, the limit. "
                "Try again in a moment."
            )
        return message


async def _drain(receive: Receive) -> None:
    drained = 0
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            more = True
            while more and drained < _DRAIN_BYTES:
                message = await receive()
                drained += len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        pass
