"""The body of an inference request: JSON, and after it the bytes of its tensors (Triton's binary tensor extension)."""

import base64
import binascii
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from service.errors import BodyTooLarge, InvalidTensor, MalformedBody, UnsupportedContentType
from service.expectation import shown
from service.inference.outputs import Outputs
from service.oip.request import InferRequest, check_id, outputs_of
from service.oip.tensor import InputTensor

LENGTH_HEADER = "inference-header-content-length"
_ENCODINGS = ("gzip", "deflate", "identity")
# A hundred images with every pixel in a list of its own have fewer lists and fewer commas. Only these make parsing JSON
# cost more memory than its bytes; they are counted before it is parsed.
_MOST_COMMAS = 400_000
_MOST_BRACKETS = 200_000


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """A body as it was before it was compressed.

    Raises:
        UnsupportedContentType: by something else than gzip or deflate.
        BodyTooLarge: it is longer than `limit`; no more than that is decompressed.
        MalformedBody: it breaks off or makes no sense.
    """
    encoding = encoding.lower()  # RFC 9110, section 8.4.1
    if encoding not in _ENCODINGS:
        message = "A body may be compressed with gzip or deflate."
        raise UnsupportedContentType(message, field="Content-Encoding", value=shown(encoding), allowed=_ENCODINGS)
    if encoding == "identity":
        return body
    # "deflate" is the zlib format (RFC 9110, 8.4.1.2); both are told by their first bytes.
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        content = decompressor.decompress(body, limit + 1)
    except zlib.error:
        raise MalformedBody("The body can't be decompressed.", field="Content-Encoding") from None
    if len(content) > limit:
        message = f"The request is larger than {limit:,} bytes once decompressed, the limit. Send fewer images."
        raise BodyTooLarge(message, limit=limit)
    if not decompressor.eof or decompressor.unused_data:
        raise MalformedBody("The compressed body breaks off, or something follows it.", field="Content-Encoding")
    return content


def read(
    body: bytes, header_length: str | None, input_name: str, shape: Sequence[int], outputs: Outputs
) -> InferRequest:
    """The request in a body.

    Args:
        body: decompressed.
        header_length: of the JSON at its beginning, as the header says; None: all of it.
        input_name: the model's, for a body that is nothing but its raw bytes.
        shape: that of one image.
        outputs: the model's.

    Raises:
        MalformedBody: it is no request.
        InvalidTensor: something of a tensor or output makes no sense.
    """
    length = _length(header_length, len(body))
    if length == 0:
        images = max(1, len(body) // math.prod(shape))
        raw = InputTensor(input_name, "UINT8", (images, *shape), raw=body)
        return InferRequest([raw], outputs_of(None, outputs, binary=True))
    document = _json(body if length is None else memoryview(body)[:length])
    following = memoryview(body)[len(body) if length is None else length :]
    parameters = _object(document.get("parameters"), "parameters")
    wanted = [
        (_text(each.get("name"), "name"), _object(each.get("parameters"), "parameters"))
        for each in _objects(document.get("outputs"), "outputs")
    ]
    binary = parameters.get("binary_data_output", False)
    if type(binary) is not bool:
        raise InvalidTensor("binary_data_output is true or false.", field="binary_data_output", value=shown(binary))
    identifier = document.get("id")
    if identifier is not None:
        check_id(_text(identifier, "id"))
    inputs = []
    for each in _objects(document.get("inputs"), "inputs"):
        tensor, following = _input(each, following)
        inputs.append(tensor)
    if following:
        message = f"{len(following):,} bytes follow the tensors: binary_data_size says how many are whose."
        raise InvalidTensor(message, field="binary_data_size")
    return InferRequest(inputs, outputs_of(wanted, outputs, binary=binary), identifier)


def _length(given: str | None, whole: int) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 20 and int(given) <= whole):
        message = f"Inference-Header-Content-Length says how many of the body's {whole:,} bytes are JSON."
        raise MalformedBody(message, field="Inference-Header-Content-Length", value=shown(given))
    return int(given)


def _json(content: bytes | memoryview) -> dict[str, Any]:
    whole = bytes(content)
    if whole.count(b",") > _MOST_COMMAS or whole.count(b"[") + whole.count(b"{") > _MOST_BRACKETS:
        message = (
            f"The JSON has more than {_MOST_COMMAS:,} values or {_MOST_BRACKETS:,} lists and objects, the limit. Send "
            "the tensor as binary data."
        )
        raise BodyTooLarge(message, limit=_MOST_COMMAS)
    try:
        document = orjson.loads(whole)
    except orjson.JSONDecodeError:
        raise MalformedBody("The body is not valid JSON. Send an object with inputs.") from None
    if not isinstance(document, dict):
        raise MalformedBody('The body must be a JSON object, such as {"inputs": [...]}.')
    return document


def _input(given: Mapping[str, Any], following: memoryview) -> tuple[InputTensor, memoryview]:
    """A tensor, and the bytes that are left for others."""
    name, datatype = (_text(given.get(each), each) for each in ("name", "datatype"))
    shape = given.get("shape")
    if not isinstance(shape, list) or not all(type(each) is int and each >= 0 for each in shape):
        raise InvalidTensor("A tensor's shape is a list of whole numbers.", field="shape")
    parameters = _object(given.get("parameters"), "parameters")
    size = parameters.get("binary_data_size")
    if size is None:
        if "data" not in given:
            message = "A tensor has data, or its parameters binary_data_size."
            raise InvalidTensor(message, field="data")
        data = given["data"]
        return InputTensor(name, datatype, shape, values=_from_base64(data) if datatype == "BYTES" else data), following
    if "data" in given:
        raise InvalidTensor("A tensor has data or binary_data_size, not both.", field="data")
    if type(size) is not int or not 0 <= size <= len(following):
        message = f"binary_data_size is a whole number; {len(following):,} bytes are left behind the JSON."
        raise InvalidTensor(message, field="binary_data_size", value=shown(size))
    return InputTensor(name, datatype, shape, raw=following[:size]), following[size:]


def _from_base64(data: Any) -> list[bytes]:
    """Picture files in JSON, in one list or in lists of one."""
    listed = data if isinstance(data, list) else [data]
    texts = [each[0] if isinstance(each, list) and len(each) == 1 else each for each in listed]
    try:
        return [base64.b64decode(text, validate=True) for text in texts]
    except (TypeError, ValueError, binascii.Error):
        raise InvalidTensor("The data of a BYTES tensor in JSON are texts in base64.", field="data") from None


def _text(given: Any, field: str) -> str:
    if not isinstance(given, str):
        raise InvalidTensor(f"{field} is a text.", field=field)
    return given


def _object(given: Any, field: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InvalidTensor(f"{field} is a JSON object.", field=field)
    return given


def _objects(given: Any, field: str) -> list[Mapping[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise InvalidTensor(f"{field} is a list of JSON objects.", field=field)
    return given
