"""From test indices or picture files to predictions: the core of the service, which knows no HTTP."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.cifar10_test import Images, Labels, TestSplit
from models.repository import Model
from service.errors import ServiceError
from service.images.decode_messages import Task
from service.images.decode_processes import DecodeProcesses
from service.images.decoder import Bounds, Decoder
from service.images.file_headers import plain_pixels
from service.images.preprocess import Fit
from service.inference.batch import Batch, Gathering
from service.inference.batcher import Batcher
from service.inference.caveats import of_test_image
from service.inference.classifier import MAX_BATCH, Classifier, Scores
from service.inference.identity import digest_of
from service.inference.outputs import Outputs
from service.inference.prediction import Prediction, PredictionBuilder, from_index
from service.inference.turns import Turns
from service.settings import Settings

# As many images as are answered on the event loop, and as many pixels of plain pictures together as are decoded there:
# a millisecond or so. Eight pictures of the model's own size are within both.
_FEW = 8
_FEW_PIXELS = 96 * 96


class Asked(NamedTuple):
    """What a request asks about.

    Attributes:
        indices: of test images; none where there are pictures.
        contents: picture files, or one JSON body that holds one.
        in_json: whether it is that.
        pixels: of the pictures together, if all the files are plain.
    """

    indices: Sequence[int]
    contents: Sequence[bytes]
    in_json: bool
    pixels: int | None

    @property
    def plain(self) -> bool:
        """Whether all the files are sure to be decoded fast."""
        return self.pixels is not None

    @property
    def few(self) -> bool:
        """Whether there are so few that an answer takes a millisecond or so, once they are decoded."""
        return len(self.indices) <= _FEW and len(self.contents) <= _FEW

    @property
    def cheap(self) -> bool:
        """Whether all of it takes a millisecond or so; what takes longer would hold up everybody on the event loop."""
        return self.few and self.pixels is not None and self.pixels <= _FEW_PIXELS


class Predictor:
    """One model with all that it needs to answer.

    Attributes:
        model: it.
        digest: of what an answer depends on, beside what was asked.
        headers: what every answer of it carries: which model.onnx it comes from.
        outputs: its named outputs.
    """

    def __init__(self, model: Model, test_split: TestSplit, settings: Settings, processes: DecodeProcesses) -> None:
        """Open the model.

        Raises:
            ModelError: it is not what its card says.
        """
        self.model = model
        self.digest = digest_of(model.card)
        self.headers = {"X-Model-SHA256": model.card.model_details.sha256}
        self.outputs = Outputs(model.card)
        self._classifier = Classifier(model)
        self._batcher = Batcher(self._classifier)
        self._builder = PredictionBuilder(model.card)
        bounds = Bounds(settings.max_pixels, settings.max_frames, settings.max_decode_bytes)
        self._decoder = Decoder(settings.formats, bounds, model.card.contract.input.resize_filter)
        self._processes = processes
        self._test_split = test_split

    def warm_up(self) -> None:
        """Have the model ready to answer at once."""
        self._classifier.warm_up()

    def test_images(self, indices: Sequence[int]) -> tuple[Images, Labels]:
        """CIFAR-10 test images as they are, with their true classes."""
        return self._test_split.read(indices)

    @staticmethod
    def ask(indices: Sequence[int], contents: Sequence[bytes], *, in_json: bool = False) -> Asked:
        """Look at what a request asks about; nothing is decoded."""
        pixels = [] if in_json else [plain_pixels(content) for content in contents]
        return Asked(indices, contents, in_json, sum(pixels) if all(pixels) and not in_json else None)

    def load(self, asked: Asked, fit: Fit = "crop", *, strict: bool = True) -> Batch:
        """Test images, or the pixels of plain pictures, in the thread that calls.

        Args:
            asked: which.
            fit: how they are made square.
            strict: whether one bad picture refuses all; else those that can be read are loaded, at least one.

        Raises:
            ServiceError: as `Decoder` does; of several pictures the message says which.
        """
        if asked.indices:
            images, truths = self._test_split.read(asked.indices)
            caveats = [of_test_image(image) for image in images]
            return Batch(images, [from_index(index) for index in asked.indices], caveats, truths.tolist())
        started = time.perf_counter()
        gathered = Gathering(len(asked.contents), strict=strict)
        for position, content in enumerate(asked.contents):
            try:
                gathered.add(position, self._decoder.decode(self._decoder.open(content), fit))
            except ServiceError as error:
                gathered.fail(position, error)
        return gathered.batch(started)

    def load_in_parts(self, asked: Asked, fit: Fit, *, strict: bool = True) -> Iterator[Batch]:
        """As `load`, of many test images one part after another: ten thousand at one time take 100 MB more.

        Raises:
            ServiceError: as `load` does.
        """
        if not asked.indices:
            yield self.load(asked, fit, strict=strict)
        for start in range(0, len(asked.indices), MAX_BATCH):
            yield self.load(asked._replace(indices=asked.indices[start : start + MAX_BATCH]), fit)

    async def load_apart(self, asked: Asked, fit: Fit, *, strict: bool = True) -> Batch:
        """The pixels of any pictures, decoded in processes that can be killed, within the time of one request.

        Where one bad picture does not refuse all, they take turns (`Turns`).

        Raises:
            ServiceError: as `DecodeProcesses.decode` does; of several pictures the message says which.
        """
        started = time.perf_counter()
        gathered = Gathering(len(asked.contents), strict=strict)
        tasks = [Task(content, asked.in_json, self._decoder, fit) for content in asked.contents]
        if not strict:
            await Turns(self._processes, tasks, gathered).take()
            return gathered.batch(started)
        deadline = asyncio.get_running_loop().time() + self._processes.seconds
        for position, task in enumerate(tasks):
            try:
                gathered.add(position, await self._processes.decode(task, deadline))
            except ServiceError as error:
                gathered.fail(position, error)
        return gathered.batch(started)

    def classify(self, images: NDArray[np.uint8]) -> Scores:
        """The scores of images uint8 [N, 32, 32, 3], in the thread that calls."""
        return self._classifier.classify(images)

    async def classify_batched(self, images: NDArray[np.uint8]) -> Scores:
        """The scores of a few images, classified together with what others ask at the same moment."""
        return await self._batcher.classify(images)

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Of images uint8 [N, 32, 32, 3], for whoever makes something else of them than predictions."""
        return self._classifier.classify(images).probabilities

    async def predict_batched(self, batch: Batch, top: int | None = None) -> list[Prediction]:
        """Predictions about a small batch, classified together with what others ask at the same moment."""
        return self._build(await self._batcher.classify(batch.images), batch, top)

    def predict(self, batch: Batch, top: int | None = None) -> list[Prediction]:
        """Predictions about a large batch, in the thread that calls."""
        return self._build(self._classifier.classify(batch.images), batch, top)

    def calibrate(self, probabilities: Sequence[float], place: int) -> float | None:
        """As `PredictionBuilder.calibrate`."""
        return self._builder.calibrate(probabilities, place)

    def _build(self, scores: Scores, batch: Batch, top: int | None) -> list[Prediction]:
        return self._builder.build(scores, batch.inputs, batch.caveats, batch.truths, top)
