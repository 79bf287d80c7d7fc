"""BentoML's way: a service whose method takes a picture."""

from typing import Any

import bentoml
from PIL import Image

from benchmarks.programs.classify import classify_image, open_session


@bentoml.service(workers=1)
class Classifier:
    """One upload in, one answer out."""

    def __init__(self) -> None:
        self.session = open_session()

    @bentoml.api(route="/predict")  # type: ignore[untyped-decorator] # not installed where types are checked
    def predict(self, image: Image.Image) -> dict[str, Any]:
        """The answer."""
        return classify_image(self.session, image)
