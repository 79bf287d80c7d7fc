"""The forms that a card comes in, and how each is made."""

from collections.abc import Callable
from dataclasses import dataclass, field

from service.card_formats.source import CardSource


@dataclass(frozen=True)
class Form:
    """One form of a card.

    Attributes:
        media_type: of the document.
        write: makes it.
        headers: what a server must say with it.
    """

    media_type: str
    write: Callable[[CardSource], str]
    headers: dict[str, str] = field(default_factory=dict)


def _json(source: CardSource) -> str:
    return source.card.model_dump_json() + "\n"


# The next three are imported when they are first needed: most services are asked for predictions, and start sooner.


def _html(source: CardSource) -> str:
    from service.card_formats import html  # noqa: PLC0415

    return html.render(source)


def _markdown(source: CardSource) -> str:
    from service.card_formats import markdown  # noqa: PLC0415

    return markdown.render(source)


def _mct(source: CardSource) -> str:
    from service.card_formats import toolkit  # noqa: PLC0415

    return toolkit.translate(source.card).model_dump_json(exclude_none=True) + "\n"


# The drawings style their parts by attributes, so that styles inside the page have to be let through; the test images
# that it shows are the service's own.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

# By the names that `?format=` takes. The first is the default; the toolkit's has no media type of its own.
FORMS = {
    "json": Form("application/json", _json),
    "html": Form("text/html", _html, {"Content-Security-Policy": _PAGE_POLICY}),
    "markdown": Form("text/markdown", _markdown),
    "mct": Form("application/json", _mct),
}
