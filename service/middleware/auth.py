"""Who is let in, if keys are wanted: those who have one."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from pydantic import SecretStr

from service.errors import Unauthorized
from service.settings import Settings

METRICS = "/metrics"


class Keys:
    """The API keys, as digests of equal length, so that comparing them tells nothing by its time."""

    def __init__(self, settings: Settings) -> None:
        self._admins = _digests(settings.admin_keys)
        # By path, None for any other: who reads the metrics need not be let into the rest, nor the other way round.
        self._keys: dict[str | None, list[bytes]] = {None: _digests(settings.api_keys)}
        if settings.metrics_keys:
            self._keys[METRICS] = _digests(settings.metrics_keys)
        self._open = settings.open_paths

    def wanted(self, path: str) -> bool:
        """Whether what lies at this path needs a key."""
        return bool(self._of(path)) and not is_open(path, self._open)

    def _of(self, path: str) -> list[bytes]:
        return self._keys.get(path, self._keys[None])

    def check(self, path: str, authorization: bytes) -> None:
        """Check an Authorization header (RFC 6750).

        Raises:
            Unauthorized: a key is wanted, and this is none of them.
        """
        if not self.wanted(path):
            return
        if not _fits(authorization, self._of(path) + self._admins):
            message = "This service wants a key. Send the header: Authorization: Bearer YOUR-KEY"
            raise Unauthorized(message, field="Authorization")

    def is_admin(self, authorization: bytes) -> bool:
        """Whether an Authorization header has a key of those who run the service."""
        return _fits(authorization, self._admins)


def _fits(authorization: bytes, digests: Sequence[bytes]) -> bool:
    scheme, _, key = authorization.partition(b" ")
    given = _digest(key.strip())
    # Every key is compared, whichever fits.
    fits = sum(hmac.compare_digest(given, digest) for digest in digests)
    return scheme.lower() == b"bearer" and bool(fits)


def is_open(path: str, open_paths: Iterable[str]) -> bool:
    """Whether a path is among those, of which some end in * for all that begin so."""
    return any(path.startswith(each[:-1]) if each.endswith("*") else path == each for each in open_paths)


def _digests(keys: Iterable[SecretStr]) -> list[bytes]:
    return [_digest(key.get_secret_value().encode()) for key in keys]


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
