"""The forms that a card comes in, and how each is made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from models.card import Card


@dataclass(frozen=True)
class Sibling:
    """A card that is served, by the name and version of its model."""

    name: str
    version: int


@dataclass(frozen=True)
class Source:
    """What a form is made from.

    Attributes:
        card: the card.
        figures: the folder with its figures.
        siblings: all cards that are served, this one among them.
    """

    card: Card
    figures: Path
    siblings: list[Sibling]


@dataclass(frozen=True)
class Form:
    """One form of a card.

    Attributes:
        media_type: of the document.
        write: makes it.
        headers: what a server must say with it.
    """

    media_type: str
    write: Callable[[Source], str]
    headers: dict[str, str] = field(default_factory=dict)


def _json(source: Source) -> str:
    return source.card.model_dump_json() + "\n"


# The next three are imported when they are first needed: most services are asked for predictions, and start sooner.


def _html(source: Source) -> str:
    from service.card import html  # noqa: PLC0415

    return html.render(source)


def _markdown(source: Source) -> str:
    from service.card import markdown  # noqa: PLC0415

    return markdown.render(source)


def _mct(source: Source) -> str:
    from service.card import toolkit  # noqa: PLC0415

    return toolkit.translate(source.card).model_dump_json(exclude_none=True) + "\n"


# The drawings style their parts by attributes, so that styles inside the page have to be let through.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

# By the names that `?format=` takes. The first is the default; the toolkit's has no media type of its own.
FORMS = {
    "json": Form("application/json", _json),
    "html": Form("text/html", _html, {"Content-Security-Policy": _PAGE_POLICY}),
    "markdown": Form("text/markdown", _markdown),
    "mct": Form("application/json", _mct),
}
