"""Who has had how much of the places' time, by address; what is long ago counts less and less."""

import math
from dataclasses import dataclass

# After so long, time that somebody has had counts half.
_HALF_LIFE_SECONDS = 10.0

# Whoever has had less than this is as good as new, and forgotten.
_FORGOTTEN_SECONDS = 0.001


@dataclass
class _Account:
    """What one address has had up to a moment, and how many places it has had since."""

    seconds: float
    since: float
    places: int = 0

    def at(self, now: float) -> float:
        """What it has had up to now: the integral of its places over time, each moment weighed by its age."""
        left = math.exp2((self.since - now) / _HALF_LIFE_SECONDS)
        return self.seconds * left + self.places * (1 - left) * _HALF_LIFE_SECONDS / math.log(2)


class Usage:
    """The place-seconds of each address, halved every ten seconds. Clients behind a proxy have one address.

    Only who has had a place is remembered, and that not for long: all that is remembered adds up to less than fifteen
    seconds for each place, so that the addresses are few, from however many somebody asks.
    """

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}
        self._swept = 0.0

    def begin(self, address: str, now: float) -> None:
        """A client at this address has one place more."""
        self._change(address, now, 1)

    def end(self, address: str, now: float) -> None:
        """It has one less."""
        self._change(address, now, -1)
        if now - self._swept >= _HALF_LIFE_SECONDS:
            self._swept = now
            self._accounts = {
                each: account
                for each, account in self._accounts.items()
                if account.places or account.at(now) >= _FORGOTTEN_SECONDS
            }

    def places(self, address: str) -> int:
        """How many places it has now."""
        account = self._accounts.get(address)
        return account.places if account is not None else 0

    def seconds(self, address: str, now: float) -> float:
        """How much it has had up to now."""
        account = self._accounts.get(address)
        return account.at(now) if account is not None else 0.0

    def __len__(self) -> int:
        """How many addresses are remembered."""
        return len(self._accounts)

    def _change(self, address: str, now: float, places: int) -> None:
        account = self._accounts.setdefault(address, _Account(0.0, now))
        account.seconds, account.since = account.at(now), now
        account.places += places
