"""Figures in answers: one rounding, and one form of interval."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.answers import body

ASKED = ["/predict?index=16", "/explain?index=16", "/models"]


def intervals(part: Any) -> Iterator[dict[str, Any] | None]:
    """Everything called `ci` in an answer."""
    if isinstance(part, dict):
        yield from (value for name, value in part.items() if name == "ci")
    if isinstance(part, list | dict):
        for each in part if isinstance(part, list) else part.values():
            yield from intervals(each)


@pytest.mark.parametrize("address", ASKED)
def test_intervals_have_one_form(client: httpx.Client, address: str) -> None:
    """Wherever an answer has an interval, it has the card's four fields."""
    found = list(intervals(body(client.get(address))))
    assert found
    for each in found:
        assert each is not None
        assert list(each) == ["lower", "upper", "level", "method"]


@pytest.mark.parametrize("address", ["/predict?index=16", "/explain?index=16"])
def test_figures_have_one_rounding(client: httpx.Client, address: str) -> None:
    """No figure of an answer has more than six decimals, and some have all six."""
    decimals = [len(each) for each in re.findall(r"\d\.(\d+)(?![\d.e])", client.get(address).text)]
    assert max(decimals) == 6


def test_models_link_their_cards(client: httpx.Client) -> None:
    """Every model of /models says where its card is, and there it is, with the digest that /models gives."""
    models = body(client.get("/models"))["models"]
    assert models
    for model in models:
        card = body(client.get(model["card"], headers={"Accept": "application/json"}))
        assert card["model_details"]["sha256"] == model["sha256"]
        accuracy = card["quantitative_analyses"]["splits"]["test"]["accuracy"]
        assert {name: accuracy[name] for name in ("value", "n")} == pytest.approx(
            {name: model["accuracy"][name] for name in ("value", "n")}, abs=1e-6
        )
        assert model["accuracy"]["ci"] == pytest.approx(accuracy["ci"], abs=1e-6)
