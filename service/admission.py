"""Who is let in: those with a key, if keys are wanted, and no more predictions at one time than can be answered."""

import hashlib
import hmac

from service.errors import KeyMissing, Overloaded
from service.settings import Settings


class Admission:
    """Counts the predictions being worked on: `in_flight`."""

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.max_in_flight
        self.in_flight = 0
        self._full = Overloaded(
            f"The service works on {self._limit} predictions at one time, the limit. Try again in a moment."
        )

    def enter(self) -> None:
        """Let one prediction in; `leave` must follow.

        Raises:
            Overloaded: there are too many.
        """
        if self.in_flight >= self._limit:
            raise self._full
        self.in_flight += 1

    def leave(self) -> None:
        """Let one prediction out."""
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
