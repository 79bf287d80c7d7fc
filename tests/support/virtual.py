"""An event loop whose time passes only when told to, and a transport that keeps what is written."""

import asyncio
from typing import Any


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs callbacks as ever; an hour takes no time."""

    now = 0.0

    def time(self) -> float:
        """The time that has been told."""
        return self.now

    def settle(self) -> None:
        """Run what is ready, and what that makes ready, until there is nothing more, or for ever so long."""
        for _ in range(20):
            self.turn()
            if not self._is_busy():
                break

    def _is_busy(self) -> bool:
        """Whether something is ready, or due by the time that has been told: asyncio keeps both lists to itself."""
        ready, timers = vars(self)["_ready"], vars(self)["_scheduled"]
        return bool(ready) or any(each.when() <= self.now and not each.cancelled() for each in timers)

    def turn(self) -> None:
        """Run what is ready, and not what that makes ready."""
        self.call_soon(self.stop)
        self.run_forever()

    def advance(self, seconds: float) -> None:
        """Let time pass, step by step, so that whatever is due happens in order."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + 0.25)
            self.settle()


class MemoryTransport(asyncio.Transport):
    """One end of a connection; what the service writes waits in `kept` while the client does not read."""

    def __init__(self, loop: VirtualLoop, protocol: Any) -> None:
        super().__init__()
        self._loop = loop
        self._protocol = protocol
        self._high = 64 * 1024
        self._closing = False
        self._lost = False
        self._paused = False
        self.client_reads = True
        self.reading = True
        self.written = bytearray()
        self.kept = bytearray()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Addresses."""
        return ("127.0.0.1", 1) if name in {"peername", "sockname"} else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:  # noqa: ARG002
        """As asyncio has it."""
        self._high = self._high if high is None else high

    def get_write_buffer_size(self) -> int:
        """As asyncio has it."""
        return len(self.kept)

    def write(self, data: Any) -> None:
        """Keep what is written, and tell the protocol if that is too much."""
        if self._lost:
            return
        self.kept += data
        self.flush()
        if len(self.kept) > self._high and not self._paused:
            self._paused = True
            self._protocol.pause_writing()

    def flush(self) -> None:
        """Give the client what it takes."""
        if self.client_reads:
            self.written += self.kept
            self.kept.clear()
            if self._paused and not self._lost:
                self._paused = False
                self._protocol.resume_writing()
            if self._closing:
                self.lose()

    def can_write_eof(self) -> bool:
        """Yes."""
        return True

    def write_eof(self) -> None:
        """Nothing follows."""

    def is_closing(self) -> bool:
        """As asyncio has it."""
        return self._closing

    def close(self) -> None:
        """Close, once the client has taken what is kept."""
        self._closing = True
        if not self.kept:
            self._loop.call_soon(self.lose)

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        self._loop.call_soon(self.lose)

    def lose(self) -> None:
        """The connection is gone."""
        if not self._lost:
            self._lost = self._closing = True
            self._protocol.connection_lost(None)

    @property
    def lost(self) -> bool:
        """Whether it is gone."""
        return self._lost

    def pause_reading(self) -> None:
        """As asyncio has it."""
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        """As asyncio has it."""
        assert not self.reading
        self.reading = True
