"""The card as a page for a browser: no script, and nothing to be fetched from anywhere."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from models.card import Card
from service.card.sections import sections
from service.card.summary import summarise

_TEMPLATES = Path(__file__).parent / "templates"

# The drawings style their parts by attributes, so that styles inside the page have to be let through.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Sibling:
    """Another card that is served."""

    name: str
    version: int


def render(card: Card, figures: Path, siblings: list[Sibling]) -> str:
    """The page.

    Args:
        card: the card.
        figures: the folder with its figures.
        siblings: all cards that are served, this one among them; they are linked to.
    """
    return _template().render(
        card=card, summary=summarise(card), sections=sections(card, figures), siblings=siblings,
        style=Markup((_TEMPLATES / "card.css").read_text()),  # noqa: S704 - a file of ours
    )  # fmt: skip


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("card.html.jinja")
