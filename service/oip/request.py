"""What a request for an inference asks about: pixels or pictures, by its one input tensor."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.card import Card
from service.errors import InvalidTensor, TooManyImages
from service.expectation import listed, shown
from service.images.preprocess import SIDE
from service.inference.outputs import Outputs
from service.oip.tensor import DATATYPES, InputTensor, elements

_PIXELS = (SIDE, SIDE, 3)
_OF_ONE = SIDE * SIDE * 3
_HIGHEST = 255
_ID_CHARACTERS = 1024


class RequestedOutput(NamedTuple):
    """An output that is wanted.

    Attributes:
        name: of it.
        binary: whether its elements follow the JSON as bytes.
        classification: of how many classes it is to name the likeliest (Triton's extension); 0: the numbers themselves.
    """

    name: str
    binary: bool = False
    classification: int = 0


class InferRequest(NamedTuple):
    """A request for an inference.

    Attributes:
        inputs: the tensors.
        outputs: those wanted.
        id: that the answer repeats; None where there is none.
    """

    inputs: Sequence[InputTensor]
    outputs: Sequence[RequestedOutput]
    id: str | None = None


class Content(NamedTuple):
    """What is to be classified: one of the two.

    Attributes:
        pixels: uint8 [N, 32, 32, 3].
        pictures: files of pictures.
    """

    pixels: NDArray[np.uint8] | None
    pictures: Sequence[bytes] = ()


def check_id(given: str) -> None:
    """See that a request's id is not too long to be repeated.

    Raises:
        InvalidTensor: it is.
    """
    if len(given) > _ID_CHARACTERS:
        raise InvalidTensor(f"An id has at most {_ID_CHARACTERS:,} characters.", field="id", limit=_ID_CHARACTERS)


def content_of(request: InferRequest, card: Card, most: int) -> Content:
    """What is to be classified.

    Args:
        request: with the model's one input, as UINT8 or FP32 [N, 32, 32, 3] from 0 to 255, or as BYTES [N] or [N, 1].
        card: the model's.
        most: images in one request.

    Raises:
        InvalidTensor: the tensors are not these.
        TooManyImages: there are more.
    """
    wanted = card.contract.input.name
    if len(request.inputs) != 1 or request.inputs[0].name != wanted:
        named = listed([shown(each.name) for each in request.inputs[:8]]) or "none"
        message = f"The model has one input, {wanted}; the request has {named}."
        raise InvalidTensor(message, field="inputs", allowed=[wanted])
    tensor = request.inputs[0]
    if tensor.datatype not in DATATYPES:
        message = f"The input's datatype is one of {listed(DATATYPES)}."
        raise InvalidTensor(message, field="datatype", value=shown(tensor.datatype), allowed=DATATYPES)
    n = _batch(tensor)
    if n > most:
        raise TooManyImages(
            f"There are more than {most:,} images in the batch, the limit. Send several requests.",
            field="shape",
            value=str(n),
            limit=most,
        )
    if tensor.datatype == "BYTES":
        return Content(None, elements(tensor, n))  # type: ignore[arg-type] # of BYTES they are a list
    array: NDArray[Any] = elements(tensor, n * _OF_ONE)  # type: ignore[assignment] # and of numbers an array
    if tensor.datatype == "FP32":
        array = _rounded(array)
    return Content(array.reshape(n, *_PIXELS))


def _batch(tensor: InputTensor) -> int:
    """How many images a tensor holds, by its shape."""
    pictures = tensor.datatype == "BYTES"
    shape = tuple(tensor.shape)
    fits = shape[1:] in ((), (1,)) if pictures else shape[1:] == _PIXELS
    if not shape or not fits or shape[0] < 1:
        expected = "[N] or [N, 1], a picture file in each element" if pictures else "[N, 32, 32, 3]"
        message = f"The shape of a {tensor.datatype} input is {expected}, with N from 1."
        raise InvalidTensor(message, field="shape", value=shown(list(shape[:8])))
    return shape[0]


def _rounded(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Pixels that came as floats.

    Raises:
        InvalidTensor: some are no pixels, or all look as if they were divided by 255.
    """
    lowest, highest = array.min(), array.max()
    if not (lowest >= 0 and highest <= _HIGHEST):  # NaN is neither
        raise InvalidTensor("The elements of an FP32 input go from 0 to 255.", field="data", limit=_HIGHEST)
    rounded = np.rint(array)
    if highest <= 1 and (rounded != array).any():
        raise InvalidTensor(
            "The elements of an FP32 input go from 0 to 255; these go from 0 to 1: multiply them by 255.", field="data"
        )
    pixels: NDArray[np.uint8] = rounded.astype(np.uint8)
    return pixels


def outputs_of(
    wanted: Sequence[tuple[str, Mapping[str, Any]]] | None, outputs: Outputs, *, binary: bool
) -> list[RequestedOutput]:
    """The outputs that a request wants.

    Args:
        wanted: names and parameters as sent; None or none: all outputs.
        outputs: the model's.
        binary: whether those come as bytes that do not say otherwise.

    Raises:
        InvalidTensor: the model has no such output, one is wanted twice, or its parameters make no sense.
    """
    if not wanted:
        return [RequestedOutput(name, binary) for name in outputs.shapes]
    found: dict[str, RequestedOutput] = {}
    for name, parameters in wanted:
        if name not in outputs.shapes:
            message = f"The model has no such output. Choose of {listed(list(outputs.shapes))}."
            raise InvalidTensor(message, field="outputs", value=shown(name), allowed=list(outputs.shapes))
        if name in found:
            raise InvalidTensor("Name each output once.", field="outputs", value=shown(name))
        classes = parameters.get("classification", 0)
        if type(classes) is not int or classes < 0 or (classes and not outputs.shapes[name]):
            message = "classification is a whole number of classes, for logits or probabilities."
            raise InvalidTensor(message, field="classification", value=shown(classes))
        as_bytes = parameters.get("binary_data", binary)
        if type(as_bytes) is not bool:
            raise InvalidTensor("binary_data is true or false.", field="binary_data", value=shown(as_bytes))
        found[name] = RequestedOutput(name, as_bytes, classes)
    return list(found.values())
