"""Reads the bodies of requests into memory, within bounds."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.requests import Request
from starlette.types import Receive

from service.errors import BodyTooLarge, ClientGone, ClientTooSlow, Overloaded
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
            Overloaded: too many bytes are held already.
            ClientGone: it broke off.
        """
        settings = self._bodies.settings
        declared = request.headers.get("content-length", "0")
        too_large = BodyTooLarge(
            f"The request is larger than {settings.max_body_bytes:,} bytes, the limit. Send a smaller file or fewer."
        )
        if declared.isdecimal() and int(declared) > settings.max_body_bytes:
            if request.headers.get("expect", "").lower() != "100-continue":  # such a client waits to be asked
                await _drain(request.receive)
            raise too_large
        message = await request.receive()
        self._count(message)
        if not message.get("more_body"):
            body: bytes = message.get("body", b"")
            if len(body) > settings.max_body_bytes:
                raise too_large
            return body
        chunks: list[bytes] = [message["body"]]
        try:
            async with asyncio.timeout(settings.body_seconds):
                while message.get("more_body"):
                    message = await request.receive()
                    self._count(message)
                    chunks.append(message.get("body", b""))
                    if self._counted > settings.max_body_bytes:
                        await _drain(request.receive)
                        raise too_large
        except TimeoutError:
            raise ClientTooSlow(
                f"The request's body took longer than {settings.body_seconds:g} seconds, the limit. Send it again."
            ) from None
        return b"".join(chunks)

    def _count(self, message: object) -> None:
        if message["type"] == "http.disconnect":  # type: ignore[index] # an ASGI message
            raise ClientGone
        size = len(message.get("body", b""))  # type: ignore[attr-defined]
        self._bodies.bytes += size
        self._counted += size
        if self._bodies.bytes > self._bodies.settings.max_buffered_bytes:
            raise Overloaded("The service holds as many bytes of requests as it may. Try again in a moment.")


async def _drain(receive: Receive) -> None:
    drained = 0
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while drained < _DRAIN_BYTES:
                message = await receive()
                drained += len(message.get("body", b""))
                if not message.get("more_body"):
                    return
    except TimeoutError:
        pass
