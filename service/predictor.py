"""From test indices or picture files to answers: the core of the service, which knows no HTTP."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from models import repository
from models.cifar10_test import TestSplit
from models.repository import Model, ModelError
from service.answer import Narrator, from_index, from_picture
from service.classifier import Classifier
from service.errors import ImageTooLarge, ModelNotFound, ServiceError
from service.image import Decoder, Fit, Source
from service.settings import Settings

Answer = dict[str, Any]


class Predictor:
    """One model with all that it needs to answer."""

    def __init__(self, model: Model, test_split: TestSplit, settings: Settings) -> None:
        self.model = model
        self._classifier = Classifier(model)
        self._narrator = Narrator(model.card)
        self._decoder = Decoder(settings.formats, settings.max_pixels, model.card.contract.input.resize_filter)
        self._max_pixels = settings.max_pixels
        self._test_split = test_split

    def predict_indices(self, indices: Sequence[int], top: int | None = None) -> list[Answer]:
        """Answers about CIFAR-10 test images; each index is within 0-9999."""
        images, truths = self._test_split.read(indices)
        inputs = [from_index(index) for index in indices]
        return self._narrator.describe(self._classifier.classify(images), inputs, truths.tolist(), top)

    def open_pictures(self, contents: Sequence[bytes]) -> list[Source]:
        """Read the headers of picture files and check their sizes, one by one and together.

        Raises:
            ServiceError: as `Decoder.open` does; in a batch the message says which picture.
        """
        sources = []
        for position, content in enumerate(contents):
            with _position(position, len(contents)):
                sources.append(self._decoder.open(content))
        if sum(source.pixels for source in sources) > self._max_pixels:
            raise ImageTooLarge(
                f"The pictures have more than {self._max_pixels:,} pixels together, the limit. Send them one by one."
            )
        return sources

    def predict_pictures(self, sources: Sequence[Source], fit: Fit, top: int | None = None) -> list[Answer]:
        """Answers about opened pictures.

        Raises:
            ServiceError: as `Decoder.decode` does; in a batch the message says which picture.
        """
        pictures = []
        for position, source in enumerate(sources):
            with _position(position, len(sources)):
                pictures.append(self._decoder.decode(source, fit))
        images = np.stack([picture.pixels for picture in pictures])
        inputs = [from_picture(picture) for picture in pictures]
        return self._narrator.describe(self._classifier.classify(images), inputs, top=top)


@contextmanager
def _position(position: int, total: int) -> Iterator[None]:
    """Adds to an error which picture of a batch it is about."""
    try:
        yield
    except ServiceError as error:
        if total > 1:
            error.args = (f"Picture {position + 1} of {total}: {error}",)
        raise


class Predictors:
    """All models of a folder, verified and ready."""

    def __init__(self, settings: Settings) -> None:
        """Open every model.

        Raises:
            ModelError: a model, or the default one, is missing or wrong.
        """
        test_split = TestSplit()
        self._all = {
            name: {
                version: Predictor(repository.open_model(settings.models, name, version), test_split, settings)
                for version in versions
            }
            for name, versions in repository.find(settings.models).items()
        }
        if settings.model not in self._all:
            raise ModelError(
                f"There is no model '{settings.model}' in {settings.models}, only {', '.join(self._all)}: "
                "set SERVICE_MODEL to one of them."
            )
        self.default = self.choose(settings.model, None)
        self.test_split = test_split

    def choose(self, name: str | None, version: int | None) -> Predictor:
        """The predictor of a model: the default model where no name is given, its highest version likewise.

        Raises:
            ModelNotFound: there is no such model or version.
        """
        if name is None and version is None:
            return self.default
        versions = self._all.get(self.default.model.name if name is None else name)
        if versions is None:
            raise ModelNotFound(f"There is no such model. Choose one of {', '.join(self._all)}.")
        if version is None:
            return versions[max(versions)]
        if version not in versions:
            raise ModelNotFound(f"That model has no such version. Choose one of {', '.join(map(str, versions))}.")
        return versions[version]

    def __iter__(self) -> Iterator[Predictor]:
        return (predictor for versions in self._all.values() for predictor in versions.values())
