"""Every answer carries its part of the card: calibrated, with its track record and its caveats."""

import math
from typing import Any

import httpx
import pytest

from models.card import Card
from models.cifar10_test import LABELS
from service.inference.caveats import ScoreCaveats
from tests.card_formats import made
from tests.support import cards
from tests.support.answers import body
from tests.support.pictures import RED, WHITE, encode, photo, plain

UNRELIABLE = "unreliable-label"
NBSP = "\N{NO-BREAK SPACE}"


def send(client: httpx.Client, content: bytes, query: str = "") -> dict[str, Any]:
    return body(client.post(f"/predict{query}", files={"image": content}))


def names(answer: dict[str, Any]) -> list[str]:
    return [caveat["name"] for caveat in answer["caveats"]]


def test_the_probability_is_calibrated_with_the_cards_temperature(toy_client: httpx.Client) -> None:
    """The toy's logits for red are (4, 0, ...); at its temperature of 2 that is e^2 / (e^2 + 9), six decimals."""
    expected = math.exp(2) / (math.exp(2) + 9)
    assert send(toy_client, RED)["calibrated_probability"] == pytest.approx(expected, abs=1e-6)


def test_the_track_record_is_that_of_the_label_at_that_confidence(toy_client: httpx.Client) -> None:
    """Red is called airplane at 0.86, for which the toy's card has 6 of 8 right; for automobile it has nothing."""
    assert send(toy_client, RED)["track_record"] == {
        "text": f"said airplane at 0.5 to 1: right 75{NBSP}% of the time, n{NBSP}={NBSP}8 validation images",
        "lower": 0.5,
        "upper": 1.0,
        "precision": 0.75,
        "ci": None,
        "n": 8,
    }
    assert send(toy_client, encode(plain((0, 255, 0))))["track_record"] is None
    assert send(toy_client, WHITE)["track_record"] is None


@pytest.mark.parametrize(("size", "colour", "query", "expected"), [
    ((32, 32), (255, 0, 0), "", ["closed-set"]),
    ((32, 32), (0, 0, 0), "", ["below-threshold", "out-of-distribution", "grey", "closed-set"]),
    ((32, 32), (255, 255, 255), "", ["below-threshold", "grey", "closed-set"]),
    ((90, 60), (255, 0, 0), "", ["not-square", "closed-set"]),
    ((60, 90), (255, 0, 0), "?fit=stretch", ["not-square", "closed-set"]),
    ((80, 60), (255, 0, 0), "", ["closed-set"]),
    ((31, 31), (255, 0, 0), "", ["tiny", "closed-set"]),
])  # fmt: skip
def test_an_answer_names_the_caveats_that_apply_to_it(
    toy_client: httpx.Client, size: tuple[int, int], colour: tuple[int, int, int], query: str, expected: list[str]
) -> None:
    """Unsure, strange by energy (black has -log 10, the limit is -3), far from square, tiny, grey: each by its name."""
    assert names(send(toy_client, encode(plain(colour, size)), query)) == expected


@pytest.mark.parametrize("image_format", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_it_is_said_that_one_frame_counts(toy_client: httpx.Client, image_format: str) -> None:
    """Two frames, a red one and a green one: the answer is that about red, with a caveat; one frame has none."""
    red, green = plain((255, 0, 0), (40, 40)), plain((0, 255, 0), (40, 40))
    moving = encode(red, image_format, save_all=True, append_images=[green])
    still = encode(red, image_format, save_all=True)
    assert send(toy_client, moving)["label"] == send(toy_client, still)["label"]
    assert "animation" in names(send(toy_client, moving))
    assert "animation" not in names(send(toy_client, still))


def test_what_was_cut_and_what_was_squeezed_are_told_apart(toy_client: httpx.Client) -> None:
    """A picture far from square is said to be cut, or with ?fit=stretch to be squeezed."""
    wide = encode(plain((255, 0, 0), (90, 60)))
    cut, squeezed = (send(toy_client, wide, query)["caveats"][0]["text"] for query in ("", "?fit=stretch"))
    assert "middle" in cut
    assert "squeezed" in squeezed


def test_a_test_image_is_known_to_show_one_of_the_classes(client: httpx.Client) -> None:
    """Answers about test images have no closed-set caveat, answers about the same picture sent have it."""
    index = body(client.get("/predict?index=16"))
    picture = send(client, client.get("/images/16.png").content)
    assert "closed-set" not in names(index)
    assert "closed-set" in names(picture)
    for shared in ("label", "probability", "calibrated_probability", "track_record", "card"):
        assert index[shared] == picture[shared]


def test_what_an_unsure_answer_is_worth_is_computed_from_the_card(every_answer: list[dict[str, Any]]) -> None:
    """The caveat says how many unsure answers about the test images were wrong: counted here over all of them."""
    unsure = [answer for answer in every_answer if not answer["confident"]]
    wrong = sum(not answer["truth"]["correct"] for answer in unsure) / len(unsure)
    assert f"{100 * wrong:.0f}{NBSP}% were wrong" in unsure[0]["caveats"][0]["text"]
    assert cards.card().quantitative_analyses.calibration.temperature.value
    assert all(0 < answer["calibrated_probability"] <= 1 for answer in every_answer)


def test_confident_answers_of_unreliable_labels_say_so(every_answer: list[dict[str, Any]]) -> None:
    """The caveat unreliable-label stands at the confident answers of the card's unreliable labels, at no others.

    The share of them that were wrong is counted here over all test images.
    """
    unreliable = cards.card().quantitative_analyses.label_thresholds.unreliable
    assert unreliable
    for label in unreliable:
        confident = [answer for answer in every_answer if answer["label"] == label and answer["confident"]]
        wrong = sum(not answer["truth"]["correct"] for answer in confident) / len(confident)
        (text,) = {each["text"] for answer in confident for each in answer["caveats"] if each["name"] == UNRELIABLE}
        assert f"{100 * wrong:.0f}{NBSP}% were wrong (n{NBSP}={NBSP}{len(confident):,})" in text
    for answer in every_answer:
        assert (UNRELIABLE in names(answer)) == (answer["confident"] and answer["label"] in unreliable)


@pytest.mark.parametrize(("number", "text"), [
    (
        {"value": 0.26, "n": 1512},
        'Of the confident answers "cat" about the test images 26 % were wrong (n = 1,512), more than the one in ten '
        "that the threshold is chosen for.",
    ),
    (
        {"value": 0.08, "n": 100},
        'Of the confident answers "cat" about the validation images more than one in ten were wrong; of those about '
        "the test images 8 % were wrong (n = 100).",
    ),
    (
        {"value": None, "status": "not_measured", "reason": "None.", "n": None},
        'Of the confident answers "cat" about the validation images more than one in ten were wrong.',
    ),
])  # fmt: skip
def test_an_unreliable_label_is_called_so_only_with_the_numbers_it_has(number: dict[str, Any], text: str) -> None:
    """That more than one in ten test answers is wrong is said only where it is so; else what the validation showed."""
    card = made.full().model_dump()
    (trust,) = (each for each in card["quantitative_analyses"]["label_thresholds"]["labels"] if each["label"] == "cat")
    trust["wrong_as_answer"] |= number
    caveats = ScoreCaveats(Card.model_validate(card))
    (caveat,) = caveats.of("cat", -10.0, confident=True, known=False)
    assert caveat["name"] == UNRELIABLE
    assert caveat["text"].replace(NBSP, " ") == text
    assert caveats.of("dog", -10.0, confident=True, known=False) == []
    assert [each["name"] for each in caveats.of("cat", -10.0, confident=False, known=False)] == ["below-threshold"]
    assert [each["name"] for each in caveats.of("cat", 10.0, confident=True, known=False)] == [
        UNRELIABLE,
        "out-of-distribution",
    ]


def test_every_caveat_is_documented(client: httpx.Client) -> None:
    """/openapi.json lists the names of all caveats, and says of each what it means."""
    schemas = body(client.get("/openapi.json"))["components"]["schemas"]
    listed = schemas["PredictionCaveat"]["properties"]["name"]["enum"]
    described = schemas["Prediction"]["properties"]["caveats"]["description"]
    assert UNRELIABLE in listed
    assert [name for name in listed if name not in described] == []


def test_the_calibrated_probability_is_not_recommended_unseen(client: httpx.Client) -> None:
    """What it is worth is left to the card: for some models scaling raises the calibration error."""
    schemas = body(client.get("/openapi.json"))["components"]["schemas"]
    described = schemas["Prediction"]["properties"]["calibrated_probability"]["description"]
    assert "the card says" in described


def test_the_answers_records_are_the_cards(every_answer: list[dict[str, Any]]) -> None:
    """For each test image the track record is the card's for that label and probability, to its n."""
    records = cards.card().quantitative_analyses.track_record
    for answer in every_answer:
        (record,) = [
            each
            for each in records
            if each.label == answer["label"]
            and (each.lower <= answer["probability"] < each.upper or answer["probability"] == each.upper == 1)
        ]
        assert answer["track_record"]["n"] == record.precision.n
        assert answer["track_record"]["precision"] == pytest.approx(record.precision.value, abs=5e-5)


@pytest.mark.parametrize("model", ["seminar-cnn", "missing-dog"])
def test_the_link_leads_to_the_card_of_the_model_that_answered(client: httpx.Client, model: str) -> None:
    """The address in an answer is that of the very model's card, also where another one was asked."""
    answer = body(client.get(f"/predict?index=16&model={model}"))
    assert body(client.get(answer["card"]))["model_details"]["name"] == model


def test_a_photograph_of_nothing_known_gets_all_its_caveats_in_words(client: httpx.Client) -> None:
    """Each caveat is a sentence, and the labels stay the ten that there are."""
    answer = send(client, encode(photo(900, 500), "JPEG"))
    assert answer["label"] in LABELS
    assert {"not-square", "closed-set"} <= set(names(answer))
    assert all(caveat["text"].endswith(".") for caveat in answer["caveats"])


def test_of_a_test_image_nobody_doubts_that_it_shows_a_class(every_answer: list[dict[str, Any]]) -> None:
    """A test image that is strange by its energy is called so, and not that it may show none of the classes."""
    texts = {
        caveat["text"]
        for answer in every_answer
        for caveat in answer["caveats"]
        if caveat["name"] == "out-of-distribution"
    }
    (text,) = texts
    assert "none of its classes" not in text
