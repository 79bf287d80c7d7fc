"""Each model's card, in the form that a client would rather have, sent once."""

import gzip

import httpx
import pytest
from jsonschema import Draft7Validator, Draft202012Validator, ValidationError

from tests.support.answers import body
from tests.support.cards import CHROMIUM, FORMS, JSON, MODELS
from tests.support.problems import check


def test_the_model_card_is_the_one_of_the_model_asked_for(toy_client: httpx.Client) -> None:
    """`/model-card` takes model and version as `/predict` does."""
    assert body(toy_client.get("/model-card"))["model_details"]["version"] == 2
    assert body(toy_client.get("/model-card?version=1"))["model_details"]["version"] == 1
    assert body(toy_client.get("/model-card?model=toy&version=1"))["model_details"]["version"] == 1


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_sent_once(client: httpx.Client, name: str) -> None:
    """`format` overrules Accept; plain and compressed have ETags of their own, and who sends one back gets 304."""
    tags = set()
    address = f"/model-card?format={name}"
    for encoding in ("identity", "gzip"):
        headers = {"Accept": "text/x-nothing", "Accept-Encoding": encoding}
        first = client.get(address, headers=headers)
        assert first.headers["content-type"].partition(";")[0] == FORMS[name]
        tags.add(first.headers["etag"])
        for sent in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
            again = client.get(address, headers=headers | {"If-None-Match": sent})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]
            assert again.headers["vary"] == "Accept, Accept-Encoding"
            assert "content-encoding" not in again.headers
        other = client.get(address, headers=headers | {"If-None-Match": '"other"'})
        assert other.status_code == 200
        assert int(other.headers["content-length"]) > 1000
    assert len(tags) == 2


def test_no_two_documents_share_an_etag(client: httpx.Client) -> None:
    """Every form of every model's card has an ETag of its own."""
    tags = [
        client.get("/model-card", params={"model": model, "format": name}).headers["etag"]
        for model in MODELS
        for name in FORMS
    ]
    assert len(set(tags)) == len(MODELS) * len(FORMS)


def test_compressed_is_much_smaller(client: httpx.Client) -> None:
    """The card's JSON and page take less than a quarter of their bytes when compressed, and unpack to the same."""
    for name in ("json", "html"):
        sent = {}
        for encoding in ("identity", "gzip"):
            headers = {"Accept-Encoding": encoding}
            with client.stream("GET", f"/model-card?format={name}", headers=headers) as response:
                sent[encoding] = b"".join(response.iter_raw())
        assert len(sent["gzip"]) < len(sent["identity"]) / 4
        assert gzip.decompress(sent["gzip"]) == sent["identity"]


def test_a_form_that_does_not_exist_is_told(client: httpx.Client) -> None:
    """`?format=xml` is 422 and names the forms there are."""
    response = client.get("/model-card?format=xml")
    for name in FORMS:
        check(response, 422, "invalid-parameter", name)


def test_the_documentation_names_every_form(client: httpx.Client) -> None:
    """/openapi.json has the parameter `format` and all media types, the toolkit's fields among the JSON."""
    document = body(client.get("/openapi.json"))
    described = document["paths"]["/model-card"]["get"]
    (parameter,) = (each for each in described["parameters"] if each["name"] == "format")
    assert parameter["schema"]["anyOf"][0]["enum"] == list(FORMS)
    content = described["responses"]["200"]["content"]
    assert set(content) == set(FORMS.values())
    schema = {**content[JSON]["schema"], "components": document["components"]}
    for name in ("json", "mct"):
        Draft7Validator(schema).validate(body(client.get(f"/model-card?format={name}")))


def test_the_page_lets_nothing_in(client: httpx.Client) -> None:
    """The page's policy allows styles in the page and the service's own images, and nothing else, from nowhere."""
    policy = client.get("/model-card", headers={"Accept": CHROMIUM}).headers.get_list("content-security-policy")
    assert policy == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ]


def test_the_card_keeps_to_its_published_schema(client: httpx.Client) -> None:
    """Every served model's card validates against /model-card/schema, and one with a field left out does not."""
    validator = Draft202012Validator(body(client.get("/model-card/schema")))
    for model in MODELS:
        card = body(client.get("/model-card", params={"model": model}))
        validator.validate(card)
    del card["privacy"]
    with pytest.raises(ValidationError, match="'privacy' is a required property"):
        validator.validate(card)
