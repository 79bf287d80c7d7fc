"""What reading a query string costs, however long it is and however often it is sent."""

import tracemalloc

import httpx
import pytest

from service.errors import InvalidParameter, UnknownField
from service.http.query import CardOptions, ModelOptions, Options, parse
from tests.support.problems import check

KEPT = 1024  # queries


def longer(number: int) -> bytes:
    return b"index=%d&model=" % number + b"m" * 8000


def test_a_short_query_is_read_once() -> None:
    """The same short query gives the same options object again, for each kind of options its own."""
    assert parse(b"index=16&top=3") is parse(b"index=16&top=3")
    assert type(parse(b"version=1", CardOptions)) is CardOptions
    assert type(parse(b"version=1", ModelOptions)) is ModelOptions


def test_a_long_query_is_not_kept() -> None:
    """A query of more than 128 bytes is read as any other, and anew each time it comes."""
    at_the_limit, beyond = (b"model=".ljust(length, b"m") for length in (128, 129))
    assert parse(at_the_limit) is parse(at_the_limit)
    assert parse(beyond) == parse(beyond) == Options(model="m" * 123)
    assert parse(beyond) is not parse(beyond)


def test_long_queries_leave_nothing_in_memory() -> None:
    """After a thousand different queries of 8 kB less than 1 MB of memory is held for them."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(KEPT):
            parse(longer(number))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_000_000


@pytest.mark.parametrize("query", [b"index=x", b"indx=1", b"index=1&index=2"])
def test_a_mistake_is_found_each_time(query: bytes) -> None:
    """A wrong query is refused as often as it comes, each time by an error of its own, which no one else has raised."""
    found = []
    for _ in range(2):
        with pytest.raises((InvalidParameter, UnknownField)) as caught:
            parse(query)
        found.append(caught.value)
    first, second = found
    assert str(first) == str(second)
    assert first is not second


def test_mistakes_without_end_are_not_looked_at(toy_client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than 32 parameters are refused before they are taken apart; 32 are still told what is wrong with them."""
    some = "&".join(f"p{number}=1" for number in range(32))
    check(toy_client.get(f"/predict?{some}"), 422, "unknown-field", "index, fit, top")
    check(toy_client.get(f"/predict?{some}&index=1"), 422, "invalid-parameter", "too many query parameters")
    check(
        toy_client.get("/predict?" + "a&" * 8000),
        422,
        "invalid-parameter",
        "index, fit, top, list, strict; give each once",
    )
    monkeypatch.delattr("service.http.query.parse_qsl")
    with pytest.raises(InvalidParameter, match="too many"):
        parse(b"&".join(b"p%d=1" % number for number in range(33)))
