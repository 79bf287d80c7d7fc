"""How many predictions are worked on at one time, and whether the service still takes any."""

from types import TracebackType

from service import metrics
from service.errors import Overloaded
from service.limits.shares import Shares
from service.settings import Settings

# The paths whose requests cost enough to be counted and bounded.
BOUNDED = frozenset({"/predict", "/explain", "/answers", "/plain", "/share"})

# An eighth more places are for addresses that have fewer than are left of these, so that one that fills all others
# locks nobody out.
_TIMES_FEWER = 8

# Bodies up to this size take a millisecond or so and are worked on at once; longer ones would hold up everybody else
# on the event loop and go to a thread.
INLINE_BYTES = 32 * 1024


def is_bounded(path: str) -> bool:
    """Whether requests for this path cost enough to be counted and bounded."""
    resource = path.removesuffix("/")
    return resource in BOUNDED or (resource.startswith("/v2/models/") and resource.endswith(("/infer", "/stats")))


class Admission:
    """Counts the predictions being worked on, by their clients' addresses (`client_of`).

    A request counts from when its body is there: those who send slowly take nobody's place.

    Attributes:
        draining: whether the service is about to stop; true from the first polite signal on.
        ending: whether it stops now: what has been begun has `stop_seconds` left.
    """

    def __init__(self, settings: Settings) -> None:
        self.draining = self.ending = False
        self._limit = settings.max_in_flight
        self._working = _Places(self._limit)
        self._arrived = _Places(self._limit)
        metrics.IN_FLIGHT_LIMIT.set(self._limit)

    @property
    def in_flight(self) -> int:
        """Predictions being worked on."""
        return self._working.total

    @property
    def arrived(self) -> int:
        """Requests that the protocol has whole and that are not answered yet."""
        return self._arrived.total

    def arrive(self, client: str) -> None:
        """The protocol has a request of this client whole."""
        self._arrived.add(client)

    def leave(self, client: str) -> None:
        """It is answered, or its client has gone."""
        self._arrived.remove(client)

    def refusal(self, client: str) -> Overloaded | None:
        """Why there is no room for one more of this client; None: there is."""
        if self._working.has_room(client) and self._arrived.has_room(client):
            return None
        return Overloaded(
            f"The service works on {self._limit} predictions at one time, the limit. Try again in a moment."
        )

    def place(self, client: str) -> "Place":
        """A place for one of this client's, around the work on it: `with admission.place(client):`."""
        return Place(self, self._working, client)


class Place:
    """A place, for as long as a block lasts."""

    def __init__(self, admission: Admission, working: "_Places", client: str) -> None:
        self._admission = admission
        self._working = working
        self._client = client

    def __enter__(self) -> None:
        """Take it.

        Raises:
            Overloaded: there is none.
        """
        if not self._working.has_room(self._client):
            raise self._admission.refusal(self._client) or Overloaded
        self._working.add(self._client)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._working.remove(self._client)


class _Places(Shares):
    """Places that anybody may fill, and a few more for those who have few."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit + max(1, limit // _TIMES_FEWER))
        self._limit = limit

    def has_room(self, client: str) -> bool:
        """Whether there is a place for one more of this client's."""
        return self.total < self._limit or super().has_room(client)
