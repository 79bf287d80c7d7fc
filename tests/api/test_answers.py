"""What `/answers` says about all test images."""

from typing import Any

import httpx
import numpy as np
import pytest

from models.cifar10_test import LABELS
from tests.support.answers import body


def test_all_answers_are_those_of_predict(client: httpx.Client, every_answer: list[dict[str, Any]]) -> None:
    """/answers has for each of 10,000 images the label and truth of /predict, and the card's accuracy comes of them."""
    response = client.get("/answers")
    found = body(response)
    assert found["labels"] == list(LABELS)
    assert found["answers"] == [prediction["class_index"] for prediction in every_answer]
    assert found["truths"] == [LABELS.index(prediction["truth"]["label"]) for prediction in every_answer]
    assert len(found["answers"]) == 10_000
    (listed,) = (model for model in body(client.get("/models"))["models"] if model["default"])
    assert np.mean(np.equal(found["answers"], found["truths"])) == pytest.approx(listed["accuracy"]["value"])
    again = client.get("/answers", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
