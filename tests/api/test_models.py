"""Which models there are, and the figures to read their answers by."""

import httpx

from models.repository import FOLDER
from tests.support import cards
from tests.support.answers import body


def test_the_models_are_listed(toy_client: httpx.Client) -> None:
    """`/models` lists each version with its digest and description; one of them is the default."""
    listed = body(toy_client.get("/models"))["models"]
    assert [(model["name"], model["version"], model["default"]) for model in listed] == [
        ("toy", 1, False),
        ("toy", 2, True),
    ]
    assert all(model["description"] == "A toy for tests." and len(model["sha256"]) == 64 for model in listed)


def test_every_shipped_model_answers(client: httpx.Client) -> None:
    """Every model folder of the repository is listed with the digest on its card, and answers by its name."""
    listed = {model["name"]: model for model in body(client.get("/models"))["models"]}
    assert sorted(listed) == cards.MODELS
    assert len(listed) == len(list(FOLDER.glob("*/*/card.json")))
    for name, model in listed.items():
        assert model["sha256"] == cards.card(name).model_details.sha256
        answer = body(client.get("/predict", params={"index": 0, "model": name, "version": cards.VERSION}))
        assert answer["model"] == {"name": name, "version": cards.VERSION}


def test_the_models_come_with_the_figures_to_read_them_by(client: httpx.Client, toy_client: httpx.Client) -> None:
    """/models carries the card's threshold and accuracy with its interval; null where a card has none."""
    card = body(client.get("/model-card", headers={"Accept": "application/json"}))
    (listed,) = (model for model in body(client.get("/models"))["models"] if model["default"])
    measured = card["quantitative_analyses"]["splits"]["test"]["accuracy"]
    assert listed["threshold"] == card["metrics"]["decision"]["threshold"]["value"]
    assert listed["accuracy"] == {
        "value": measured["value"],
        "ci": {**measured["ci"], **{end: round(measured["ci"][end], 6) for end in ("lower", "upper")}},
        "n": measured["n"],
    }
    assert body(toy_client.get("/models"))["models"][0]["accuracy"] is None
