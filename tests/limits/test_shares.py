"""How many of something each client may have."""

from service.limits.shares import Shares


def fill(shares: Shares, client: str) -> int:
    """How many one client gets until it may have no more."""
    before = shares.of(client)
    while shares.has_room(client):
        shares.add(client)
    return shares.of(client) - before


def test_one_takes_half_and_others_of_the_rest() -> None:
    """Of twelve one alone gets six, the next three, the next two, the next one; then there is none for a newcomer."""
    shares = Shares(12)
    assert [fill(shares, each) for each in "abcde"] == [6, 3, 2, 1, 0]
    assert shares.total == 12


def test_what_is_given_back_is_there_again() -> None:
    """What one gives back a client that has fewer may have, and all may be given back."""
    shares = Shares(4)
    fill(shares, "a")
    fill(shares, "b")
    shares.remove("a")
    assert (shares.total, shares.of("a"), shares.has_room("c")) == (2, 1, True)
    shares.remove("a")
    shares.remove("b")
    assert (shares.total, shares.of("a"), shares.of("b")) == (0, 0, 0)
