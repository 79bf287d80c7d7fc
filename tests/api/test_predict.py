"""What users do with `/predict`, over real HTTP."""

import base64

import httpx
import numpy as np
import pytest

from models.cifar10_test import LABELS
from tests.support import cards, toy
from tests.support.answers import body, predictions
from tests.support.pictures import BLUE, RED, WHITE, encode, photo, plain

FIRST_TWENTY = [
    "cat", "ship", "ship", "airplane", "frog", "frog", "automobile", "frog", "cat", "automobile",
    "airplane", "truck", "dog", "horse", "truck", "ship", "dog", "horse", "ship", "frog",
]  # fmt: skip


def test_a_test_image_is_answered_with_its_truth(client: httpx.Client) -> None:
    """Index 16 gives ten probabilities that add up to 1, the true label dog, and whether the model was right."""
    answer = body(client.get("/predict", params={"index": 16}))
    assert answer["truth"]["label"] == "dog"
    assert answer["truth"]["correct"] == (answer["label"] == "dog")
    assert list(answer["probabilities"]) == list(LABELS)
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)  # ten roundings to six decimals
    assert answer["label"] == LABELS[answer["class_index"]]
    assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)
    assert answer["probability"] == answer["probabilities"][answer["label"]]
    assert answer["model"] == {"name": "seminar-cnn", "version": cards.VERSION}
    assert answer["input"] == {"source": "index", "index": 16, "width": 32, "height": 32, "fit": "none"}


def test_indices_are_the_canonical_ones(client: httpx.Client) -> None:
    """Indices 0 to 19 have the labels that CIFAR-10's test split has there."""
    found = predictions(client.post("/predict", json={"indices": list(range(20))}))
    assert [prediction["truth"]["label"] for prediction in found] == FIRST_TWENTY


def test_an_answer_worked_out_by_hand(toy_client: httpx.Client) -> None:
    """The toy model, sent a red picture, gives the probability e^4 / (e^4 + 9) for its first class (six decimals)."""
    answer = body(toy_client.post("/predict", files={"image": RED}))
    assert answer["label"] == "airplane"
    assert answer["class_index"] == 0
    assert answer["probability"] == pytest.approx(toy.RED, abs=1e-6)
    assert answer["confident"] is True
    assert "truth" not in answer
    assert answer["input"] == {"source": "upload", "format": "PNG", "width": 32, "height": 32, "fit": "none"}


def test_confident_means_that_the_cards_threshold_is_reached(toy_client: httpx.Client) -> None:
    """A white picture gives the toy three equal likeliest classes, each below the threshold of 0.5: not confident."""
    answer = body(toy_client.post("/predict", files={"image": WHITE}))
    assert answer["probability"] == pytest.approx(np.exp(4) / (3 * np.exp(4) + 7), abs=1e-6)
    assert answer["confident"] is False


@pytest.mark.parametrize("name", ["image", "file"])
def test_every_way_of_sending_a_picture_gives_the_same_answer(toy_client: httpx.Client, name: str) -> None:
    """A form (field image or file), bare bytes, base64 and a data URL are answered alike."""
    expected = body(toy_client.post("/predict", files={name: ("red.png", RED)}))
    text = base64.b64encode(RED).decode()
    for response in (
        toy_client.post("/predict", content=RED, headers={"Content-Type": "image/png"}),
        toy_client.post("/predict", content=RED, headers={"Content-Type": "image/jpeg"}),  # the bytes decide
        toy_client.post("/predict", json={"image": text}),
        toy_client.post("/predict", json={"image": f"data:image/png;base64,{text}"}),
    ):
        assert body(response) == expected


def test_a_body_in_chunks_without_a_length_is_read(toy_client: httpx.Client) -> None:
    """A picture streamed with chunked encoding is answered as the same picture sent whole."""
    pieces = (RED[i : i + 7] for i in range(0, len(RED), 7))
    response = toy_client.post("/predict", content=pieces, headers={"Content-Type": "image/png"})
    assert body(response) == body(toy_client.post("/predict", files={"image": RED}))


def test_a_batch_is_answered_in_the_order_sent(toy_client: httpx.Client) -> None:
    """Three files in one form give three answers in their order; indices likewise, repeated ones too."""
    found = predictions(toy_client.post("/predict", files=[("image", BLUE), ("image", RED), ("file", BLUE)]))
    assert [prediction["label"] for prediction in found] == ["bird", "airplane", "bird"]
    found = predictions(toy_client.post("/predict", json={"indices": [7, 3, 7]}))
    assert [prediction["input"]["index"] for prediction in found] == [7, 3, 7]


def test_a_list_of_one_index_is_a_batch(toy_client: httpx.Client) -> None:
    """`indices` is always answered with a list, `index` never."""
    assert len(predictions(toy_client.post("/predict", json={"indices": [5]}))) == 1
    assert body(toy_client.post("/predict", json={"index": 5}))["input"]["index"] == 5
    assert body(toy_client.post("/predict", params={"index": 5}))["input"]["index"] == 5


def test_a_batch_is_answered_as_its_images_one_by_one(client: httpx.Client) -> None:
    """Predictions do not depend on the company they are in: 70 indices at once equal 70 requests (within 2e-6)."""
    together = predictions(client.post("/predict", json={"indices": list(range(70))}))
    for index, prediction in enumerate(together):
        alone = body(client.get("/predict", params={"index": index}))
        assert alone["label"] == prediction["label"]
        assert list(alone["probabilities"].values()) == pytest.approx(
            list(prediction["probabilities"].values()), abs=2e-6
        )


def test_top_lists_the_likeliest_first(client: httpx.Client) -> None:
    """`top=3` lists the three likeliest classes, falling."""
    whole = body(client.get("/predict", params={"index": 16}))["probabilities"]
    top = body(client.get("/predict", params={"index": 16, "top": 3}))["probabilities"]
    expected = sorted(whole.items(), key=lambda item: -item[1])[:3]
    assert list(top.items()) == expected


def test_fit_chooses_what_the_model_sees(toy_client: httpx.Client) -> None:
    """Of a wide picture that is red in the middle and blue at both ends, crop sees only red, stretch mostly blue."""
    image = plain((0, 0, 255), (160, 32))
    image.paste((255, 0, 0), (64, 0, 96, 32))
    content = encode(image)
    assert body(toy_client.post("/predict", files={"image": content}))["label"] == "airplane"
    stretched = body(toy_client.post("/predict", params={"fit": "stretch"}, files={"image": content}))
    assert stretched["label"] == "bird"
    assert stretched["input"] == {"source": "upload", "format": "PNG", "width": 160, "height": 32, "fit": "stretch"}


@pytest.mark.parametrize(("query", "version"), [
    ("", 2), ("&model=toy", 2), ("&version=1", 1), ("&model=toy&version=1", 1), ("&version=2", 2),
])  # fmt: skip
def test_model_and_version_choose_who_answers(toy_client: httpx.Client, query: str, version: int) -> None:
    """The highest version answers unless another is asked for."""
    answer = body(toy_client.get(f"/predict?index=1{query}"))
    assert answer["model"] == {"name": "toy", "version": version}


def test_a_large_photo_in_a_thread_is_answered_as_a_small_one(client: httpx.Client) -> None:
    """A photograph of 2 megapixels gets an answer that says its size."""
    answer = body(client.post("/predict", files={"image": encode(photo(1600, 1200), "JPEG", quality=85)}))
    assert answer["input"] == {"source": "upload", "format": "JPEG", "width": 1600, "height": 1200, "fit": "crop"}


def test_a_test_image_posted_is_answered_as_by_its_index(client: httpx.Client) -> None:
    """Downloading test image 16 and posting it gives the probabilities that its index gives."""
    by_index = body(client.get("/predict", params={"index": 16}))
    posted = body(client.post("/predict", files={"image": client.get("/images/16.png").content}))
    assert posted["probabilities"] == by_index["probabilities"]
