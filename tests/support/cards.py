"""The shipped cards, and everything that they hold."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from models.card import Card
from models.repository import FOLDER
from service.card_formats import html
from service.card_formats.source import CardSource, Sibling
from tests.support.parsed_page import ParsedPage

VERSION = 2
MODELS = sorted(path.parent.parent.name for path in FOLDER.glob(f"*/{VERSION}/card.json"))
SEMINAR = "seminar-cnn"

JSON, HTML, MARKDOWN = "application/json", "text/html", "text/markdown"
# What `?format=` takes, and the media type that comes back.
FORMS = {"json": JSON, "html": HTML, "markdown": MARKDOWN, "mct": JSON}
# What a browser asks for.
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"


def folder(model: str = SEMINAR) -> Path:
    """Where a shipped model is."""
    return FOLDER / model / str(VERSION)


@cache
def card(model: str = SEMINAR) -> Card:
    """The card of a shipped model; read once, so change a copy."""
    return Card.read(folder(model) / "card.json")


def source(model: str = SEMINAR, changed: Card | None = None) -> CardSource:
    """What the forms of a shipped model's card, or of that card changed, are made from."""
    siblings = [Sibling(each, VERSION) for each in MODELS]
    return CardSource(changed or card(model), folder(model) / "figures", siblings)


@cache
def page(model: str = SEMINAR) -> ParsedPage:
    """The page of a shipped model's card, as the service makes it."""
    return ParsedPage(html.render(source(model)))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Everything that a card holds, with where it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    elif value is not None:
        yield path, value


def numbers(value: Any) -> Iterator[dict[str, Any]]:
    """Every number record in a card's JSON."""
    if isinstance(value, dict):
        if {"value", "status", "method"} <= set(value):
            yield value
        else:
            for inner in value.values():
                yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)
