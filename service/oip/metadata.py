"""What the protocol says of the server and its models."""

from collections.abc import Sequence
from typing import TypedDict

from models.card import Card
from models.repository import Model
from service.inference.outputs import Outputs
from service.inference.prediction import card_address
from service.oip.answer import datatype_of

NAME = "seminar-cnn"
VERSION = "1.0.0"
EXTENSIONS = ("binary_tensor_data", "classification", "model_repository", "statistics")
# Over gRPC raw contents are the protocol's own, and nothing is loaded or counted for its clients.
GRPC_EXTENSIONS = ("classification",)
_PLATFORM = "onnx_onnxv1"


class ServerMetadata(TypedDict):
    """Of the server."""

    name: str
    version: str
    extensions: Sequence[str]


class TensorMetadata(TypedDict):
    """Of an input or output; a dimension that is free is -1."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(TypedDict):
    """Of a model; its parameters say where its card is, and in which other datatypes the input may come."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    parameters: dict[str, str]


def server_metadata(extensions: Sequence[str] = EXTENSIONS) -> ServerMetadata:
    """Of this server, with the extensions that its client can use."""
    return {"name": NAME, "version": VERSION, "extensions": extensions}


def model_metadata(model: Model, versions: Sequence[int]) -> ModelMetadata:
    """Of a model.

    Args:
        model: one version of it.
        versions: all that there are.
    """
    outputs = Outputs(model.card)
    return {
        "name": model.name,
        "versions": [str(version) for version in versions],
        "platform": _PLATFORM,
        "inputs": [_input(model.card)],
        "outputs": [
            {"name": name, "datatype": datatype_of(outputs, name), "shape": [-1, *shape]}
            for name, shape in outputs.shapes.items()
        ],
        "parameters": {
            "card": card_address(model.name, model.version),
            "other_datatypes": "FP32 from 0 to 255; BYTES [N], a picture file in each element",
        },
    }


def _input(card: Card) -> TensorMetadata:
    contract = card.contract.input
    shape = [-1 if each is None else each for each in contract.shape]
    return {"name": contract.name, "datatype": contract.dtype.upper(), "shape": shape}
