"""Images ready for the model, and how the pictures of a request become such."""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service import metrics
from service.errors import DamagedImage, EmptyImage, ImageTooCostly, ImageTooLarge, NotAnImage, ServiceError
from service.images.preprocess import SIDE, Picture
from service.inference.caveats import PredictionCaveat, of_picture
from service.inference.prediction import Input, from_picture

# What is wrong with one picture, and no reason to refuse the others of its request.
_OF_ONE_PICTURE = (NotAnImage, EmptyImage, DamagedImage, ImageTooLarge, ImageTooCostly)


class Batch(NamedTuple):
    """Images ready for the model, and what the answers will say of each.

    Attributes:
        images: uint8 [N, 32, 32, 3], RGB.
        inputs: the "input" part of each answer.
        caveats: what is to be said of each picture, whatever the model makes of it.
        truths: the true classes, where they are known.
        failures: what was wrong with the pictures that are not among the images, by their place in the request.
    """

    images: NDArray[np.uint8]
    inputs: Sequence[Input]
    caveats: Sequence[Sequence[PredictionCaveat]]
    truths: list[int] | None = None
    failures: Mapping[int, ServiceError] = {}


class Gathering:
    """The pictures of one request as they are read: those that could be, and what was wrong with the others.

    They may be read in any order.
    """

    def __init__(self, total: int, *, strict: bool) -> None:
        self._total = total
        self._strict = strict
        self._failures: dict[int, ServiceError] = {}
        self._pictures: dict[int, Picture] = {}

    def add(self, position: int, picture: Picture) -> None:
        """Keep a picture that could be read."""
        self._pictures[position] = picture

    def fail(self, position: int, error: ServiceError) -> None:
        """Take note of a picture that could not be read.

        Raises:
            ServiceError: the same, where it concerns the whole request.
        """
        if self._strict or not isinstance(error, _OF_ONE_PICTURE):
            raise self._placed(position, error)
        # The calls that it went through hold all of the request, and some hold the error too: a ring, which would stay
        # until the garbage collector comes.
        self._failures[position] = error.with_traceback(None)

    def batch(self, started: float) -> Batch:
        """What has been read since `started`.

        Raises:
            ServiceError: nothing; what was wrong with the first.
        """
        if not self._pictures:
            first = min(self._failures)
            raise self._placed(first, self._failures[first])
        pictures = [picture for _, picture in sorted(self._pictures.items())]
        pixels = b"".join(picture.pixels for picture in pictures)
        images = np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE, 3)
        metrics.DECODE_SECONDS.observe(time.perf_counter() - started)
        inputs = [from_picture(picture) for picture in pictures]
        return Batch(images, inputs, [of_picture(picture) for picture in pictures], failures=self._failures)

    def _placed(self, position: int, error: ServiceError) -> ServiceError:
        """The error, which says of several pictures which one it is about."""
        if self._total > 1:
            error.args = (f"Picture {position + 1} of {self._total}: {error}",)
            error.members["position"] = position + 1
        return error
