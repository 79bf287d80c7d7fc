"""What users do with `/predict` and its neighbours, over real HTTP."""

import base64
import io
import json

import httpx
import numpy as np
import pytest
from PIL import Image

from models.cifar10_test import LABELS, TestSplit
from tests import toy
from tests.pictures import encode, photo, plain

FIRST_TWENTY = [
    "cat", "ship", "ship", "airplane", "frog", "frog", "automobile", "frog", "cat", "automobile",
    "airplane", "truck", "dog", "horse", "truck", "ship", "dog", "horse", "ship", "frog",
]  # fmt: skip
RED = encode(plain((255, 0, 0)))
BLUE = encode(plain((0, 0, 255)))


def answer(response: httpx.Response) -> dict[str, object]:
    assert response.status_code == 200, response.text
    body: dict[str, object] = response.json()
    return body


def test_a_test_image_is_answered_with_its_truth(client: httpx.Client) -> None:
    """Index 16 gives ten probabilities that add up to 1, the true label dog, and whether the model was right."""
    body = client.get("/predict", params={"index": 16}).json()
    assert body["truth"]["label"] == "dog"
    assert body["truth"]["correct"] == (body["label"] == "dog")
    assert list(body["probabilities"]) == list(LABELS)
    assert sum(body["probabilities"].values()) == pytest.approx(1, abs=1e-5)  # ten roundings to six decimals
    assert body["label"] == max(body["probabilities"], key=body["probabilities"].get) == LABELS[body["class_index"]]
    assert body["probability"] == body["probabilities"][body["label"]]
    assert body["model"] == {"name": "seminar-cnn", "version": 1}
    assert body["input"] == {"source": "index", "index": 16, "width": 32, "height": 32, "fit": "none"}


def test_indices_are_the_canonical_ones(client: httpx.Client) -> None:
    """Indices 0 to 19 have the labels that CIFAR-10's test split has there."""
    body = client.post("/predict", json={"indices": list(range(20))}).json()
    assert [prediction["truth"]["label"] for prediction in body["predictions"]] == FIRST_TWENTY


def test_an_answer_worked_out_by_hand(toy_client: httpx.Client) -> None:
    """The toy model, sent a red picture, gives the probability e^4 / (e^4 + 9) for its first class (six decimals)."""
    body = answer(toy_client.post("/predict", files={"image": RED}))
    assert body["label"] == "airplane"
    assert body["class_index"] == 0
    assert body["probability"] == pytest.approx(toy.RED, abs=1e-6)
    assert body["confident"] is True
    assert "truth" not in body
    assert body["input"] == {"source": "upload", "format": "PNG", "width": 32, "height": 32, "fit": "none"}


def test_confident_means_that_the_cards_threshold_is_reached(toy_client: httpx.Client) -> None:
    """A grey picture gives the toy three equal likeliest classes, each below the threshold of 0.5: not confident."""
    body = answer(toy_client.post("/predict", files={"image": encode(plain((255, 255, 255)))}))
    assert body["probability"] == pytest.approx(np.exp(4) / (3 * np.exp(4) + 7), abs=1e-6)
    assert body["confident"] is False


@pytest.mark.parametrize("name", ["image", "file"])
def test_every_way_of_sending_a_picture_gives_the_same_answer(toy_client: httpx.Client, name: str) -> None:
    """A form (field image or file), bare bytes, base64 and a data URL are answered alike."""
    expected = answer(toy_client.post("/predict", files={name: ("red.png", RED)}))
    text = base64.b64encode(RED).decode()
    for response in (
        toy_client.post("/predict", content=RED, headers={"Content-Type": "image/png"}),
        toy_client.post("/predict", content=RED, headers={"Content-Type": "image/jpeg"}),  # the bytes decide
        toy_client.post("/predict", json={"image": text}),
        toy_client.post("/predict", json={"image": f"data:image/png;base64,{text}"}),
    ):
        assert answer(response) == expected


def test_a_body_in_chunks_without_a_length_is_read(toy_client: httpx.Client) -> None:
    """A picture streamed with chunked encoding is answered as the same picture sent whole."""
    pieces = (RED[i : i + 7] for i in range(0, len(RED), 7))
    response = toy_client.post("/predict", content=pieces, headers={"Content-Type": "image/png"})
    assert answer(response)["label"] == "airplane"


def test_a_batch_is_answered_in_the_order_sent(toy_client: httpx.Client) -> None:
    """Three files in one form give three answers in their order; indices likewise, repeated ones too."""
    files = [("image", BLUE), ("image", RED), ("file", BLUE)]
    body = toy_client.post("/predict", files=files).json()
    assert [prediction["label"] for prediction in body["predictions"]] == ["bird", "airplane", "bird"]
    body = toy_client.post("/predict", json={"indices": [7, 3, 7]}).json()
    assert [prediction["input"]["index"] for prediction in body["predictions"]] == [7, 3, 7]


def test_a_list_of_one_index_is_a_batch(toy_client: httpx.Client) -> None:
    """`indices` is always answered with a list, `index` never."""
    assert len(toy_client.post("/predict", json={"indices": [5]}).json()["predictions"]) == 1
    assert toy_client.post("/predict", json={"index": 5}).json()["input"]["index"] == 5
    assert toy_client.post("/predict", params={"index": 5}).json()["input"]["index"] == 5


def test_a_batch_is_answered_as_its_images_one_by_one(client: httpx.Client) -> None:
    """Predictions do not depend on the company they are in: 70 indices at once equal 70 requests (within 2e-6)."""
    together = client.post("/predict", json={"indices": list(range(70))}).json()["predictions"]
    for index, prediction in enumerate(together):
        alone = client.get("/predict", params={"index": index}).json()
        assert alone["label"] == prediction["label"]
        assert list(alone["probabilities"].values()) == pytest.approx(
            list(prediction["probabilities"].values()), abs=2e-6
        )


def test_top_lists_the_likeliest_first(client: httpx.Client) -> None:
    """`top=3` lists the three likeliest classes, falling."""
    whole = client.get("/predict", params={"index": 16}).json()["probabilities"]
    top = client.get("/predict", params={"index": 16, "top": 3}).json()["probabilities"]
    expected = sorted(whole.items(), key=lambda item: -item[1])[:3]
    assert list(top.items()) == expected


def test_fit_chooses_what_the_model_sees(toy_client: httpx.Client) -> None:
    """Of a wide picture that is red in the middle and blue at both ends, crop sees only red, stretch mostly blue."""
    image = plain((0, 0, 255), (160, 32))
    image.paste((255, 0, 0), (64, 0, 96, 32))
    content = encode(image)
    assert answer(toy_client.post("/predict", files={"image": content}))["label"] == "airplane"
    stretched = answer(toy_client.post("/predict", params={"fit": "stretch"}, files={"image": content}))
    assert stretched["label"] == "bird"
    assert stretched["input"] == {"source": "upload", "format": "PNG", "width": 160, "height": 32, "fit": "stretch"}


def test_model_and_version_choose_who_answers(toy_client: httpx.Client) -> None:
    """The highest version answers unless another is asked for."""
    for query, version in (({}, 2), ({"model": "toy"}, 2), ({"version": 1}, 1), ({"model": "toy", "version": 1}, 1)):
        response = toy_client.get("/predict", params={"index": 1, **query})
        assert answer(response)["model"] == {"name": "toy", "version": version}


def test_a_large_photo_in_a_thread_is_answered_as_a_small_one(client: httpx.Client) -> None:
    """A photograph of 2 megapixels gets an answer that says its size."""
    body = answer(client.post("/predict", files={"image": encode(photo(1600, 1200), "JPEG", quality=85)}))
    assert body["input"] == {"source": "upload", "format": "JPEG", "width": 1600, "height": 1200, "fit": "crop"}


def test_the_test_image_itself(client: httpx.Client) -> None:
    """`/images/{index}.png` is the embedded test image, bit for bit, and is not sent twice to who has it."""
    response = client.get("/images/16.png")
    assert response.headers["content-type"] == "image/png"
    assert (np.asarray(Image.open(io.BytesIO(response.content))) == TestSplit().read([16])[0][0]).all()
    again = client.get("/images/16.png", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_test_image_posted_is_answered_as_by_its_index(client: httpx.Client) -> None:
    """Downloading test image 16 and posting it gives the probabilities that its index gives."""
    by_index = client.get("/predict", params={"index": 16}).json()
    posted = client.post("/predict", files={"image": client.get("/images/16.png").content}).json()
    assert posted["probabilities"] == by_index["probabilities"]


def test_health_says_ready_and_with_what(client: httpx.Client) -> None:
    """`/health` names the model and the digest that its card states."""
    body = client.get("/health").json()
    card = client.get("/model-card").json()
    assert body == {
        "status": "ready",
        "model": {"name": "seminar-cnn", "version": 1, "sha256": card["model_details"]["sha256"]},
    }


def test_the_models_are_listed(toy_client: httpx.Client) -> None:
    """`/models` lists each version with its digest and description; one of them is the default."""
    listed = toy_client.get("/models").json()["models"]
    assert [(model["name"], model["version"], model["default"]) for model in listed] == [
        ("toy", 1, False),
        ("toy", 2, True),
    ]
    assert all(model["description"] == "A toy for tests." and len(model["sha256"]) == 64 for model in listed)


def test_the_model_card_is_the_one_of_the_model_asked_for(toy_client: httpx.Client) -> None:
    """`/model-card` takes model and version as `/predict` does."""
    assert toy_client.get("/model-card").json()["model_details"]["version"] == 2
    assert toy_client.get("/model-card", params={"version": 1}).json()["model_details"]["version"] == 1


def test_a_card_is_sent_once(toy_client: httpx.Client) -> None:
    """`/model-card` has an ETag; who sends it back gets 304 and no body, and another model's card another ETag."""
    first = toy_client.get("/model-card")
    again = toy_client.get("/model-card", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert toy_client.get("/model-card?version=1").headers["etag"] != first.headers["etag"]


def test_the_card_keeps_to_its_published_schema(client: httpx.Client) -> None:
    """Every served model's card validates against /model-card/schema, and one with a field left out does not."""
    from jsonschema import Draft202012Validator, ValidationError  # noqa: PLC0415

    validator = Draft202012Validator(client.get("/model-card/schema").json())
    for model in client.get("/models").json()["models"]:
        card = client.get("/model-card", params={"model": model["name"]}).json()
        validator.validate(card)
    del card["privacy"]
    with pytest.raises(ValidationError, match="'privacy' is a required property"):
        validator.validate(card)


def test_answers_keep_to_the_published_schema(client: httpx.Client) -> None:
    """The answer to an index and to an upload validate against /openapi.json's Prediction (JSON Schema 2020-12)."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    document = client.get("/openapi.json").json()
    schema = {"$ref": "#/components/schemas/Prediction", "components": document["components"]}
    validator = Draft202012Validator(schema)
    for response in (client.get("/predict?index=16"), client.post("/predict", files={"image": RED})):
        validator.validate(answer(response))
    with pytest.raises(Exception, match="is a required property"):
        validator.validate({})


def test_every_status_is_in_the_documentation(client: httpx.Client) -> None:
    """/openapi.json lists for /predict every status that it can give, each with an example or schema."""
    paths = client.get("/openapi.json").json()["paths"]
    common = {"200", "400", "401", "404", "422", "503"}
    assert set(paths["/predict"]["get"]["responses"]) == common
    assert set(paths["/predict"]["post"]["responses"]) == common | {"408", "413", "415"}
    for status, described in paths["/predict"]["post"]["responses"].items():
        (content,) = (
            described["content"].values() if status == "200" else [described["content"]["application/problem+json"]]
        )
        assert content.get("examples") or content.get("schema"), json.dumps(described)


def test_the_documentation_page_needs_no_other_host(client: httpx.Client) -> None:
    """/docs refers to no address outside the service, and what it refers to is there."""
    page = client.get("/docs").text
    assert "https://" not in page
    for path in ("/static-offline-docs/swagger-ui-bundle.js", "/static-offline-docs/swagger-ui.css"):
        assert path in page
        assert client.get(path).status_code == 200
