"""How many each client has of something of which there are only so many."""


class Shares:
    """Counts them; one client may have as many as are free.

    So one alone takes half of them, two take two thirds, and another finds room ("dynamic threshold", Choudhury and
    Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).

    Attributes:
        total: how many all clients have.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: dict[str, int] = {}
        self.total = 0

    def of(self, client: str) -> int:
        """How many this client has."""
        return self._of.get(client, 0)

    def has_room(self, client: str) -> bool:
        """Whether this client may have one more."""
        return self._of.get(client, 0) < self._most - self.total

    def add(self, client: str) -> None:
        """It has one more."""
        self._of[client] = self._of.get(client, 0) + 1
        self.total += 1

    def remove(self, client: str) -> None:
        """It has one less."""
        self.total -= 1
        self._of[client] -= 1
        if not self._of[client]:
            del self._of[client]
