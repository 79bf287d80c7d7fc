"""A client for the load: HTTP/1.1 over TLS on connections that are kept, for little of the processor's time.

The machine that sends the load is often the one that runs the swarm; with httpx, some hundred requests under way at a
time are enough to take a core.
"""

import asyncio
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

_SECONDS = 60.0  # longer than the edge waits for anything: what it gives up comes back as an answer
# Shorter than the edge keeps an idle connection: no failure is to be the client's own.
_IDLE_SECONDS = 5.0


class BrokenAnswer(Exception):
    """The connection ended before the answer did, or the answer is no HTTP."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


@dataclass
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    idle_since: float = 0.0


class Client:
    """Connections to one address."""

    def __init__(self, url: str, tls: ssl.SSLContext, key: str) -> None:
        """Connections that are not there yet.

        Args:
            url: of the server.
            tls: which certificates to trust.
            key: to the service.
        """
        place = urlsplit(url)
        self._host, self._port, self._tls = place.hostname or "", place.port or 443, tls
        self._head = f"Host: {place.netloc}\r\nAuthorization: Bearer {key}\r\n"
        self._idle: list[_Connection] = []

    async def post(self, path: str, content_type: str, body: bytes) -> Answer:
        """The answer to a request.

        Raises:
            OSError: there is no connection, or it breaks.
            TimeoutError: there is no answer within a minute.
            BrokenAnswer: the answer is not whole.
        """
        head = (
            f"POST {path} HTTP/1.1\r\n{self._head}Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        async with asyncio.timeout(_SECONDS):
            connection = await self._take()
            try:
                connection.writer.writelines((head.encode(), body))
                answer, keep = await _read(connection.reader)
            except BaseException:
                connection.writer.transport.abort()
                raise
        if keep:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.writer.transport.abort()
        return answer

    async def _take(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if time.monotonic() - connection.idle_since < _IDLE_SECONDS and not connection.reader.at_eof():
                return connection
            connection.writer.transport.abort()
        return _Connection(*await asyncio.open_connection(self._host, self._port, ssl=self._tls))

    def close(self) -> None:
        """Drop the connections."""
        for connection in self._idle:
            connection.writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    """An answer, and whether its connection can be used again."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        start, *lines = head.splitlines()
        fields = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(fields["content-length"]))
        return Answer(int(start.split()[1]), body), fields.get("connection") != "close"
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, KeyError, IndexError, ValueError) as error:
        raise BrokenAnswer(type(error).__name__) from None
