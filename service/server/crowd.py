"""All connections of a worker: what they wait for, what is kept for them, and who gives way when there is no room."""

from typing import Protocol

from service.limits.holdings import Holdings
from service.settings import Settings

# Whoever sends a body is given this long before it may have to give way to somebody new.
_BODY_GRACE_SECONDS = 0.5


class Waiting(Protocol):
    """A connection, seen as one of many."""

    since: float
    address: str

    def give_way(self) -> None:
        """Close, for somebody else needs the room."""


class Crowd:
    """Connections by what their client keeps them waiting for.

    Attributes:
        everybody: all connections.
        leaving: those whose last answer has been given.
        idle: those between requests, or that have never sent one.
        heads: those whose request's head is not whole.
        bodies: those whose request's body is not whole.
        kept: those for whose client bytes are kept: answers not taken yet, requests ahead of their turn.
    """

    def __init__(self, settings: Settings) -> None:
        self.everybody: Holdings[Waiting] = Holdings()
        self.leaving: Holdings[Waiting] = Holdings()
        self.idle: Holdings[Waiting] = Holdings()
        self.heads: Holdings[Waiting] = Holdings()
        self.bodies: Holdings[Waiting] = Holdings()
        self.kept: Holdings[Waiting] = Holdings()
        self._max_kept_bytes = settings.max_kept_bytes

    def make_room(self, now: float) -> bool:
        """Let a connection go of the address that has most of them, of another one only where that has none to spare.

        One that is leaving goes first, then an idle one, as nginx reuses them; then, each time the oldest, one whose
        head is waited for, one whose body is, and one that does not take its answer.
        """
        for address in self.everybody.largest_first():
            for waiting in (self.leaving, self.idle, self.heads, self.bodies, self.kept):
                first = next(iter(waiting.at(address)), None)
                if first is not None and not (waiting is self.bodies and now - first.since < _BODY_GRACE_SECONDS):
                    first.give_way()
                    return True
        return False

    def keep(self, connection: Waiting, size: int) -> None:
        """So many bytes are kept for this connection now; if that is too much, whoever has most gives way."""
        if not size:
            self.release(connection)
            return
        self.kept.put(connection, connection.address, size)
        while self.kept.total > self._max_kept_bytes and len(self.kept) > 1:
            first = next(iter(self.kept.at(next(self.kept.largest_first()))))
            self.release(first)  # its end is told later; counted until then, it would be chosen again and again
            first.give_way()

    def release(self, connection: Waiting) -> None:
        """Nothing is kept for this connection any more."""
        self.kept.drop(connection, connection.address)
