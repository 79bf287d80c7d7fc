"""A closed-loop HTTP load: each connection sends its request again as soon as the answer is there."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import uvloop

MULTIPART = "multipart/form-data; boundary=boundary"


@dataclass
class Load:
    """What came back.

    Attributes:
        seconds: how long it went on.
        latencies: of each answer, in seconds, in order of arrival.
        statuses: how many answers of each status.
        lost: connections that broke.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    lost: int = 0

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, q: float) -> float:
        """A percentile of the latency, in milliseconds."""
        return float(np.percentile(self.latencies, q)) * 1e3


def get(path: str) -> bytes:
    """A GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(path: str, content_type: str, body: bytes) -> bytes:
    """A POST request."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def post_binary(path: str, shape: Sequence[int], content: bytes) -> bytes:
    """A POST request of the protocol's binary extension: images as UINT8; the probabilities are wanted, likewise."""
    size = {"binary_data_size": len(content)}
    given = {"name": "image", "datatype": "UINT8", "shape": list(shape), "parameters": size}
    wanted = {"name": "probabilities", "parameters": {"binary_data": True}}
    head = json.dumps({"inputs": [given], "outputs": [wanted]}).encode()
    lines = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nInference-Header-Content-Length: {len(head)}\r\n"
    return f"{lines}Content-Length: {len(head) + len(content)}\r\n\r\n".encode() + head + content


def form(*files: bytes) -> bytes:
    """A multipart form with these files in its field `image`."""
    parts = (
        b'--boundary\r\nContent-Disposition: form-data; name="image"; filename="p"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n"
        for content in files
    )
    return b"".join(parts) + b"--boundary--\r\n"


def take_status(buffer: bytearray) -> int | None:
    """The status of the answer in a buffer, which is emptied; None, as long as the answer is not whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[:end]).lower()
    start = head.find(b"content-length:") + 15
    if len(buffer) < end + 4 + int(head[start:].split(b"\r\n", 1)[0]):
        return None
    buffer.clear()
    return int(head[9:12])


class _Connection(asyncio.Protocol):
    def __init__(self, request: bytes, load: Load, until: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._load = load
        self._until = until
        self._buffer = bytearray()
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)  # type: ignore[attr-defined] # a TCP transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        status = take_status(self._buffer)
        if status is None:
            return
        now = time.perf_counter()
        self._load.latencies.append(now - self._sent)
        self._load.statuses[status] = self._load.statuses.get(status, 0) + 1
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if time.perf_counter() < self._until:
            self._load.lost += 1
        if not self.done.done():
            self.done.set_result(None)


async def drive(port: int, request: bytes, connections: int, seconds: float) -> Load:
    """Send one request over and over on several connections."""
    loop = asyncio.get_running_loop()
    load = Load()
    start = time.perf_counter()
    made = [
        (await loop.create_connection(lambda: _Connection(request, load, start + seconds), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(connection.done for connection in made))
    load.seconds = time.perf_counter() - start
    return load


async def drive_reconnecting(port: int, request: bytes, connections: int, seconds: float) -> Load:
    """As `drive`, but a connection that breaks, or can't be made, is counted as lost and made anew."""
    total, until = Load(seconds=seconds), time.perf_counter() + seconds

    async def one() -> None:
        while (left := until - time.perf_counter()) > 0:
            try:
                part = await drive(port, request, 1, left)
            except OSError:
                total.lost += 1
                await asyncio.sleep(0.05)
                continue
            total.latencies += part.latencies
            total.lost += part.lost
            for status, n in part.statuses.items():
                total.statuses[status] = total.statuses.get(status, 0) + n

    await asyncio.gather(*(one() for _ in range(connections)))
    return total


def run_together(port: int, requests: list[tuple[bytes, int]], seconds: float) -> list[Load]:
    """Several requests at the same time, each on so many connections."""

    async def all_of_them() -> list[Load]:
        return await asyncio.gather(*(drive(port, request, n, seconds) for request, n in requests))

    return uvloop.run(all_of_them())


def run(port: int, request: bytes, connections: int = 16, seconds: float = 3.0) -> Load:
    """`drive`, from a program that has no event loop."""
    return uvloop.run(drive(port, request, connections, seconds))


def checked(result: Load) -> Load:
    """The result, if every answer was a good one."""
    if set(result.statuses) != {200} or result.lost:
        raise RuntimeError(f"answers {result.statuses}, {result.lost} connections lost")
    return result
