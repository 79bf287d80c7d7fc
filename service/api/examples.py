"""Real answers of the default model, for the documentation: so that label, probability and n in an example agree."""

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from service.api import explain, predict
from service.api.explain import ExplainOptions
from service.inference.registry import ModelRegistry

_INDEX = 16
_NO_PICTURE = b"no picture"


def examples(registry: ModelRegistry) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Of the operations that answer about pictures, by method and path: examples by what was asked.

    It takes some ten milliseconds, and is for a thread.
    """
    predictor = registry.default_predictor
    indexed = predictor.load(predictor.ask([_INDEX], []))
    png = io.BytesIO()
    Image.fromarray(indexed.images[0]).save(png, "PNG")
    sent = predictor.load(predictor.ask([], [png.getvalue()]))
    several = predictor.load(predictor.ask([], [png.getvalue(), _NO_PICTURE]), strict=False)
    (by_index,) = predictor.predict(indexed)
    (by_picture,) = predictor.predict(sent)
    options = ExplainOptions(patch=16, stride=8)
    return {
        ("get", "/predict"): {"test image 16": by_index},
        ("post", "/predict"): {
            "a picture": by_picture,
            "two files, one of them no picture": {"predictions": predict.results(predictor.predict(several), several)},
        },
        ("get", "/explain"): {"test image 16, patch=16&stride=8": explain.describe(predictor, indexed, options)},
        ("post", "/explain"): {"a picture, patch=16&stride=8": explain.describe(predictor, sent, options)},
    }
