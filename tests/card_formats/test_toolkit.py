"""The card in the fields of model-card-toolkit keeps to that library's own schema."""

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft7Validator, ValidationError

from tests.support import cards
from tests.support.answers import body
from tests.support.cards import MODELS


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    """model-card-toolkit's own schema, out of its package, which is installed and never imported.

    One of its references, "#definitions/graphic", lacks the slash after the #, so that it refers to nothing; it is
    mended here, as jsonschema would else fail at the first picture. Ours has no pictures; a broken card may.
    """
    (file,) = (
        path
        for path in metadata.files("model-card-toolkit") or []
        if str(path).endswith("schema/v0.0.2/model_card.schema.json")
    )
    text = Path(str(file.locate())).read_text()
    assert text.count('"#definitions/') == 1
    return Draft7Validator(json.loads(text.replace('"#definitions/', '"#/definitions/')))


@pytest.mark.parametrize("model", MODELS)
def test_the_toolkits_form_is_valid(client: httpx.Client, schema: Draft7Validator, model: str) -> None:
    """`?format=mct` validates against model-card-toolkit's own schema, and has every number of the card."""
    document = body(client.get("/model-card", params={"model": model, "format": "mct"}))
    schema.validate(document)
    metrics = document["quantitative_analysis"]["performance_metrics"]
    assert [each["value"] for each in metrics] == [
        str(number["value"]) if number["value"] is not None else f"not measured: {number['reason']}"
        for number in cards.numbers(cards.card(model).model_dump())
    ]
    distinct = {(each["type"], each["slice"]) for each in metrics}
    assert len(distinct) == len(metrics)


@pytest.mark.parametrize(("where", "wrong"), [
    (("quantitative_analysis", "performance_metrics", 0, "value"), 0.64),
    (("model_details", "name"), 1),
    (("considerations", "limitations"), "none"),
    (("quantitative_analysis", "graphics", "collection"), [{"image": 1}]),
    (("surplus",), "x"),
])  # fmt: skip
def test_a_broken_toolkit_form_is_not_valid(
    client: httpx.Client, schema: Draft7Validator, where: tuple[str | int, ...], wrong: object
) -> None:
    """The validation above notices a number that is no string, a list that is none, and a field that is unknown."""
    document: Any = body(client.get("/model-card", params={"format": "mct"}))
    inner = document
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = wrong
    with pytest.raises(ValidationError):
        schema.validate(document)
