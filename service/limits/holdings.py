"""Who holds how much, by address, and who gives way when it is too much."""

import heapq
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Generic, TypeVar

_Holder = TypeVar("_Holder")


class Holdings(Generic[_Holder]):
    """How much each holder takes of something that is bounded, by its client's address.

    Where room is needed, the address that takes most has to give it. Clients behind a proxy have one address.

    Attributes:
        total: what all take together.
    """

    def __init__(self) -> None:
        self.total = 0
        self._held: dict[str, dict[_Holder, int]] = {}
        self._totals: dict[str, int] = {}

    def put(self, holder: _Holder, address: str, amount: int = 1) -> None:
        """The holder takes so much now; it keeps its place among those that came before and after it."""
        held = self._held.get(address)
        if held is None:
            held = self._held[address] = {}
            self._totals[address] = 0
        change = amount - held.get(holder, 0)
        held[holder] = amount
        self._totals[address] += change
        self.total += change

    def drop(self, holder: _Holder, address: str) -> None:
        """The holder takes nothing any more."""
        held = self._held.get(address)
        amount = held.pop(holder, None) if held is not None else None
        if amount is None:
            return
        self.total -= amount
        if held:
            self._totals[address] -= amount
        else:
            del self._held[address], self._totals[address]

    def of(self, address: str) -> int:
        """What the holders at this address take together."""
        return self._totals.get(address, 0)

    def largest_first(self) -> Iterator[str]:
        """The addresses at which anything is taken, the one that takes most first."""
        heap = [(-total, number, address) for number, (address, total) in enumerate(self._totals.items())]
        heapq.heapify(heap)  # mostly the first is enough, and sorting them all would be a waste
        while heap:
            yield heapq.heappop(heap)[2]

    def at(self, address: str) -> Collection[_Holder]:
        """The holders at this address, those that came first before the others."""
        return self._held.get(address, {}).keys()

    def __len__(self) -> int:
        """How many holders there are."""
        return sum(map(len, self._held.values()))

    def __iter__(self) -> Iterator[_Holder]:
        """Those who take anything, address by address."""
        return chain.from_iterable(self._held.values())
