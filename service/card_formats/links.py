"""The works that a card names, as links."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from models.card import Card
from models.measurement import Record, Source


def address(source: Source) -> str | None:
    """Where a work can be read, as far as that is an address on the web that is safe to link to."""
    if source.url is None:
        return None
    parts = urlsplit(source.url)
    return source.url if parts.scheme in {"http", "https"} and parts.netloc else None


def works(card: Card) -> list[Source]:
    """Every work that a card names, once, in the order of the card."""
    return list(dict.fromkeys(_in(card)))


def _in(value: object) -> Iterator[Source]:
    if isinstance(value, Source):
        yield value
    elif isinstance(value, Record):
        for _, inner in value:
            yield from _in(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _in(inner)
