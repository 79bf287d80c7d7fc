"""From test indices or picture files to answers: the core of the service, which knows no HTTP."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import repository
from models.cifar10_test import Images, Labels, TestSplit
from models.repository import Model, ModelError
from service import metrics
from service.answer import Narrator, from_index, from_picture
from service.batcher import Batcher
from service.caveats import Named, of_picture, of_test_image
from service.classifier import Classifier, Scores
from service.errors import ImageTooLarge, ModelNotFound, ServiceError
from service.image import Bounds, Decoder, Source
from service.settings import Settings
from service.view import Fit

Answer = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Images ready for the model, and what the answers will say of each.

    Attributes:
        images: uint8 [N, 32, 32, 3], RGB.
        inputs: the "input" part of each answer.
        caveats: what is to be said of each picture, whatever the model makes of it.
        truths: the true classes, where they are known.
    """

    images: NDArray[np.uint8]
    inputs: list[dict[str, Any]]
    caveats: list[list[Named]]
    truths: list[int] | None = None


class Predictor:
    """One model with all that it needs to answer."""

    def __init__(self, model: Model, test_split: TestSplit, settings: Settings) -> None:
        self.model = model
        self._classifier = Classifier(model)
        self._batcher = Batcher(self._classifier)
        self._narrator = Narrator(model.card)
        bounds = Bounds(settings.max_pixels, settings.max_frames, settings.max_decode_bytes)
        self._decoder = Decoder(settings.formats, bounds, model.card.contract.input.resize_filter)
        self._max_pixels = settings.max_pixels
        self._test_split = test_split

    def read(self, indices: Sequence[int]) -> Batch:
        """CIFAR-10 test images; each index is within 0-9999."""
        images, truths = self._test_split.read(indices)
        caveats = [of_test_image(image) for image in images]
        return Batch(images, [from_index(index) for index in indices], caveats, truths.tolist())

    def test_images(self, indices: Sequence[int]) -> tuple[Images, Labels]:
        """The same as they are, with their true classes."""
        return self._test_split.read(indices)

    def open(self, contents: Sequence[bytes]) -> list[Source]:
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

    def decode(self, sources: Sequence[Source], fit: Fit) -> Batch:
        """The pixels of opened pictures.

        Raises:
            ServiceError: as `Decoder.decode` does; in a batch the message says which picture.
        """
        started = time.perf_counter()
        pictures = []
        for position, source in enumerate(sources):
            with _position(position, len(sources)):
                pictures.append(self._decoder.decode(source, fit))
        images = pictures[0].pixels[None] if len(pictures) == 1 else np.stack([picture.pixels for picture in pictures])
        metrics.DECODE_SECONDS.observe(time.perf_counter() - started)
        inputs, caveats = [from_picture(picture) for picture in pictures], [of_picture(picture) for picture in pictures]
        return Batch(images, inputs, caveats)

    def prepare(self, indices: Sequence[int], contents: Sequence[bytes], fit: Fit) -> Batch:
        """Test images where there are indices, else pictures opened and decoded; raises as those do."""
        return self.read(indices) if indices else self.decode(self.open(contents), fit)

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Of images uint8 [N, 32, 32, 3], for whoever makes something else of them than answers."""
        return self._classifier.classify(images).probabilities

    async def answer_soon(self, batch: Batch, top: int | None = None) -> list[Answer]:
        """Answers about a small batch, classified together with what others ask at the same moment."""
        return self._describe(await self._batcher.classify(batch.images), batch, top)

    def answer(self, batch: Batch, top: int | None = None) -> list[Answer]:
        """Answers about a large batch, in the thread that calls."""
        return self._describe(self._classifier.classify(batch.images), batch, top)

    def _describe(self, scores: Scores, batch: Batch, top: int | None) -> list[Answer]:
        return self._narrator.describe(scores, batch.inputs, batch.caveats, batch.truths, top)


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
