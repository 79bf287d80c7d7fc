"""The output tensors of an inference."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.inference.classifier import Scores
from service.inference.outputs import Outputs
from service.oip.request import RequestedOutput
from service.oip.tensor import OutputTensor

_DATATYPES = {"float32": "FP32", "bool": "BOOL", "text": "BYTES"}


def datatype_of(outputs: Outputs, name: str) -> str:
    """An output's datatype, as the protocol calls it."""
    return _DATATYPES[outputs.kinds[name]]


def tensors(outputs: Outputs, scores: Scores, wanted: Sequence[RequestedOutput]) -> list[OutputTensor]:
    """The outputs that are wanted, in this order."""
    made = []
    for name, _, classes in wanted:
        array = outputs.compute(name, scores)
        if classes:
            made.append(OutputTensor(name, "BYTES", _likeliest(array, outputs.labels, classes)))
        else:
            made.append(OutputTensor(name, datatype_of(outputs, name), array))
    return made


def _likeliest(array: NDArray[np.float32], labels: Sequence[str], classes: int) -> NDArray[np.object_]:
    """Of each row the highest values, as "value:index:label" (Triton's classification extension)."""
    order = np.argsort(-array, axis=1, kind="stable")[:, :classes]
    texts = [[f"{row[i]:f}:{i}:{labels[i]}".encode() for i in places] for row, places in zip(array, order, strict=True)]
    return np.array(texts, dtype=object)
