"""A figure's SVG file made fit to stand inside a page, beside others of its kind."""

import re
from html import escape
from pathlib import Path

# The head of a file, Matplotlib's licence block, and its style sheet, which would style the whole page (`card.css` has
# its one rule, for figures only).
_NOT_FOR_PAGES = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL)
_SIZE = re.compile(r'\s(?:width|height)="[\d.]+pt"')
# Where an id is given and where it is used.
_ID = re.compile(r'(\bid="|\bhref="#|url\(#)')


def inline(path: Path, name: str, description: str) -> str | None:
    """The drawing in a file, with a text alternative and with ids that no other figure has; None if there is no file.

    Args:
        path: of the SVG file. It is trusted as the model beside it is; the page's policy lets no script run anyway.
        name: distinguishes the figure from others in the page.
        description: the text alternative.
    """
    try:
        text = path.read_text()
    except OSError:
        return None
    text = _ID.sub(rf"\g<1>{name}-", _NOT_FOR_PAGES.sub("", text)).strip()
    head, _, rest = text.partition(">")
    title = f"{name}-title"
    head = f'{_SIZE.sub("", head)} role="img" aria-labelledby="{title}"'
    return f'{head}><title id="{title}">{escape(description)}</title>{rest}'
