"""Who has had how much of the places' time."""

import pytest

from service.limits.usage import Usage


def test_time_counts_half_after_ten_seconds() -> None:
    """Two seconds of a place are two; ten seconds later they are one, and they count for each place."""
    usage = Usage()
    usage.begin("one", 0)
    usage.begin("two", 0)
    usage.begin("two", 0)
    assert usage.seconds("one", 2) == pytest.approx(2, rel=0.1)
    for address in ("one", "two", "two"):
        usage.end(address, 2)
    assert usage.seconds("two", 2) == 2 * usage.seconds("one", 2)
    assert usage.seconds("one", 12) == pytest.approx(usage.seconds("one", 2) / 2)
    assert usage.seconds("nobody", 12) == 0


def test_a_place_counts_while_it_is_had() -> None:
    """Whoever has a place has had more with every second, and never as much as fifteen."""
    usage = Usage()
    usage.begin("one", 0)
    had = [usage.seconds("one", now) for now in (1, 5, 60, 3600)]
    assert had == sorted(had)
    assert 14 < had[-1] < 15
    assert (usage.places("one"), usage.places("two")) == (1, 0)


def test_addresses_are_forgotten() -> None:
    """Of a hundred thousand addresses that have had a millisecond each, those of the last seconds are remembered."""
    usage = Usage()
    for number in range(100_000):
        usage.begin(str(number), number / 1000)
        usage.end(str(number), (number + 1) / 1000)
    assert len(usage) < 22_000
    usage.begin("last", 1000)
    usage.end("last", 1001)
    assert len(usage) == 1
