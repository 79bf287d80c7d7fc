"""Answers about test images are the same until the model, its card or the program changes: asked again, 304."""

import json
from pathlib import Path

import httpx
import pytest

from service.inference.identity import digest_of_program
from tests.support import serving, toy
from tests.support.answers import body
from tests.support.pictures import RED
from tests.support.serving import Service

ASKED = ["/predict?index=16", "/predict?index=16&top=3&list=true", "/explain?index=16", "/explain?index=16&format=png"]
KEY = {"Authorization": "Bearer first-key"}


@pytest.mark.parametrize("address", ASKED)
def test_an_answer_that_is_known_is_not_sent_again(client: httpx.Client, address: str) -> None:
    """With its ETag in If-None-Match, alone, in a list or as *, the answer is 304 and empty; else it is whole."""
    first = client.get(address)
    tag = first.headers["etag"]
    assert first.status_code == 200
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = client.get(address, headers={"If-None-Match": 'W/"other"'})
    assert (other.status_code, other.content) == (200, first.content)
    assert client.head(address).headers["etag"] == tag


def test_what_was_asked_is_in_the_tag(client: httpx.Client) -> None:
    """Another image, model, form or kind of question has another ETag."""
    asked = [*ASKED, "/predict?index=17", "/predict?index=16&model=missing-dog", "/explain?index=16&class=cat"]
    tags = {client.get(address).headers["etag"] for address in asked}
    assert len(tags) == len(asked)


def test_a_mended_card_has_another_tag(tmp_path: Path) -> None:
    """After a restart the ETag is the same; after a change of one word in the card it is another."""
    folder = toy.write(tmp_path)
    tags = []

    def ask() -> str:
        with serving.start(models=tmp_path, model="toy") as service:
            return service.client.get("/predict?index=16").headers["etag"]

    tags += [ask(), ask()]
    path = folder / "card.json"
    card = json.loads(path.read_text())
    card["model_details"]["description"] += " Mended."
    path.write_text(json.dumps(card))
    tags.append(ask())
    assert tags[0] == tags[1] != tags[2]


def test_the_program_is_in_the_tag(tmp_path: Path) -> None:
    """A change in a module of the service changes what every ETag is made from; a new file of another kind does not."""
    for name in ("models", "service"):
        (tmp_path / name).mkdir()
    module = tmp_path / "service" / "module.py"
    module.write_text("answer = 1\n")
    before = digest_of_program(tmp_path)
    (tmp_path / "service" / "notes.txt").write_text("nothing")
    assert digest_of_program(tmp_path) == before
    module.write_text("answer = 2\n")
    assert digest_of_program(tmp_path) != before


def test_answers_are_kept_by_nobody_else_where_keys_are_wanted(client: httpx.Client, guarded: Service) -> None:
    """An answer may be kept and is to be asked for again each time; with keys only by the client itself."""
    for address in ("/predict?index=16", "/explain?index=16", "/answers"):
        assert client.get(address).headers["cache-control"] == "no-cache"
        answer = guarded.client.get(address, headers=KEY)
        assert answer.headers["cache-control"] == "private, no-cache"
        known = guarded.client.get(address, headers=KEY | {"If-None-Match": answer.headers["etag"]})
        assert (known.status_code, known.headers["cache-control"]) == (304, "private, no-cache")
        assert guarded.client.get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 401


def test_a_wrong_question_is_refused_whatever_is_known(client: httpx.Client) -> None:
    """If-None-Match: * does not make an answer of a question that has none."""
    for address in ("/predict?index=10000", "/explain?index=1&class=person", "/explain?index=1&patch=2&stride=3"):
        assert client.get(address, headers={"If-None-Match": "*"}).status_code == 422


def test_every_answer_names_its_model(client: httpx.Client) -> None:
    """Whatever a model answers carries the digest of its model.onnx, which its card has too."""
    for model in ("seminar-cnn", "missing-dog"):
        card = body(client.get("/model-card", params={"model": model, "format": "json"}))
        files = [("image", RED), ("image", RED)]
        for response in (
            client.get(f"/predict?index=1&model={model}"),
            client.get(f"/predict?index=1&model={model}", headers={"If-None-Match": "*"}),
            client.post(f"/predict?model={model}", files={"image": RED}),
            client.post(f"/predict?model={model}", files=files),
            client.post(f"/predict?model={model}", json={"indices": list(range(20))}),
            client.get(f"/explain?index=1&model={model}"),
            client.get(f"/explain?index=1&model={model}&format=png"),
            client.post(f"/explain?model={model}", files={"image": RED}),
            client.get(f"/answers?model={model}"),
        ):
            assert response.headers["x-model-sha256"] == card["model_details"]["sha256"]


def test_what_is_posted_has_no_tag(client: httpx.Client) -> None:
    """An answer to a POST is for that once: it has no ETag, and If-None-Match changes nothing."""
    response = client.post("/predict?index=16", headers={"If-None-Match": "*"})
    assert response.status_code == 200
    assert "etag" not in response.headers
