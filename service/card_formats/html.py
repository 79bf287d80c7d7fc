"""The card as a page for a browser: no script, and nothing to be fetched from anywhere."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from service.card.form import Source
from service.card.sections import sections
from service.card.summary import summarise

_TEMPLATES = Path(__file__).parent / "templates"


def render(source: Source) -> str:
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
    return environment.get_template("card.html.jinja")
