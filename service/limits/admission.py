"""How many predictions are worked on at one time, and whether the service still takes any."""

from types import TracebackType

from service import metrics
from service.errors import Overloaded
from service.settings import Settings

# The paths whose requests cost enough to be counted and bounded.
BOUNDED = frozenset({"/predict", "/explain", "/answers", "/plain", "/share"})

# Bodies up to this size take a millisecond or so and are worked on at once; longer ones would hold up everybody else
# on the event loop and go to a thread.
INLINE_BYTES = 32 * 1024


def is_bounded(path: str) -> bool:
    """Whether requests for this path cost enough to be counted and bounded."""
    resource = path.removesuffix("/")
    return resource in BOUNDED or (resource.startswith("/v2/models/") and resource.endswith(("/infer", "/stats")))


class Admission:
    """Counts the predictions being worked on: `with admission:` stands around the work on one.

    A request counts from when its body is there: those who send slowly take nobody's place.

    Attributes:
        in_flight: predictions being worked on.
        arrived: requests that the protocol has whole and that are not answered yet.
        draining: whether the service is about to stop; true from the first polite signal on.
    """

    def __init__(self, settings: Settings) -> None:
        self.in_flight = self.arrived = 0
        self.draining = False
        self._limit = settings.max_in_flight
        metrics.IN_FLIGHT_LIMIT.set(self._limit)
        self.sentence = f"The service works on {self._limit} predictions at one time, the limit. Try again in a moment."

    @property
    def full(self) -> bool:
        """Whether there is room for no more."""
        return self.in_flight >= self._limit or self.arrived >= self._limit

    def __enter__(self) -> None:
        if self.in_flight >= self._limit:
            raise Overloaded(self.sentence)
        self.in_flight += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.in_flight -= 1
