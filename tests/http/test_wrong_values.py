"""Every field with every kind of wrong value: the answer is in our words, and in members for programs."""

import json
import re
from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from pydantic_core._pydantic_core import list_all_errors

from service.api.explain import ExplainOptions
from service.http.payload import JsonBody
from service.http.query import CardOptions, Options
from tests.support.pictures import RED
from tests.support.problems import check

# What pydantic would say, as far as it is always the same.
FOREIGN = {max(re.split(r"{\w+}", each["message_template_python"]), key=len) for each in list_all_errors()}
TEXTS = [
    "",
    " ",
    "abc",
    "1.0",
    "016",
    "+4",
    " 4",
    "1_0",
    "-1",
    "1e3",
    "99999999999999999999999",
    "٣",
    "-0",
    "NaN",
    "true\0",
]
ROUTES: dict[str, type[BaseModel]] = {"/predict": Options, "/explain": ExplainOptions, "/model-card": CardOptions}
VALUES: list[Any] = [
    None,
    True,
    1.5,
    1.0,
    -1,
    10_000,
    "16",
    "x",
    [],
    {},
    [1.5],
    [1.0],
    ["1"],
    [True],
    ["x"],
    [[1]],
    10**30,
]


def in_our_words(response: httpx.Response) -> dict[str, Any]:
    """The problem document; nothing in it is pydantic's."""
    document: dict[str, Any] = response.json()
    for phrase in FOREIGN:
        assert len(phrase) < 8 or phrase not in document["detail"], document
    assert document["detail"].endswith((".", "}'"))
    return document


@pytest.mark.parametrize("path", ROUTES)
def test_a_wrong_parameter_is_told_in_our_words(toy_client: httpx.Client, path: str) -> None:
    """Of each parameter each wrong text gets a sentence that begins with what it concerns, and the field and value."""
    refused = 0
    for name, field in ROUTES[path].model_fields.items():
        parameter = field.alias or name
        for text in TEXTS:
            response = toy_client.get(
                path, params={"index": "1", parameter: text} if path != "/model-card" else {parameter: text}
            )
            if response.status_code == 200:
                continue
            refused += 1
            document = in_our_words(response)
            assert response.status_code in {404, 422}
            assert document["field"] == parameter
            assert document["value"] == text.replace("\0", "\\x00")
    assert refused > 20


def test_a_wrong_json_value_is_told_in_our_words(toy_client: httpx.Client) -> None:
    """Of each JSON field each wrong value gets a sentence of ours; lists and objects are not repeated."""
    refused = 0
    for name in JsonBody.model_fields:
        for value in VALUES:
            response = toy_client.post(
                "/predict", content=json.dumps({name: value}), headers={"Content-Type": "application/json"}
            )
            if response.status_code == 200:
                continue
            refused += 1
            document = in_our_words(response)
            assert document["status"] in {400, 415, 422}
            assert "[" not in document.get("value", "")
    assert refused > 20


@pytest.mark.parametrize(("query", "members"), [
    ("index=10000", {"field": "index", "value": "10000", "limit": 9999}),
    ("index=-1", {"field": "index", "value": "-1", "limit": 0}),
    ("index=x", {"field": "index", "value": "x"}),
    ("index=1&top=11", {"field": "top", "value": "11", "limit": 10}),
    ("index=1&top=0", {"field": "top", "value": "0", "limit": 1}),
    ("index=1&fit=round", {"field": "fit", "value": "round", "allowed": ["crop", "stretch"]}),
    ("index=1&list=2", {"field": "list", "value": "2", "allowed": ["true", "false"]}),
    ("index=1&model=other", {"field": "model", "value": "other", "allowed": ["toy"]}),
    ("index=1&version=7", {"field": "version", "value": "7", "allowed": [1, 2]}),
    ("index=1&" + "a" * 100 + "=1", {"field": "a" * 64 + "…"}),
    ("index=1&model=" + "%0a%1b" * 40, {"value": "\\n\\x1b" * 32 + "…"}),
])  # fmt: skip
def test_programs_get_members(toy_client: httpx.Client, query: str, members: dict[str, Any]) -> None:
    """Beside the sentence stand the field, its value (cut and escaped), what is allowed, and the limit."""
    document = in_our_words(toy_client.get(f"/predict?{query}"))
    assert members.items() <= document.items()


@pytest.mark.parametrize(("asked", "says"), [
    ({"params": {"indx": 1}}, "Did you mean index?"),
    ({"params": {"modle": "toy"}}, "Did you mean model?"),
    ({"json": {"imgae": "x"}}, "Did you mean image?"),
    ({"json": {"index": 1, "model": "toy"}}, "(fit, top, list, strict, model and version are query parameters)."),
])  # fmt: skip
def test_a_misspelt_name_is_recognised(toy_client: httpx.Client, asked: dict[str, Any], says: str) -> None:
    """A name with a letter wrong is told which one was probably meant; one of the query in JSON, where it belongs."""
    check(toy_client.post("/predict", **asked), 422, "unknown-field", says)


@pytest.mark.parametrize("asked", [
    {"json": {"image": "https://example.org/cat.jpg"}},
    {"files": {"image": (None, "https://example.org/cat.jpg")}},
    {"files": {"image": ("cat.jpg", b"https://example.org/cat.jpg")}},
    {"content": b"https://example.org/cat.jpg", "headers": {"Content-Type": "text/plain"}},
    {"content": b"HTTP://example.org/cat.jpg", "headers": {"Content-Type": "image/jpeg"}},
])  # fmt: skip
def test_addresses_are_not_fetched(toy_client: httpx.Client, asked: dict[str, Any]) -> None:
    """Whoever sends where a picture is, in place of it, is told that it is not fetched and to send the file."""
    response = toy_client.post("/predict", **asked)
    assert response.status_code in {415, 422}
    assert "Addresses are not fetched here: download the picture and send the file itself." in response.json()["detail"]


def test_empty_fields_of_a_form_are_passed_over(toy_client: httpx.Client) -> None:
    """A field left empty, as text or as a file without a name, is as if it were not there; a form of such is empty."""
    empty: list[tuple[str, Any]] = [("file", (None, "")), ("image", (None, " ")), ("image", ("", b""))]
    alone = toy_client.post("/predict", files=[("image", ("a.png", RED))]).json()
    assert toy_client.post("/predict", files=[*empty, ("image", ("a.png", RED))]).json() == alone
    check(toy_client.post("/predict", files=empty), 400, "no-input", "form is empty")


@pytest.mark.parametrize("field", ["image", "file"])
def test_text_in_a_form_names_its_field(toy_client: httpx.Client, field: str) -> None:
    """A field with text in place of a file is called by its own name, with the other's file beside it too."""
    other = "file" if field == "image" else "image"
    response = toy_client.post("/predict", files=[(other, ("a.png", RED)), (field, (None, "string"))])
    check(response, 415, "not-an-image", f"The form's field {field} holds text")
    assert response.json()["field"] == field


@pytest.mark.parametrize("query", ["index=1.0", "index=016", "index=%2B4", "index=+4", "index=1_0", "index=4&top=03"])
def test_whole_numbers_are_written_in_one_way(toy_client: httpx.Client, query: str) -> None:
    """What only looks like a whole number is refused, and told how it is written."""
    check(toy_client.get(f"/predict?{query}"), 422, "invalid-parameter", "in plain digits: 4, not 4.0 or 04.")


def test_a_number_too_large_is_told_as_such(toy_client: httpx.Client) -> None:
    """However many digits it has, a whole number is told which test images there are, not how it is written."""
    for digits in (5, 20, 4000):
        refused = toy_client.get(f"/predict?index={'9' * digits}")
        check(refused, 422, "index-out-of-range", "There is no such test image: they go from 0 to 9999.")


@pytest.mark.parametrize(("sent", "name"), [
    ({"image": "@@", "padding": ""}, "padding"), ({"image": "@@"}, "image"), ({"image": 1}, "image"),
    ({"index": 1, "image": "@@"}, "image"),
])  # fmt: skip
def test_a_large_body_is_told_what_a_small_one_is(toy_client: httpx.Client, sent: dict[str, Any], name: str) -> None:
    """A mistake in a JSON body that is read in the decode process names its field too."""
    content = json.dumps(sent) + " " * 300_000
    refused = toy_client.post("/predict", content=content, headers={"Content-Type": "application/json"})
    assert refused.status_code == 422
    assert refused.json()["field"] == name
    assert refused.json().get("allowed") == (["index", "indices", "image"] if name == "padding" else None)


@pytest.mark.parametrize(("sent", "name", "value", "says"), [
    ({"index": 1.0}, "index", "1.0", "not 4.0 or 04"),
    ({"index": True}, "index", "true", "a whole number from 0 to 9999."),
    ({"index": 10**26}, "index", None, "index must be a whole number from 0 to 9999."),
    ({"indices": [3, 1.0]}, "indices", "1.0", "not 4.0 or 04"),
    ({"indices": [3, "1"]}, "indices", "1", "without quotes"),
    ({"indices": [True]}, "indices", "true", "Number 1 of the indices must be a whole number from 0 to 9999"),
    ({"indices": [3, 10_000]}, "indices", "10000", "Number 2 of the indices: There is no such test image"),
])  # fmt: skip
def test_whole_numbers_in_json_are_whole_numbers(
    toy_client: httpx.Client, sent: dict[str, Any], name: str, value: str | None, says: str
) -> None:
    """No 1.0, no text and no truth value passes for a number, in a list either; which of a list it was is told."""
    response = toy_client.post("/predict", json=sent)
    check(response, 422, response.json()["type"].removeprefix("/problems/"), says)
    assert (response.json()["field"], response.json().get("value")) == (name, value)
    numbers = sent.get("indices")
    assert response.json().get("position") == (numbers and len(numbers))
