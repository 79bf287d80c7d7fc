"""What `/explain` and `/answers` say, with the toy model whose answers are worked out by hand."""

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from models.cifar10_test import LABELS, TestSplit
from service import explanation
from tests import serving, toy
from tests.pictures import encode, photo, plain
from tests.test_problems import check

RED = encode(plain((255, 0, 0)))


def half_red() -> Image.Image:
    """Red on the left, black on the right; its mean colour is (127.5, 0, 0), painted as the even number 128."""
    image = plain((0, 0, 0))
    image.paste((255, 0, 0), (0, 0, 16, 32))
    return image


def first_class(mean_red: float) -> float:
    """The toy's probability of its first class for a picture with this mean of red, from 0 to 255."""
    return float(np.exp(4 * mean_red / 255) / (np.exp(4 * mean_red / 255) + 9))


def explain(client: httpx.Client, content: bytes, **options: object) -> dict[str, object]:
    response = client.post("/explain", params=options, files={"image": content})
    assert response.status_code == 200, response.text
    body: dict[str, object] = response.json()
    return body


def test_covering_red_with_red_changes_nothing(toy_client: httpx.Client) -> None:
    """A wholly red picture has red as its mean colour, so that every one of the 13 x 13 drops is 0."""
    body = explain(toy_client, RED)
    assert body["colour"] == [255, 0, 0]
    assert body["positions"] == list(range(0, 25, 2))
    assert np.array(body["drops"]).shape == (13, 13)
    assert np.array(body["map"]).shape == (32, 32)
    assert np.abs(body["drops"]).max() == 0  # type: ignore[arg-type]
    assert body["probability"] == pytest.approx(toy.RED, abs=1e-6)


def test_drops_worked_out_by_hand(toy_client: httpx.Client) -> None:
    """Of a half red picture, a patch of 8x8 over the red takes 64 x 127 / 1024 of red, over the black it adds 8."""
    body = explain(toy_client, encode(half_red()), patch=8, stride=8, **{"class": "airplane"})
    whole = first_class(127.5)
    over_red = whole - first_class(127.5 - 64 * (255 - 128) / 1024)
    over_black = whole - first_class(127.5 + 64 * 128 / 1024)
    expected = np.tile([over_red, over_red, over_black, over_black], (4, 1))
    # The answer rounds to six decimals, and float32 has about seven digits.
    assert np.array(body["drops"]) == pytest.approx(expected, abs=2e-6)
    assert np.array(body["map"]) == pytest.approx(expected.repeat(8, axis=0).repeat(8, axis=1), abs=2e-6)
    assert body["largest"] == {"drop": pytest.approx(over_red, abs=2e-6), "left": 0, "upper": 0}


def test_a_pixel_has_the_mean_of_the_patches_over_it(toy_client: httpx.Client) -> None:
    """With patches that overlap, the map at (16, 16) is the mean of the drops of the patches that cover it."""
    body = explain(toy_client, encode(photo(32, 32)), patch=8, stride=4)
    drops = np.array(body["drops"])
    covering = [i for i, start in enumerate(body["positions"]) if start <= 16 < start + 8]  # type: ignore[arg-type,var-annotated]
    assert len(covering) == 2
    expected = drops[np.ix_(covering, covering)].mean()
    assert body["map"][16][16] == pytest.approx(expected, abs=2e-6)  # type: ignore[index]


def test_another_class_can_be_explained(toy_client: httpx.Client) -> None:
    """Red taken away from the first class goes to the others: for 'truck' the same patches help."""
    body = explain(toy_client, encode(half_red()), patch=8, stride=8, **{"class": "truck"})
    assert (body["label"], body["class_index"], body["likeliest"]) == ("truck", 9, "airplane")
    assert body["drops"][0][0] < 0  # type: ignore[index]


@pytest.mark.parametrize(("patch", "stride"), [(2, 1), (5, 3), (7, 7), (16, 8), (16, 1)])
def test_every_pixel_is_covered(patch: int, stride: int) -> None:
    """Whatever patch and stride, the patches reach from edge to edge without gaps, at no more than 961 positions."""
    starts = explanation.positions(patch, stride)
    covered = {pixel for start in starts for pixel in range(start, start + patch)}
    assert covered == set(range(32))
    assert len(starts) ** 2 <= 961


def test_what_the_model_saw_comes_along(toy_client: httpx.Client) -> None:
    """`seen` is the model's own 32x32 pixels: for a test image that image, bit for bit."""
    body = toy_client.get("/explain", params={"index": 16}).json()
    png = base64.b64decode(body["seen"].removeprefix("data:image/png;base64,"))
    assert (np.asarray(Image.open(io.BytesIO(png))) == TestSplit().read([16])[0][0]).all()
    assert body["cannot_tell"] == list(explanation.CANNOT_TELL)
    assert "Zeiler" in body["source"]


def test_every_way_of_sending_is_explained_alike(toy_client: httpx.Client) -> None:
    """A form, bare bytes and base64 of a picture get one explanation; an index does in the query and in JSON."""
    content = encode(half_red())
    expected = explain(toy_client, content)
    text = base64.b64encode(content).decode()
    assert toy_client.post("/explain", content=content, headers={"Content-Type": "image/png"}).json() == expected
    assert toy_client.post("/explain", json={"image": text}).json() == expected
    by_index = toy_client.get("/explain?index=3").json()
    for posted in ({"json": {"index": 3}}, {"params": {"index": 3}}, {"json": {"indices": [3]}}):
        assert toy_client.post("/explain", **posted).json() == by_index  # type: ignore[arg-type]


def test_the_map_as_a_picture(toy_client: httpx.Client) -> None:
    """format=png is 320x320 pixels: orange on the red half, where covering takes away, blue on the black one."""
    response = toy_client.post("/explain?format=png&patch=8&stride=8", files={"image": encode(half_red())})
    assert response.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(response.content))
    assert image.size == (320, 320)
    red, _, blue = image.getpixel((40, 40))  # type: ignore[misc]
    assert red > blue
    red, _, blue = image.getpixel((280, 40))  # type: ignore[misc]
    assert blue > red


def test_an_explanation_agrees_with_the_answer(client: httpx.Client) -> None:
    """The shipped model's explanation of image 16 starts from the label and probability that /predict gives."""
    answer = client.get("/predict?index=16").json()
    body = client.get("/explain?index=16").json()
    assert (body["label"], body["input"]) == (answer["label"], answer["input"])
    assert body["probability"] == pytest.approx(answer["probability"], abs=2e-6)  # another batch, another rounding


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
    for sent in ({"files": [("image", RED), ("image", RED)]}, {"json": {"indices": [1, 2]}}):
        check(toy_client.post("/explain", **sent), 413, "too-many-images", "one by one")  # type: ignore[arg-type]
    check(toy_client.post("/explain", content=bytes(400_001)), 413, "body-too-large", "400,000 bytes")


def test_explanations_queue_as_other_long_work_does(toy_models: Path) -> None:
    """With a queue of one, of forty explanations at one time some are answered and the rest get 503 and Retry-After."""
    with serving.start(models=toy_models, model="toy", max_queue=1) as service:

        def one(index: int) -> httpx.Response:
            return httpx.get(f"{service.url}/explain?index={index}&patch=2&stride=1", timeout=20)

        with ThreadPoolExecutor(40) as threads:
            responses = list(threads.map(one, range(40)))
    refused = [response for response in responses if response.status_code != 200]
    assert 0 < len(refused) < 40
    for response in refused:
        check(response, 503, "overloaded", "the limit")
        assert response.headers["retry-after"] == "1"


def test_all_answers_are_those_of_predict(client: httpx.Client) -> None:
    """/answers has for each of 10,000 images the label and truth of /predict, and the card's accuracy comes of them."""
    response = client.get("/answers")
    body = response.json()
    assert body["labels"] == list(LABELS)
    assert len(body["answers"]) == len(body["truths"]) == 10_000
    one_by_one = client.post("/predict", json={"indices": list(range(200))}).json()["predictions"]
    assert [prediction["class_index"] for prediction in one_by_one] == body["answers"][:200]
    assert [prediction["truth"]["label"] for prediction in one_by_one] == [LABELS[i] for i in body["truths"][:200]]
    (listed,) = (model for model in client.get("/models").json()["models"] if model["default"])
    assert np.mean(np.equal(body["answers"], body["truths"])) == pytest.approx(listed["accuracy"]["value"])
    again = client.get("/answers", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_models_come_with_the_figures_to_read_them_by(client: httpx.Client, toy_client: httpx.Client) -> None:
    """/models carries the card's threshold and accuracy with its interval; null where a card has none."""
    card = client.get("/model-card", headers={"Accept": "application/json"}).json()
    (listed,) = (model for model in client.get("/models").json()["models"] if model["default"])
    measured = card["quantitative_analyses"]["splits"]["test"]["accuracy"]
    assert listed["threshold"] == card["metrics"]["decision"]["threshold"]["value"]
    assert listed["accuracy"] == {
        "value": measured["value"],
        "lower": measured["ci"]["lower"],
        "upper": measured["ci"]["upper"],
        "n": measured["n"],
    }
    assert toy_client.get("/models").json()["models"][0]["accuracy"] is None


def test_explanations_keep_to_their_schema(client: httpx.Client) -> None:
    """/explain and /answers answer as /openapi.json says, with every status that they can give."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    document = client.get("/openapi.json").json()
    for path, name in (("/explain?index=16", "Explanation"), ("/answers", "AllAnswers"), ("/models", "ModelList")):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(client.get(path).json())
    common = {"200", "400", "401", "404", "422", "503"}
    assert set(document["paths"]["/explain"]["get"]["responses"]) == common
    assert set(document["paths"]["/explain"]["post"]["responses"]) == common | {"408", "413", "415"}
    assert {"image/png", "application/json"} == set(document["paths"]["/explain"]["get"]["responses"]["200"]["content"])


def test_the_page_and_its_files_are_served(toy_client: httpx.Client) -> None:
    """/ is the page with a strict policy, its files have types and ETags, and there is no way out of the folder."""
    page = toy_client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in page.text
    assert "<script>" not in page.text
    for name, kind in (("main.js", "text/javascript"), ("style.css", "text/css"), ("portrait.jpg", "image/jpeg")):
        response = toy_client.get(f"/page/{name}")
        assert response.headers["content-type"].startswith(kind)
        again = toy_client.get(f"/page/{name}", headers={"If-None-Match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    for path in ("/page/", "/page/none.js", "/page/..%2Fapp.py", "/page/%2e%2e/app.py"):
        check(toy_client.get(path), 404, "not-found", "/docs")
    check(toy_client.post("/page/main.js"), 405, "method-not-allowed", "Use GET")


def test_the_portrait_is_answered_as_the_card_says(client: httpx.Client) -> None:
    """The portrait that the page sends, a JPEG, gets the card's label, at its probability within 0.02."""
    card = client.get("/model-card", headers={"Accept": "application/json"}).json()["quantitative_analyses"]["portrait"]
    content = (Path(explanation.__file__).parent / "page" / "portrait.jpg").read_bytes()
    answer = client.post("/predict", files={"image": content}).json()
    assert answer["label"] == card["label"]
    assert answer["probability"] == pytest.approx(card["probability"]["value"], abs=0.02)
