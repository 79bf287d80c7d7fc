"""A number in a card comes with what it rests on."""

import pytest

from models.measurement import Number


@pytest.mark.parametrize("wrong", [
    {"value": 0.5, "method": "m", "status": "measured"},
    {"value": 0.5, "method": "m", "status": "cited"},
    {"value": None, "method": "m", "status": "measured", "n": 1},
    {"value": None, "method": "m", "status": "not_measured"},
    {"value": 0.5, "method": "m", "status": "guessed", "n": 1},
])  # fmt: skip
def test_a_number_without_what_it_rests_on_is_refused(wrong: dict[str, object]) -> None:
    """A measured number needs its n, a cited one its source, a missing one its reason, and no other status exists."""
    with pytest.raises(ValueError, match="1 validation error"):
        Number.model_validate(wrong)


def test_a_whole_number_is_taken() -> None:
    """A number with all that it rests on is taken, so that the refusals above are for what they say."""
    assert Number.model_validate({"value": 0.5, "method": "m", "status": "measured", "n": 1, "split": "test"}).n == 1
