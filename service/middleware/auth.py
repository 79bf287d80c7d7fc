"""Who is let in, if keys are wanted: those who have one."""

import hashlib
import hmac

from service.errors import Unauthorized
from service.settings import Settings


class Keys:
    """The API keys, as digests of equal length, so that comparing them tells nothing by its time."""

    def __init__(self, settings: Settings) -> None:
        self._digests = [_digest(key.get_secret_value().encode()) for key in settings.api_keys]

    def check(self, authorization: bytes) -> None:
        """Check an Authorization header (RFC 6750).

        Raises:
            Unauthorized: keys are wanted, and this is none of them.
        """
        if not self._digests:
            return
        scheme, _, key = authorization.partition(b" ")
        given = _digest(key.strip())
        # Every key is compared, whichever fits.
        fits = sum(hmac.compare_digest(given, digest) for digest in self._digests)
        if scheme.lower() != b"bearer" or not fits:
            raise Unauthorized("This service wants a key. Send the header: Authorization: Bearer YOUR-KEY")


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
