"""Who is let in: those with a key, if keys are wanted, and no more predictions at one time than can be answered."""

import hashlib
import hmac
from types import TracebackType

from service.errors import KeyMissing, Overloaded
from service.settings import Settings

# The path whose requests cost enough to be counted and bounded.
BOUNDED = "/predict"

# Bodies up to this size take a millisecond or so and are worked on at once; longer ones would hold up everybody else
# on the event loop and go to a thread.
INLINE_BYTES = 32 * 1024


class Admission:
    """Counts the predictions being worked on: `with admission:` stands around the work on one.

    A request counts from when its body is there: those who send slowly take nobody's place.

    Attributes:
        in_flight: predictions being worked on.
        arrived: requests that the protocol has whole and that are not answered yet; they are worked on in a moment.
        refused: those that the protocol turned away; the ledger takes note of them and sets this back.
    """

    def __init__(self, settings: Settings) -> None:
        self.in_flight = self.arrived = self.refused = 0
        self._limit = settings.max_in_flight
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


class Keys:
    """The API keys, as digests of equal length, so that comparing them tells nothing by its time."""

    def __init__(self, settings: Settings) -> None:
        self._digests = [_digest(key.get_secret_value().encode()) for key in settings.api_keys]

    def check(self, authorization: bytes) -> None:
        """Check an Authorization header (RFC 6750).

        Raises:
            KeyMissing: keys are wanted, and this is none of them.
        """
        if not self._digests:
            return
        scheme, _, key = authorization.partition(b" ")
        given = _digest(key.strip())
        # Every key is compared, whichever fits.
        fits = sum(hmac.compare_digest(given, digest) for digest in self._digests)
        if scheme.lower() != b"bearer" or not fits:
            raise KeyMissing("This service wants a key. Send the header: Authorization: Bearer YOUR-KEY")


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
