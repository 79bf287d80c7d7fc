"""What is worked on at once, and what is not."""

import pytest

from service.inference.predictor import Predictor
from tests.support import hostile
from tests.support.pictures import encode, photo, plain

SMALL = encode(photo(32, 32))
ICON = encode(photo(96, 96), "JPEG")


@pytest.mark.parametrize(("contents", "is_plain", "cheap"), [
    ([SMALL] * 8, True, True),
    ([SMALL] * 9, True, False),
    ([ICON], True, True),
    ([ICON, SMALL], True, False),
    ([encode(plain((9, 9, 9), (256, 256)))], True, False),
    ([encode(plain(0, (256, 256), "1"))], True, False),
    ([encode(plain((9, 9, 9, 9), (256, 256), "RGBA"))] * 8, True, False),
    ([hostile.png_of_16_bits(32)], False, False),
    ([SMALL, hostile.png_of_16_bits(256)], False, False),
    ([SMALL, b""], False, False),
])  # fmt: skip
def test_few_pixels_are_cheap(contents: list[bytes], is_plain: bool, cheap: bool) -> None:
    """At most eight plain pictures with at most 96 x 96 pixels together are decoded at once, whatever their bytes."""
    asked = Predictor.ask([], contents)
    assert (asked.plain, asked.cheap) == (is_plain, cheap)


def test_indices_and_json_are_told_apart() -> None:
    """Eight test images are cheap, nine are not; what is wrapped in JSON never is."""
    assert Predictor.ask(range(8), []).cheap
    assert not Predictor.ask(range(9), []).cheap
    wrapped = Predictor.ask([], [b"{}"], in_json=True)
    assert not wrapped.plain
    assert not wrapped.cheap
