"""Reads the bodies of requests into memory, within bounds. How long one may take is the connection's to say."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.requests import Request

from service.errors import BodyTooLarge, BufferFull, ClientDisconnected
from service.limits.admission import INLINE_BYTES
from service.limits.client import client_of_request
from service.limits.holdings import Holdings
from service.settings import Settings

# A body that has been arriving for so long may have to make room for another.
_GRACE_SECONDS = 2.0


class BodyBuffer:
    """The large bodies that are held at one time; their bytes are counted.

    Small ones are not: as many as there are connections fit beside it, so that no crowd of large ones keeps them out.
    An address may hold as much as it leaves free, and one largest body in any case; so one alone takes half of the
    buffer, two take two thirds, and another finds room even where all that they hold is whole ("dynamic threshold",
    Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998). Where there is no room for one more, the
    address that holds most makes it, with a body that is still arriving: one that takes long, or any if the address
    holds much more than the newcomer's. Where an address holds more than it may, it makes room itself.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._held: Holdings[BodyReader] = Holdings()

    @property
    def bytes(self) -> int:
        """So much is held."""
        return self._held.total

    def hold(self, reader: "BodyReader", size: int) -> None:
        """So much is held for this reader now.

        Raises:
            BufferFull: there is no room.
        """
        address = reader.address
        self._held.put(reader, address, size)
        most = self.settings.max_buffered_bytes
        while self._held.of(address) > max(most - self.bytes, self.settings.max_body_bytes):
            if not self._make_room(reader, address):
                raise BufferFull(
                    f"The service holds {self._held.of(address):,} bytes of requests from your address and keeps room "
                    "for others. Send one request after another."
                )
        while self.bytes > most:
            if not self._make_room(reader, next(self._held.largest_first())):
                raise BufferFull(f"The service holds {most:,} bytes of requests, the limit. Try again in a moment.")

    def _make_room(self, wanting: "BodyReader", address: str) -> bool:
        more_than_its_share = self._held.of(address) > self._held.of(wanting.address) + self.settings.max_body_bytes
        now = asyncio.get_running_loop().time()
        for reader in self._held.at(address):
            arriving = reader is not wanting and not reader.whole
            if arriving and (more_than_its_share or now - reader.since >= _GRACE_SECONDS):
                self.release(reader)
                reader.give_way()
                return True
        return False

    def release(self, reader: "BodyReader") -> None:
        """Nothing is held for this reader any more."""
        self._held.drop(reader, reader.address)


class BodyReader:
    """One request's body, counted until the block ends: `with BodyReader(buffer) as body: await body.read(request)`.

    Attributes:
        address: its client's, as `client_of` tells them apart.
        since: when it began to be read, in the loop's time.
        whole: whether all of it is there; it is held until it is answered, and gives way to nobody.
    """

    def __init__(self, buffer: BodyBuffer) -> None:
        self._buffer = buffer
        self._patience: asyncio.Timeout | None = None
        self._has_given_way = False
        self.address = ""
        self.since = 0.0
        self.whole = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._buffer.release(self)

    async def read(self, request: Request) -> bytes:
        """The whole body.

        Raises:
            BodyTooLarge: it is longer than the limit; found out before or while reading, never after.
            BufferFull: too many bytes are held already, or somebody else needs the room.
            ClientDisconnected: it broke off.
            ServiceError: the connection has ended it, as it took too long.
        """
        self._check(int(request.headers.get("content-length") or 0))
        data, more = await _receive(request)
        if not more and len(data) <= INLINE_BYTES:  # most are; nothing of them is counted
            self._check(len(data))
            return data
        self.address = client_of_request(request)
        if not more:
            self._count(len(data))
            self.whole = True
            return data
        pieces, size = [data], len(data)
        self.since = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(None) as self._patience:
                while more:
                    self._count(size)
                    data, more = await _receive(request)
                    pieces.append(data)
                    size += len(data)
        except TimeoutError:
            raise self._needed_by_others() from None
        self._count(size)
        self.whole = True
        return b"".join(pieces)

    def give_way(self) -> None:
        """End the reading, for somebody else needs the room; once, as a timeout that is over can't be set again."""
        self._has_given_way = True
        if self._patience is not None:
            self._patience.reschedule(0)

    def _count(self, size: int) -> None:
        if self._has_given_way:  # and the end has not come yet: what came in the same turn is not held anew
            raise self._needed_by_others()
        self._check(size)
        if size > INLINE_BYTES:
            self._buffer.hold(self, size)

    @staticmethod
    def _needed_by_others() -> BufferFull:
        return BufferFull("Others need the room that this request took to arrive. Send it again.")

    def _check(self, size: int) -> None:
        limit = self._buffer.settings.max_body_bytes
        if size > limit:
            message = f"The request is larger than {limit:,} bytes, the limit. Send a smaller file or fewer."
            raise BodyTooLarge(message, limit=limit)


async def _receive(request: Request) -> tuple[bytes, bool]:
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnected
    return message.get("body", b""), message.get("more_body", False)
