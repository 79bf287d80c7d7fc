"""Several pictures in one request: each has its own result."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support import hostile, serving
from tests.support.answers import body, predictions
from tests.support.pictures import BLUE, RED, WHITE, encode, photo
from tests.support.problems import check
from tests.support.serving import Service

TEXT = b"no picture"
PHOTO = encode(photo(300, 200), "WEBP")
# A file that takes its decoder a quarter of a minute: its time runs out, and its process is killed.
ENDLESS = hostile.png_of_profiles(6000)
# Time enough for a photograph on a busy machine, with what the endless one takes of it; no more, as that is waited for.
SECONDS = 5


@pytest.fixture(scope="module")
def hasty(toy_models: Path) -> Iterator[Service]:
    """A service of the toy whose pictures may take some seconds."""
    with serving.start(models=toy_models, model="toy", decode_seconds=SECONDS) as service:
        yield service


def send(client: httpx.Client, *contents: bytes, query: str = "") -> httpx.Response:
    return client.post(f"/predict{query}", files=[("image", ("x", content)) for content in contents])


@pytest.mark.parametrize("query", ["", "?list=true"])
def test_one_bad_file_refuses_itself_only(toy_client: httpx.Client, query: str) -> None:
    """Of three files of which the second is no picture, the others have their predictions, in their places."""
    first, second, third = predictions(send(toy_client, RED, TEXT, BLUE, query=query))
    assert (first["label"], third["label"]) == ("airplane", "bird")
    assert list(second) == ["problem"]
    alone = send(toy_client, TEXT)
    check(alone, 415, "not-an-image", "no image")
    assert second["problem"] == alone.json()


def test_one_bad_file_in_64_refuses_itself_only(client: httpx.Client) -> None:
    """Sixty-four files, one of them empty, get 63 predictions, in the order sent, and one problem."""
    contents = [client.get(f"/images/{index}.png").content for index in range(64)]
    contents[40] = b""
    found = predictions(send(client, *contents))
    assert found[40]["problem"]["type"] == "/problems/empty-image"
    whole = predictions(client.post("/predict", json={"indices": list(range(64))}))
    for place in set(range(64)) - {40}:
        assert found[place]["label"] == whole[place]["label"]


def test_one_that_must_be_killed_refuses_itself_only(hasty: Service) -> None:
    """A file whose decoding is ended as it takes too long costs the two photographs around it nothing."""
    first, second, third = predictions(send(hasty.client, PHOTO, ENDLESS, PHOTO))
    assert first == third
    assert second["problem"]["type"] == "/problems/image-too-costly"
    check(send(hasty.client, PHOTO, ENDLESS, PHOTO, query="?strict=true"), 422, "image-too-costly", "Picture 2 of 3")


def test_many_that_must_be_killed_take_nothing_from_plain_pictures(hasty: Service) -> None:
    """A test image and a small JPEG, sure to be decoded fast, are answered behind six files whose decoding is ended."""
    plain = [hasty.client.get("/images/1.png").content, encode(photo(96, 96), "JPEG")]
    *killed, first, second = predictions(send(hasty.client, *[hostile.png_of_profiles(2500)] * 6, *plain))
    assert {each["problem"]["type"] for each in killed} == {"/problems/image-too-costly"}
    assert [first, second] == predictions(send(hasty.client, *plain))


def test_all_bad_is_the_first_ones_problem(toy_client: httpx.Client) -> None:
    """Where no file can be read the answer is no list: it is the problem with the first."""
    check(send(toy_client, b"", TEXT), 422, "empty-image", "Picture 1 of 2")
    check(send(toy_client, TEXT, b"", query="?list=true"), 415, "not-an-image", "Picture 1 of 2")
    check(send(toy_client, TEXT, query="?list=true"), 415, "not-an-image", "no image")


def test_strict_refuses_all(toy_client: httpx.Client) -> None:
    """With strict=true one bad file refuses the request, and the sentence says which it was."""
    refused = send(toy_client, RED, TEXT, BLUE, query="?strict=true")
    check(refused, 415, "not-an-image", "Picture 2 of 3")
    assert refused.json()["position"] == 2
    assert len(predictions(send(toy_client, RED, BLUE, query="?strict=true"))) == 2


def test_a_list_of_one_where_one_is_asked_for(toy_client: httpx.Client) -> None:
    """With list=true every way of asking is answered with a list, one picture and one index too."""
    for listed, alone in (
        (send(toy_client, RED, query="?list=true"), send(toy_client, RED)),
        (toy_client.get("/predict?index=3&list=true"), toy_client.get("/predict?index=3")),
        (toy_client.post("/predict?list=true", json={"index": 3}), toy_client.post("/predict", json={"index": 3})),
    ):
        assert predictions(listed) == [body(alone)]


def test_refused_pictures_are_counted(toy_service: Service) -> None:
    """What is refused in a batch that is answered is counted by its problem, beside the requests refused."""
    cause = 'seminar_cnn_refused_pictures_total{cause="not-an-image"}'
    before, refusals = toy_service.figures()[cause], toy_service.total("seminar_cnn_refusals_total")
    send(toy_service.client, WHITE, TEXT, TEXT)
    assert toy_service.figures()[cause] == before + 2
    assert toy_service.total("seminar_cnn_refusals_total") == refusals
