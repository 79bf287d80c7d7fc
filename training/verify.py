"""Asks a running service about all 10,000 test images and compares what it answers with its card."""

import io

import httpx
import numpy as np
from PIL import Image
from tqdm import tqdm

from models.card import Card
from models.cifar10_test import LABELS
from training import data
from training.errors import RemoteError
from training.measure import calibration, evaluate
from training.measure.intervals import Floats, Integers

_BATCH = 50
# Long enough for a service on a machine that is busy with other things.
_TIMEOUT_S = 300
# Probabilities come rounded to six decimals, and another processor's arithmetic differs in the seventh.
TOLERANCE = 1e-5
_ROUNDING = 2e-6
# Either may carry an answer over the edge of a bin.
_TOLERANCE_ECE = 5e-4


def verify(url: str, model: str | None = None) -> list[str]:
    """What differs between a service's answers and its card; nothing, if the card is true.

    The images are sent as PNG files, so that decoding is part of what is verified.

    Args:
        url: of the service.
        model: which model to verify; the default one if None.

    Raises:
        RemoteError: it can't be reached, or answers with an error.
    """
    query = {"model": model} if model else {}
    images = data.load_test()
    probabilities, calibrated = np.empty((len(images), len(LABELS))), np.empty(len(images))
    try:
        with httpx.Client(base_url=url, timeout=_TIMEOUT_S, params=query) as client:
            card = Card.model_validate_json(_checked(client.get("/model-card")).content)
            for first in tqdm(range(0, len(images), _BATCH), "Asking", unit="batch"):
                files = [("image", _png(pixels)) for pixels in images.images[first : first + _BATCH]]
                answers = _checked(client.post("/predict", files=files)).json()["predictions"]
                for i, answer in enumerate(answers, first):
                    probabilities[i] = [answer["probabilities"][label] for label in card.contract.labels]
                    calibrated[i] = answer["calibrated_probability"] or np.nan
    except httpx.HTTPError as error:
        raise RemoteError(f"{url} can't be asked ({error}).") from None
    return differences(card, probabilities, calibrated, images.labels)


def differences(card: Card, probabilities: Floats, calibrated: Floats, labels: Integers) -> list[str]:
    """Where the card's test figures are not those of a service's answers.

    Args:
        card: of the model that answered.
        probabilities: [10000, 10].
        calibrated: the calibrated probability of each answer's label, [10000].
        labels: the true ones, [10000].
    """
    stated = card.quantitative_analyses
    measured = evaluate.overall(probabilities, labels, "test")
    found = []
    # Not the NLL: the logarithm of a probability near zero does not survive the rounding of the answers.
    for name in ("accuracy", "top2_accuracy", "brier"):
        said, got = getattr(stated.splits["test"], name).value, getattr(measured, name).value
        tolerance = TOLERANCE + (_ties(probabilities) if name == "top2_accuracy" else 0)
        if said is None or abs(said - got) > tolerance:
            found.append(f"{name}: the card says {said}, the service's answers give {got:.6f}")
    right = probabilities.argmax(axis=1) == labels
    for name, confidence in (("ece", probabilities.max(axis=1)), ("ece_calibrated", calibrated)):
        said, got = getattr(stated.calibration, name).value, calibration.expected_error(confidence, right)
        if said is None or not abs(said - got) <= _TOLERANCE_ECE:
            found.append(f"{name}: the card says {said}, the service's answers give {got:.6f}")
    matrix = evaluate.confusion(probabilities, labels).tolist()
    if matrix != stated.confusion_matrix:
        cells = int((np.array(matrix) != np.array(stated.confusion_matrix)).sum())
        found.append(f"confusion matrix: {cells} of {len(LABELS) ** 2} cells differ")
    threshold, coverage = card.metrics.decision.threshold.value, card.metrics.decision.test_coverage.value
    got = float((probabilities.max(axis=1) >= (threshold or np.inf)).mean())
    # An answer on the very threshold may be rounded to either side.
    if coverage is None or abs(got - coverage) > 2 / len(labels):
        found.append(f"confident answers: the card says {coverage}, the service's answers give {got:.4f}")
    return found


def _ties(probabilities: Floats) -> float:
    """The share of answers [N, 10] of which rounding alone may decide whether a class is second or third."""
    ordered = np.sort(probabilities, axis=1)
    return float((ordered[:, -2] - ordered[:, -3] <= _ROUNDING).mean())


def _checked(response: httpx.Response) -> httpx.Response:
    if response.status_code != httpx.codes.OK:
        raise RemoteError(f"{response.url.host} answers {response.status_code}: {response.text.strip()[:300]}")
    return response


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()
