"""An open-loop HTTP load: requests leave at a rate, whatever comes back, as long as a connection is free."""

import asyncio
import time
from collections import Counter

from benchmarks.load import Load, take_status


class Flood:
    """What came back: answers and refusals apart."""

    def __init__(self) -> None:
        self.good, self.bad = Load(), Load()
        self.lost = 0
        self.statuses: Counter[int] = Counter()


class _Sender(asyncio.Protocol):
    """One connection of an open loop: it sends when told, and reports when it is free again."""

    def __init__(self, flood: Flood, free: list["_Sender"]) -> None:
        self._flood, self._free = flood, free
        self._buffer = bytearray()
        self._sent = 0.0
        self.closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @property
    def gone(self) -> bool:
        """Whether the service has closed it, idle for longer than it keeps a connection."""
        return self._transport.is_closing()

    def send(self, request: bytes) -> None:
        self._sent = time.perf_counter()
        self._transport.write(request)  # type: ignore[attr-defined] # a TCP transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        status = take_status(self._buffer)
        if status is None:
            return
        self._flood.statuses[status] += 1
        to = self._flood.good if status == 200 else self._flood.bad
        to.latencies.append(time.perf_counter() - self._sent)
        self._free.append(self)

    def connection_lost(self, _error: Exception | None) -> None:
        if self in self._free:
            self._free.remove(self)
        elif not self.closing:
            self._flood.lost += 1

    def close(self) -> None:
        self.closing = True
        self._transport.close()


async def open_loop(port: int, request: bytes, rate: float, connections: int, seconds: float) -> Flood:
    """Send at a rate, whatever comes back, as long as one of the connections is free."""
    loop = asyncio.get_running_loop()
    flood = Flood()
    free: list[_Sender] = []
    senders = [
        (await loop.create_connection(lambda: _Sender(flood, free), "127.0.0.1", port))[1] for _ in range(connections)
    ]
    free.extend(senders)
    started, due = time.perf_counter(), 0.0
    last = started
    while (now := time.perf_counter()) - started < seconds:
        due = min(due + (now - last) * rate, connections)
        last = now
        while due >= 1 and free:
            sender = free.pop()
            if not sender.gone:
                sender.send(request)
                due -= 1
        await asyncio.sleep(0)
    flood.good.seconds = flood.bad.seconds = time.perf_counter() - started
    for sender in senders:
        sender.close()
    return flood
