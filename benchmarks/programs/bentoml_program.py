"""BentoML's way: a service whose method takes a picture."""

import bentoml
import numpy as np
from PIL import Image

from benchmarks.programs.classify import LABELS, open_session


@bentoml.service(workers=1)
class Classifier:
    """One upload in, one answer out."""

    def __init__(self) -> None:
        self.session = open_session()

    @bentoml.api(route="/predict")
    def predict(self, image: Image.Image) -> dict[str, float]:
        """The answer."""
        pixels = np.asarray(image.convert("RGB").resize((32, 32)))[None]
        probabilities = self.session.run(["probabilities"], {"image": pixels})[0][0].tolist()
        return dict(zip(LABELS, probabilities, strict=True))
