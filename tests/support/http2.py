"""HTTP/2 by hand, for what no client does (RFC 9113; headers without compression, RFC 7541, section 6.2.2)."""

import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.support.patience import PATIENCE_S

DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE = 0, 1, 4, 6, 8
INITIAL_WINDOW_SIZE = 4
END_STREAM, END_HEADERS = 1, 4
_ACK = 1
_WINDOW = 65_535
_MOST_IN_A_FRAME = 16_384


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A frame."""
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def header(name: str, value: str | bytes) -> bytes:
    """A header, its name and value as they are."""
    value = value.encode() if isinstance(value, str) else value
    return bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value


class Connection:
    """A connection to a gRPC port, from an address of one's own."""

    def __init__(self, port: int, *, window: int | None = None, address: str = "127.0.0.1") -> None:
        """Open it.

        Args:
            port: the server's.
            window: how many bytes of each answer are taken; None: as many as HTTP/2 says by itself.
            address: that it comes from.
        """
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S, (address, 0))
        settings = b"" if window is None else struct.pack("!HI", INITIAL_WINDOW_SIZE, window)
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, settings))
        self._next = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(content)

    def call(self, path: bytes, message: bytes, *, end: bool, extra: bytes = b"") -> int:
        """Begin a call; `end`: with its one message. The number of its stream."""
        stream, self._next = self._next, self._next + 2
        headers = b"".join(
            header(name, value)
            for name, value in (
                (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"),
                ("content-type", "application/grpc"), ("te", "trailers"),
            )
        )  # fmt: skip
        self.send(frame(HEADERS, END_HEADERS, stream, headers + extra))
        if end:
            self.send(frame(DATA, END_STREAM, stream, b"\0" + struct.pack("!I", len(message)) + message))
        return stream

    def read_something(self) -> bytes:
        """Wait for what the server says to it, or its end."""
        try:
            return self._socket.recv(65_536)
        except ConnectionError:
            return b""

    def send_all_that_is_wanted(self, streams: Sequence[int], begin: bytes, seconds: float) -> int:
        """Send on these streams whatever the server's windows allow, for so long; how many bytes those were."""
        window, initial, given, sent = _WINDOW, _WINDOW, dict.fromkeys(streams, 0), dict.fromkeys(streams, 0)
        waiting = b""
        until = time.monotonic() + seconds
        self._socket.settimeout(0.01)
        while time.monotonic() < until:
            with suppress(TimeoutError):
                waiting += self._socket.recv(65_536)
            while len(waiting) >= 9 and len(waiting) >= 9 + int.from_bytes(waiting[:3], "big"):
                length, kind, flags, stream = int.from_bytes(waiting[:3], "big"), *struct.unpack("!BBI", waiting[3:9])
                payload, waiting = waiting[9 : 9 + length], waiting[9 + length :]
                if kind == WINDOW_UPDATE:
                    more = int.from_bytes(payload, "big")
                    window += 0 if stream else more
                    if stream in given:
                        given[stream] += more
                elif kind == SETTINGS and not flags & _ACK:
                    values = dict(struct.iter_unpack("!HI", payload))
                    initial = values.get(INITIAL_WINDOW_SIZE, initial)
                    self._reply(frame(SETTINGS, _ACK, 0, b""))
                elif kind == PING and not flags & _ACK:
                    self._reply(frame(PING, _ACK, 0, payload))
            for stream in streams:
                room = min(_MOST_IN_A_FRAME, window, initial + given[stream] - sent[stream])
                if room > len(begin):
                    content = (begin if not sent[stream] else b"").ljust(room, b"x")
                    self._reply(frame(DATA, 0, stream, content))
                    sent[stream] += room
                    window -= room
        return sum(sent.values())

    def _reply(self, content: bytes) -> None:
        self._socket.settimeout(PATIENCE_S)
        self._socket.sendall(content)
        self._socket.settimeout(0.01)
