"""A page taken to pieces."""

from collections import Counter
from functools import cached_property
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use", "rect"}


class ParsedPage(HTMLParser):
    """A page's parts; complains where a tag is closed that is not the one that was opened last.

    Attributes:
        tags: how often each occurs.
        ids: of elements, in their order.
        links: where they lead.
        values: of `data` elements.
        attributes: all of them, with their values.
        texts: between the tags, styles left out.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.values: list[float] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    @cached_property
    def text(self) -> str:
        """All that it says, as it reads."""
        return as_read(" ".join(self.texts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        self._note(tag, attrs)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Called by the parser."""
        if tag not in _VOID:
            assert self._open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        """Called by the parser."""
        if self._open and self._open[-1] != "style":
            self.texts.append(data)

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            self.attributes.append((name, value or ""))
            if name == "id":
                self.ids.append(value or "")
            if name in {"href", "xlink:href", "src"}:
                self.links.append(value or "")
            if tag == "data" and name == "value":
                self.values.append(float(value or "nan"))


def as_read(text: str) -> str:
    """Text as it reads, whatever the spaces and the size of its letters."""
    return " ".join(text.split()).casefold()
