"""How many predictions are worked on at one time."""

import httpx
import pytest

from service.errors import Overloaded
from service.limits.admission import Admission
from service.settings import Settings
from tests.support.crowds import occupied
from tests.support.patience import until
from tests.support.pictures import RED
from tests.support.problems import check
from tests.support.serving import Service


def test_too_much_at_one_time_is_refused(narrow: Service) -> None:
    """While one prediction is worked on, another is refused with Retry-After, /health answers, and then all is well."""

    def ask() -> httpx.Response:
        return narrow.client.post("/predict", files={"image": RED})

    with occupied(narrow) as occupant:
        refused = until(ask, "a refusal", lambda response: response.status_code != 200)
        check(refused, 503, "overloaded", "works on 1 predictions at one time, the limit. Try again")
        assert refused.headers["retry-after"] == "1"
        assert narrow.client.get("/health").status_code == 200
        until(lambda: 200 in occupant, "an answer to who was first")
    assert set(occupant) <= {200, 503}
    answered = until(ask, "room for another prediction", lambda response: response.status_code == 200)
    assert answered.json()["label"] == "airplane"


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
    with admission, admission:
        assert admission.full
        with pytest.raises(Overloaded, match="works on 2 predictions at one time"), admission:
            pass
        assert admission.in_flight == 2
    assert (admission.in_flight, admission.full) == (0, False)
