"""The card's figures: each SVG file made fit to stand inside a page, and set beside its data."""

import re
from html import escape
from pathlib import Path

from service.card_formats.blocks import Block, Figure, Heading, Table

# The head of a file, Matplotlib's licence block, and its style sheet, which would style the whole page (`card.css` has
# its one rule, for figures only).
_NOT_FOR_PAGES = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL)
_SIZE = re.compile(r'\s(?:width|height)="[\d.]+pt"')
# Where an id is given and where it is used.
_ID = re.compile(r'(\bid="|\bhref="#|url\(#)')


class Drawings:
    """The card's figures, each to be set beside its data; those that nobody asked for come last."""

    def __init__(self, described: dict[str, str], folder: Path) -> None:
        self._left = dict(described)
        self._folder = folder

    def draw(self, name: str, *tables: Table) -> list[Block]:
        """The figure with its data, or the data alone where the card has no such figure."""
        tables = tuple(table for table in tables if table.rows)
        description = self._left.pop(f"{name}.svg", None)
        if description is None:
            return list(tables)
        return [self._figure(f"{name}.svg", description, *tables)]

    def rest(self) -> list[Block]:
        """Those that nobody asked for."""
        others = [self._figure(file, description) for file, description in self._left.items()]
        return [Heading("Other figures"), *others] if others else []

    def _figure(self, file: str, description: str, *tables: Table) -> Figure:
        # A card names files in its own folder, and nothing above it.
        path = self._folder / Path(file).name
        return Figure(path.stem, description, _inline(path, path.stem, description), list(tables))


def _inline(path: Path, name: str, description: str) -> str | None:
    """The drawing in a file, with a text alternative and with ids that no other figure has; None if there is no file.

    Args:
        path: of the SVG file. It is trusted as the model beside it is; the page's policy lets no script run anyway.
        name: distinguishes the figure from others in the page.
        description: the text alternative.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    text = _ID.sub(rf"\g<1>{name}-", _NOT_FOR_PAGES.sub("", text)).strip()
    head, _, rest = text.partition(">")
    title = f"{name}-title"
    head = f'{_SIZE.sub("", head)} role="img" aria-labelledby="{title}"'
    return f'{head}><title id="{title}">{escape(description)}</title>{rest}'
