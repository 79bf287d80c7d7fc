"""Clients that want the service to freeze, grow or stop: `python -m benchmarks.programs.attackers PORT SECONDS`.

Each does again and again what once took the service down. They stand for other machines: they come from addresses of
their own, pause between tries, have what they send made beforehand and run at the lowest priority, so that what they
cost this one is what they make the service do. At SIGUSR1 they print what they have counted, as JSON.
"""

import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import socket
import struct
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import uvloop

_PAUSE = 0.05
# Less than the service gives a head: whom it closes sooner has had to make room.
_HOLD = 8.0
_ADDRESSES = itertools.cycle([f"127.0.0.{n}" for n in range(2, 10)])
Attack = Callable[[int], Awaitable[None]]

_open = 0
_counts = {"connections": 0, "closed": 0, "not taken": 0, "cut off": 0}


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def _post(body: bytes, path: str = "/predict", content_type: str = "image/png") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _indices(n: int, index: int) -> bytes:
    return _post(b'{"indices":[' + b",".join([b"%d" % index] * n) + b"]}", content_type="application/json")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _bmp_of_line_ends() -> bytes:
    data = b"\1\0\0\0" * 4000
    head = struct.pack("<IiiHHIIiiII", 40, 6500, 6500, 1, 8, 1, len(data), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 1078) + head + bytes(1024) + data


def _png_of_profiles() -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(1_000_000), 9)) * 1000


_HALF_A_HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nX: "
_HEAD_AND_A_BYTE = _post(bytes(1000))[:-999]
_LARGE_BODY = _post(bytes(16 * 1024**2))[:-1]
_MISTAKES, _SMALL_MISTAKES = _indices(1_000_000, -1), _indices(10_000, -1)
_MUCH = _indices(10_000, 1)
# Half a megabyte each, which the service has at hand; what it can't send it keeps, and the requests sent ahead too.
_CARDS = _get("/model-card?format=html") * 300
_NOT_TAKEN_BYTES = 1_000_000
_TRAILERS = (
    b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n" + b"X: y\r\n" * 10_000
)
_COSTLY = _post(_bmp_of_line_ends(), content_type="image/bmp")
_PROFILES = _post(_png_of_profiles())


def _from_an_address() -> socket.socket:
    connection = socket.socket()
    # As over a network: for loopback's large segments the kernel would keep megabytes in the service's place.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
    connection.setblocking(False)
    connection.bind((next(_ADDRESSES), 0))
    return connection


@contextlib.asynccontextmanager
async def _connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    global _open  # noqa: PLW0603 - one count for all
    connection = _from_an_address()
    try:
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=connection, limit=4096)
    except BaseException:
        connection.close()
        raise
    _open += 1
    _counts["connections"] = max(_counts["connections"], _open)
    try:
        yield reader, writer
    finally:
        _open -= 1
        writer.transport.abort()


async def _ask(port: int, content: bytes) -> None:
    """Send this and read the beginning of the answer."""
    async with _connected(port) as (reader, writer):
        writer.write(content)
        await writer.drain()
        await asyncio.wait_for(reader.read(65536), 5)


async def _hold(port: int, content: bytes) -> None:
    """Send this and keep the connection; if the service closes it, come back when the time is over all the same."""
    async with _connected(port) as (reader, writer):
        writer.write(content)
        until = asyncio.get_running_loop().time() + _HOLD
        with contextlib.suppress(TimeoutError):
            with contextlib.suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), _HOLD)
            _counts["closed"] += 1
    await asyncio.sleep(until - asyncio.get_running_loop().time())


async def _ignore(port: int, content: bytes) -> None:
    """Send this and take nothing of what comes."""
    async with _connected(port) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined] # a TCP transport
        writer.write(content)
        await asyncio.sleep(_HOLD)


async def idle(port: int) -> None:
    """Connect and say no more than a line break."""
    await _hold(port, b"\r\n")


async def slow_head(port: int) -> None:
    """Half a head."""
    await _hold(port, _HALF_A_HEAD)


async def slow_body(port: int) -> None:
    """A head and a byte."""
    await _hold(port, _HEAD_AND_A_BYTE)


async def large_body(port: int) -> None:
    """Sixteen megabytes less a byte."""
    await _ignore(port, _LARGE_BODY)


async def early(port: int) -> None:
    """A body that comes after its early answer."""
    whole = _post(b"abcd", "/predict?model=typo")
    async with _connected(port) as (reader, writer):
        writer.write(whole[:-4])
        await asyncio.wait_for(reader.read(65536), 5)
        writer.write(whole[-4:])
        await asyncio.sleep(5)


async def reset(port: int) -> None:
    """Ten connections that are reset before they are accepted."""
    for _ in range(10):
        with _from_an_address() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.connect_ex(("127.0.0.1", port))
    await asyncio.sleep(_PAUSE)


async def not_taken(port: int, content: bytes) -> None:
    """Ask for more than the kernel keeps and take only a head; look in the end whether the rest is there still."""
    async with _connected(port) as (reader, writer):
        writer.write(content)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        if b" 200 " not in head[:16]:
            await asyncio.sleep(1)
            return
        _counts["not taken"] += 1
        await asyncio.sleep(_HOLD)
        try:
            await asyncio.wait_for(reader.readexactly(_NOT_TAKEN_BYTES), 5)
        except (asyncio.IncompleteReadError, ConnectionError):
            _counts["cut off"] += 1


# Each with how many do it at one time.
ATTACKS: list[tuple[Attack, int]] = [
    (idle, 1500), (slow_head, 500), (slow_body, 500), (large_body, 9), (early, 60), (reset, 1),
    (lambda port: not_taken(port, _MUCH), 20),
    (lambda port: not_taken(port, _CARDS), 350),
    (lambda port: _ask(port, _MISTAKES), 1),
    (lambda port: _ask(port, _SMALL_MISTAKES), 2),
    (lambda port: _ask(port, _TRAILERS), 2),
    (lambda port: _ask(port, b"\x16\x03\x01 hello\r\n\r\n"), 4),
    (lambda port: _ask(port, _COSTLY), 4),  # a BMP of ends of lines: seconds from 17 kB
    (lambda port: _ask(port, _PROFILES), 2),  # a PNG of a thousand profiles of a megabyte
    (lambda port: _ignore(port, _get("/docs/swagger-ui-bundle.js")), 50),
]  # fmt: skip


async def _again_and_again(attack: Attack, port: int, until: float) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(random.random() * _HOLD)  # noqa: S311 - lest all come back at one time
    while loop.time() < until:
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            await attack(port)
        await asyncio.sleep(_PAUSE)


async def main(port: int, seconds: float) -> None:
    """Attack for so long."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: print(json.dumps(_counts), flush=True))
    until = loop.time() + seconds
    await asyncio.gather(*(_again_and_again(attack, port, until) for attack, n in ATTACKS for _ in range(n)))


if __name__ == "__main__":
    os.nice(19)
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2])))
