"""What a careless client would get: pixels prepared in another way than the contract says, and a face.

The contract (uint8 in, scaling inside the graph) makes most of these impossible here; elsewhere they are common.
"""

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

from models.cifar10_test import LABELS
from models.evidence import BrokenContract, Portrait
from models.number import Number
from models.repository import session_options
from training import evaluate, export, strangers
from training.data import Data


def broken_contract(content: bytes, test: Data) -> list[BrokenContract]:
    """Accuracy on the test images with colours swapped, and with pixels scaled wrongly or not at all."""
    network = _without_scaling(content)
    pixels = test.images.astype(np.float32)
    kept = export.run(content, test.images)[0]
    changes = {
        "none: as the contract says": kept,
        "colours in the order blue, green, red": export.run(content, test.images[..., ::-1])[0],
        "not scaled: 0 to 255 where 0 to 1 is meant": network(pixels),
        "scaled twice: divided by 255 once more": network(pixels / 255 / 255),
        "divided by 225, as published copies of this recipe do": network(pixels / 225),
    }
    return [
        BrokenContract(
            change=change,
            accuracy=evaluate.proportion(
                int((logits.argmax(axis=1) == test.labels).sum()),
                len(test),
                "test",
                "share of images whose likeliest class is right",
                change,
            ),
        )
        for change, logits in changes.items()
    ]


def portrait(content: bytes, threshold: float) -> Portrait:
    """What the model calls the portrait, reduced as the service reduces pictures."""
    whole = Image.fromarray(strangers.portrait())
    pixels = np.asarray(whole.resize((32, 32), Image.Resampling.LANCZOS))[None]
    logits, probabilities = export.run(content, pixels)
    winner = int(probabilities[0].argmax())
    return Portrait(
        picture="The face of the astronaut Eileen Collins: 192x192 pixels of scikit-image's picture 'astronaut'.",
        source="NASA, public domain; shipped with scikit-image",
        label=LABELS[winner],
        probability=Number(
            value=float(probabilities[0, winner]), n=1, method="probability of that label", status="measured"
        ),
        probabilities=dict(zip(LABELS, probabilities[0].tolist(), strict=True)),
        confident=bool(probabilities[0, winner] >= threshold),
        energy=float(strangers.energy(logits)[0]),
        text=(
            f"A closed set of ten has no room for a person: a human face must become one of ten things, here "
            f"'{LABELS[winner]}'. Nothing in the answer says that the question made no sense."
        ),
    )


class _Network:
    """The graph behind its scaling: float32 [N, 32, 32, 3] to logits float32 [N, 10]."""

    def __init__(self, graph: onnx.ModelProto) -> None:
        self._session = ort.InferenceSession(
            graph.SerializeToString(), session_options(), providers=["CPUExecutionProvider"]
        )

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [self._session.run(["logits"], {"scaled": pixels[i : i + 500]})[0] for i in range(0, len(pixels), 500)]
        return np.concatenate(parts)


def _without_scaling(content: bytes) -> _Network:
    whole = onnx.load_from_string(content)
    scaled = next(node.output[0] for node in whole.graph.node if node.op_type in {"Mul", "Div"})
    inferred = onnx.shape_inference.infer_shapes(whole)
    rest = onnx.utils.Extractor(inferred).extract_model([scaled], ["logits"])
    for node in rest.graph.node:
        node.input[:] = ["scaled" if name == scaled else name for name in node.input]
    rest.graph.input[0].name = "scaled"
    return _Network(rest)
