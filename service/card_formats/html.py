"""The card as a page for a browser: no script, and nothing to be fetched from anywhere."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from service.card_formats.links import address
from service.card_formats.sections import sections
from service.card_formats.source import CardSource
from service.card_formats.summary import summarise

_TEMPLATES = Path(__file__).parent / "templates"


def render(source: CardSource) -> str:
    """The page."""
    return _template().render(
        card=source.card,
        summary=summarise(source.card),
        sections=sections(source.card, source.figures),
        siblings=source.siblings,
        style=Markup((_TEMPLATES / "card.css").read_text("utf-8")),  # noqa: S704 - a file of ours
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["address"] = address
    return environment.get_template("card.html.jinja")
