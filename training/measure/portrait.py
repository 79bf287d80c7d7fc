"""What a closed set of ten classes calls a human face."""

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from models.cifar10_test import LABELS
from models.evidence import Portrait
from models.measurement import Number
from training import onnx_model
from training.measure.out_of_distribution import energy


def picture() -> NDArray[np.uint8]:
    """The face of the astronaut Eileen Collins (NASA, public domain), uint8 [192, 192, 3]."""
    whole: NDArray[np.uint8] = skimage.data.astronaut()  # type: ignore[no-untyped-call] # scikit-image gives its functions no types
    return np.ascontiguousarray(whole[0:192, 128:320])


def portrait(content: bytes, threshold: float, energy_limit: float) -> Portrait:
    """What the model calls the portrait, reduced as the service reduces pictures.

    Args:
        content: the bytes of model.onnx.
        threshold: from which probability on an answer is confident.
        energy_limit: above which a picture is called out-of-distribution.
    """
    pixels = np.asarray(Image.fromarray(picture()).resize((32, 32), Image.Resampling.LANCZOS))[None]
    logits, probabilities = onnx_model.run(content, pixels)
    winner = int(probabilities[0].argmax())
    confident, found = bool(probabilities[0, winner] >= threshold), float(energy(logits)[0])
    return Portrait(
        picture="The face of the astronaut Eileen Collins: 192x192 pixels of scikit-image's picture 'astronaut'.",
        source="NASA, public domain; shipped with scikit-image",
        label=LABELS[winner],
        probability=Number(
            value=float(probabilities[0, winner]), n=1, method="probability of that label", status="measured"
        ),
        probabilities=dict(zip(LABELS, probabilities[0].tolist(), strict=True)),
        confident=confident,
        energy=found,
        text=_text(LABELS[winner], confident=confident, noticed=found > energy_limit),
    )


def _text(label: str, *, confident: bool, noticed: bool) -> str:
    text = f"A closed set of ten has no room for a person: a human face must become one of ten things, here '{label}'."
    if noticed:
        return f"{text} Its energy is unusual, so that /predict adds the caveat 'out-of-distribution'."
    how = "confident, and its energy is" if confident else "not confident, but its energy is"
    said = "only the caveat 'closed-set' is" if confident else "only the caveats 'below-threshold' and 'closed-set' are"
    return (
        f"{text} The answer is {how} as usual as a test image's: {said} added, and nothing notices that it is a person."
    )
