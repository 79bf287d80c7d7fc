"""What `/explain` says, with the toy model whose answers are worked out by hand."""

import base64
import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from models.cifar10_test import TestSplit
from service.inference import occlusion
from tests.support import toy
from tests.support.answers import body
from tests.support.pictures import RED, encode, photo, plain
from tests.support.problems import check


def half_red() -> Image.Image:
    """Red on the left, black on the right; its mean colour is (127.5, 0, 0), painted as the even number 128."""
    image = plain((0, 0, 0))
    image.paste((255, 0, 0), (0, 0, 16, 32))
    return image


def first_class(mean_red: float) -> float:
    """The toy's probability of its first class for a picture with this mean of red, from 0 to 255."""
    return float(np.exp(4 * mean_red / 255) / (np.exp(4 * mean_red / 255) + 9))


def explain(client: httpx.Client, content: bytes, query: str = "") -> dict[str, Any]:
    return body(client.post(f"/explain{query}", files={"image": content}))


def test_covering_red_with_red_changes_nothing(toy_client: httpx.Client) -> None:
    """A wholly red picture has red as its mean colour, so that every one of the 13 x 13 drops is 0."""
    found = explain(toy_client, RED)
    assert found["colour"] == [255, 0, 0]
    assert found["positions"] == list(range(0, 25, 2))
    assert np.array(found["drops"]).shape == (13, 13)
    assert np.array(found["map"]).shape == (32, 32)
    assert np.abs(found["drops"]).max() == 0
    assert found["probability"] == pytest.approx(toy.RED, abs=1e-6)


def test_drops_worked_out_by_hand(toy_client: httpx.Client) -> None:
    """Of a half red picture, a patch of 8x8 over the red takes 64 x 127 / 1024 of red, over the black it adds 8."""
    found = explain(toy_client, encode(half_red()), "?patch=8&stride=8&class=airplane")
    whole = first_class(127.5)
    over_red = whole - first_class(127.5 - 64 * (255 - 128) / 1024)
    over_black = whole - first_class(127.5 + 64 * 128 / 1024)
    expected = np.tile([over_red, over_red, over_black, over_black], (4, 1))
    # The answer rounds to six decimals, and float32 has about seven digits.
    assert np.array(found["drops"]) == pytest.approx(expected, abs=2e-6)
    assert np.array(found["map"]) == pytest.approx(expected.repeat(8, axis=0).repeat(8, axis=1), abs=2e-6)
    assert found["largest"] == {"drop": pytest.approx(over_red, abs=2e-6), "left": 0, "upper": 0}


def test_a_pixel_has_the_mean_of_the_patches_over_it(toy_client: httpx.Client) -> None:
    """With patches that overlap, the map at (16, 16) is the mean of the drops of the patches that cover it."""
    found = explain(toy_client, encode(photo(32, 32)), "?patch=8&stride=4")
    covering = [i for i, start in enumerate(found["positions"]) if start <= 16 < start + 8]
    assert len(covering) == 2
    expected = np.array(found["drops"])[np.ix_(covering, covering)].mean()
    assert found["map"][16][16] == pytest.approx(expected, abs=2e-6)


def test_another_class_can_be_explained(toy_client: httpx.Client) -> None:
    """Red taken away from the first class goes to the others: for 'truck' the same patches help."""
    found = explain(toy_client, encode(half_red()), "?patch=8&stride=8&class=truck")
    assert (found["label"], found["class_index"], found["likeliest"]) == ("truck", 9, "airplane")
    assert found["drops"][0][0] < 0


@pytest.mark.parametrize(("patch", "stride"), [(2, 1), (5, 3), (7, 7), (16, 8), (16, 1)])
def test_every_pixel_is_covered(patch: int, stride: int) -> None:
    """Whatever patch and stride, the patches reach from edge to edge without gaps, at no more than 961 positions."""
    starts = occlusion.positions(patch, stride)
    covered = {pixel for start in starts for pixel in range(start, start + patch)}
    assert covered == set(range(32))
    assert len(starts) ** 2 <= 961


def test_what_the_model_saw_comes_along(toy_client: httpx.Client) -> None:
    """`seen` is the model's own 32x32 pixels: for a test image that image, bit for bit."""
    found = body(toy_client.get("/explain", params={"index": 16}))
    png = base64.b64decode(found["seen"].removeprefix("data:image/png;base64,"))
    assert (np.asarray(Image.open(io.BytesIO(png))) == TestSplit().read([16])[0][0]).all()
    assert found["cannot_tell"] == list(occlusion.CANNOT_TELL)
    assert "Zeiler" in found["source"]


def test_every_way_of_sending_is_explained_alike(toy_client: httpx.Client) -> None:
    """A form, bare bytes and base64 of a picture get one explanation; an index does in the query and in JSON."""
    content = encode(half_red())
    expected = explain(toy_client, content)
    text = base64.b64encode(content).decode()
    assert body(toy_client.post("/explain", content=content, headers={"Content-Type": "image/png"})) == expected
    assert body(toy_client.post("/explain", json={"image": text})) == expected
    by_index = body(toy_client.get("/explain?index=3"))
    assert body(toy_client.post("/explain?index=3")) == by_index
    for asked in ({"index": 3}, {"indices": [3]}):
        assert body(toy_client.post("/explain", json=asked)) == by_index


def test_the_map_as_a_picture(toy_client: httpx.Client) -> None:
    """format=png is 320x320 pixels: orange on the red half, where covering takes away, blue on the black one."""
    response = toy_client.post("/explain?format=png&patch=8&stride=8", files={"image": encode(half_red())})
    assert response.headers["content-type"] == "image/png"
    pixels = np.asarray(Image.open(io.BytesIO(response.content)).convert("RGB"))
    assert pixels.shape == (320, 320, 3)
    red, _, blue = pixels[40, 40].tolist()
    assert red > blue
    red, _, blue = pixels[40, 280].tolist()
    assert blue > red


def test_an_explanation_agrees_with_the_answer(client: httpx.Client) -> None:
    """The shipped model's explanation of image 16 starts from the label and probability that /predict gives."""
    answer = body(client.get("/predict?index=16"))
    found = body(client.get("/explain?index=16"))
    assert (found["label"], found["input"]) == (answer["label"], answer["input"])
    assert found["probability"] == pytest.approx(answer["probability"], abs=2e-6)  # another batch, another rounding


BAD = {
    "": (400, "no-input", "/explain?index=16"),
    "?index=10000": (422, "index-out-of-range", "0 to 9999"),
    "?index=1&patch=1": (422, "invalid-parameter", "from 2 to 16"),
    "?index=1&patch=17": (422, "invalid-parameter", "from 2 to 16"),
    "?index=1&stride=0": (422, "invalid-parameter", "from 1 to 8"),
    "?index=1&stride=9": (422, "invalid-parameter", "from 1 to 8"),
    "?index=1&patch=3&stride=4": (422, "invalid-parameter", "stride: larger than the patch"),
    "?index=1&class=person": (422, "invalid-parameter", "Choose one of airplane"),
    "?index=1&format=gif": (422, "invalid-parameter", "json"),
    "?index=1&target=dog": (422, "unknown-field", "class, patch"),
    "?index=1&model=other": (404, "model-not-found", "toy"),
}


@pytest.mark.parametrize("query", BAD)
def test_a_bad_question_gets_its_own_problem(toy_client: httpx.Client, query: str) -> None:
    """Each bound of /explain is refused with its problem and a sentence that states the bound."""
    check(toy_client.get(f"/explain{query}"), *BAD[query])


def test_one_picture_at_a_time(toy_client: httpx.Client) -> None:
    """Two pictures or two indices at once are refused."""
    two = toy_client.post("/explain", files=[("image", RED), ("image", RED)])
    check(two, 413, "too-many-images", "one by one")
    check(toy_client.post("/explain", json={"indices": [1, 2]}), 413, "too-many-images", "one by one")
    check(toy_client.post("/explain", content=bytes(400_001)), 413, "body-too-large", "400,000 bytes")


def test_an_explanation_carries_what_an_answer_does(client: httpx.Client) -> None:
    """For the likeliest class the explanation has the answer's own probabilities, truth, record, caveats and card."""
    answer = body(client.get("/predict?index=16"))
    found = body(client.get("/explain?index=16"))
    same = ("model", "label", "class_index", "confident", "truth", "track_record", "caveats", "card", "input")
    assert {name: found[name] for name in same} == {name: answer[name] for name in same}
    # Rounded to six decimals after another call of the model.
    for name in ("probability", "calibrated_probability"):
        assert found[name] == pytest.approx(answer[name], abs=2e-6)


def test_the_probabilities_of_another_class_are_its_own(client: httpx.Client) -> None:
    """For another class the probabilities are that class's, and add up to 1 over all; the rest is of the answer."""
    answer = body(client.get("/predict?index=16"))
    explained = [
        body(client.get("/explain", params={"index": 16, "class": label})) for label in answer["probabilities"]
    ]
    for name in ("probability", "calibrated_probability"):
        assert sum(found[name] for found in explained) == pytest.approx(1, abs=1e-5)  # ten roundings
    assert [found["probability"] for found in explained] == pytest.approx(
        list(answer["probabilities"].values()), abs=2e-6
    )
    assert {found["likeliest"] for found in explained} == {answer["label"]}
    assert "truth" not in body(client.post("/explain?class=cat", files={"image": RED}))
