"""How many predictions are worked on at one time."""

import httpx
import pytest

from service.errors import Overloaded
from service.limits.admission import Admission
from service.settings import Settings
from tests.support.crowds import occupied
from tests.support.patience import until
from tests.support.pictures import RED
from tests.support.problems import WAYS, told
from tests.support.protocol import images, infer, outputs, tensor
from tests.support.serving import Service


@pytest.mark.parametrize("path", WAYS)
def test_too_much_at_one_time_is_refused(narrow: Service, path: str) -> None:
    """While one prediction is worked on, another is refused with Retry-After, /health answers, and then all is well."""

    def ask() -> httpx.Response:
        if path == "/predict":
            return narrow.client.post(path, files={"image": RED})
        return infer(narrow.client, [tensor(images("airplane").ravel().tolist(), (1, 32, 32, 3))])

    with occupied(narrow) as occupant:
        refused = until(ask, "a refusal", lambda response: response.status_code != 200)
        told(refused, path, 503, "overloaded", "works on 1 predictions at one time, the limit. Try again")
        assert refused.headers["retry-after"] == "1"
        assert narrow.client.get("/health").status_code == 200
        until(lambda: 200 in occupant, "an answer to who was first")
    assert set(occupant) <= {200, 503}
    answered = until(ask, "room for another prediction", lambda response: response.status_code == 200)
    label = answered.json()["label"] if path == "/predict" else outputs(answered)["label"][0]
    assert label == "airplane"


@pytest.mark.parametrize("path", ["/share", "/v2/models/toy/stats"])
def test_what_goes_to_a_thread_is_bounded_like_a_prediction(narrow: Service, path: str) -> None:
    """What takes milliseconds and anybody may ask for is refused with Retry-After where there is no room."""
    with occupied(narrow):
        refused = until(lambda: narrow.client.get(path), "a refusal", lambda response: response.status_code != 200)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    until(lambda: narrow.client.get(path).status_code == 200, "room")


def test_no_more_are_worked_on_than_the_limit() -> None:
    """Who is let in counts until its work ends, and a third is turned away where two may be worked on."""
    admission = Admission(Settings(max_in_flight=2))
    with admission.place("a"), admission.place("a"):
        assert str(admission.refusal("a")).startswith("The service works on 2 predictions at one time, the limit.")
        with pytest.raises(Overloaded, match="works on 2 predictions at one time"), admission.place("a"):
            pass
        assert admission.in_flight == 2
    assert (admission.in_flight, admission.refusal("a")) == (0, None)


def test_no_address_locks_others_out() -> None:
    """One that has all 48 places gets no more; two others find some of six beside them, and leave some to a third."""
    admission = Admission(Settings(max_in_flight=48))

    def arrive(client: str) -> int:
        n = 0
        while admission.refusal(client) is None:
            admission.arrive(client)
            n += 1
        return n

    assert [arrive(client) for client in "abcaba"] == [48, 3, 2, 0, 0, 0]
    assert admission.refusal("d") is None
    for _ in range(4):
        admission.leave("a")
    assert admission.refusal("a") is not None
    for _ in range(4):
        admission.leave("a")
    assert admission.refusal("a") is None
    with admission.place("b"), pytest.raises(ZeroDivisionError):
        _ = 1 / 0
    assert admission.in_flight == 0
