"""Whether a card's page says all that the card holds."""

from collections import Counter
from typing import Any

from models.card import Card
from tests.support import cards
from tests.support.parsed_page import ParsedPage, as_read


def check_numbers(page: ParsedPage, card: Card) -> None:
    """Each number of the card is in the page to its last digit as often as it is in the card, with interval and n."""
    shown = Counter(page.values)
    for number in cards.numbers(card.model_dump()):
        if number["value"] is None:
            assert as_read(f"not measured: {number['reason']}") in page.text
        else:
            shown[number["value"]] -= 1
        if number["ci"]:
            shown[number["ci"]["lower"]] -= 1
            shown[number["ci"]["upper"]] -= 1
            assert f"{number['ci']['level'] * 100:g} % interval by {number['ci']['method']}".casefold() in page.text
        if number["n"] is not None:
            assert f"n = {number['n']:,}" in page.text
    assert min(shown.values()) >= 0


def left_out(page: ParsedPage, card: Card) -> list[tuple[str, Any]]:
    """What the card says, be it text, count or value, and the page does not."""
    return [(path, leaf) for path, leaf in cards.leaves(card.model_dump()) if not _said(page, path, leaf)]


def _said(page: ParsedPage, path: str, leaf: Any) -> bool:
    if isinstance(leaf, bool):
        return True  # in words: "repaired", "Called confident: yes", "right", "wrong"
    if path.endswith(".url"):
        return leaf in page.links or not leaf.startswith("http")
    if isinstance(leaf, str):
        # "class = dog" is not repeated in the row "dog".
        text = as_read(leaf.replace("not_measured", "not measured"))
        return text in page.text or (path.endswith(".slice") and text.rpartition("= ")[2] in page.text)
    return leaf in page.values or f"{leaf:,}" in page.text or str(leaf) in page.text or path.endswith(".level")
