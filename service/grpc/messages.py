"""Between the protocol's messages and its tensors."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service.errors import InvalidTensor
from service.expectation import shown
from service.grpc import inference_pb2 as pb
from service.inference.outputs import Outputs
from service.inference.predictor import Predictor
from service.oip.metadata import ModelMetadata
from service.oip.request import InferRequest, check_id, outputs_of
from service.oip.tensor import InputTensor, OutputTensor

# Far more than a model has; counted before anything is made of them.
_MOST_TENSORS = 64
# The field of InferTensorContents that holds a datatype's elements.
_FIELDS = {"UINT8": "uint_contents", "FP32": "fp32_contents", "BYTES": "bytes_contents"}


def read(message: pb.ModelInferRequest, outputs: Outputs) -> InferRequest:
    """The request in a message.

    Raises:
        InvalidTensor: something of a tensor or output makes no sense.
    """
    check_id(message.id)
    if len(message.inputs) > _MOST_TENSORS or len(message.outputs) > _MOST_TENSORS:
        raise InvalidTensor(
            f"There are more than {_MOST_TENSORS} inputs or outputs.", field="inputs", limit=_MOST_TENSORS
        )
    raw = message.raw_input_contents
    if raw and len(raw) != len(message.inputs):
        given = f"{len(raw)} raw_input_contents for {len(message.inputs)} inputs"
        raise InvalidTensor(f"There are {given}; there must be one for each.", field="raw_input_contents")
    inputs = [
        _with_values(each) if not raw else _with_raw(each, raw[place]) for place, each in enumerate(message.inputs)
    ]
    wanted = [(each.name, _parameters(each.parameters)) for each in message.outputs]
    return InferRequest(inputs, outputs_of(wanted, outputs, binary=True), message.id or None)


def _with_raw(tensor: pb.ModelInferRequest.InferInputTensor, raw: bytes) -> InputTensor:
    if tensor.HasField("contents"):
        raise InvalidTensor("An input has contents or raw_input_contents, not both.", field="contents")
    return InputTensor(tensor.name, tensor.datatype, tensor.shape, raw=raw)


def _with_values(tensor: pb.ModelInferRequest.InferInputTensor) -> InputTensor:
    field = _FIELDS.get(tensor.datatype)
    present = [descriptor.name for descriptor, _ in tensor.contents.ListFields()]
    if field is not None and present != [field]:
        message = f"The contents of the tensor {shown(tensor.name)} stand in {field}."
        raise InvalidTensor(message, field="contents", value=shown(", ".join(present)), allowed=[field])
    values = list(getattr(tensor.contents, field)) if field else None
    return InputTensor(tensor.name, tensor.datatype, tensor.shape, values=values)


def _parameters(given: Mapping[str, pb.InferParameter]) -> dict[str, Any]:
    if not given:
        return {}
    found = {name: (value, value.WhichOneof("parameter_choice")) for name, value in given.items()}
    return {name: getattr(value, kind) for name, (value, kind) in found.items() if kind is not None}


def answer(predictor: Predictor, asked: InferRequest, tensors: Iterable[OutputTensor]) -> pb.ModelInferResponse:
    """The answer, with the tensors as raw contents."""
    made = pb.ModelInferResponse(
        model_name=predictor.model.name, model_version=str(predictor.model.version), id=asked.id or ""
    )
    for tensor in tensors:
        made.outputs.add(name=tensor.name, datatype=tensor.datatype, shape=tensor.array.shape)
        made.raw_output_contents.append(tensor.raw())
    return made


def metadata(found: ModelMetadata) -> pb.ModelMetadataResponse:
    """A model's metadata."""
    return pb.ModelMetadataResponse(
        name=found["name"],
        versions=found["versions"],
        platform=found["platform"],
        inputs=_tensors(found["inputs"]),
        outputs=_tensors(found["outputs"]),
        parameters={name: pb.InferParameter(string_param=text) for name, text in found["parameters"].items()},
    )


def _tensors(described: Sequence[Any]) -> list[pb.ModelMetadataResponse.TensorMetadata]:
    return [pb.ModelMetadataResponse.TensorMetadata(**each) for each in described]
