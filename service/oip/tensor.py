"""Tensors as the protocol carries them: by name, datatype and shape, their elements as raw bytes or as values."""

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.errors import InvalidTensor
from service.expectation import shown

_HIGHEST = 255
_LENGTH = struct.Struct("<I")
_BYTES = "BYTES"
# Little-endian, as the binary tensor extension wants it.
_DTYPES: dict[str, np.dtype[Any]] = {"UINT8": np.dtype("u1"), "FP32": np.dtype("<f4")}
DATATYPES = (*_DTYPES, _BYTES)


class InputTensor(NamedTuple):
    """A tensor of a request; it has either raw bytes or values.

    Attributes:
        name: of the model's input.
        datatype: one of the protocol's.
        shape: as it was sent.
        raw: the elements in row-major order, little-endian; of BYTES each after its length in four bytes.
        values: the elements, flat or nested; of BYTES each as bytes.
    """

    name: str
    datatype: str
    shape: Sequence[int]
    raw: bytes | memoryview | None = None
    values: Any = None


class OutputTensor(NamedTuple):
    """A tensor of an answer.

    Attributes:
        name: of the model's output.
        datatype: one of the protocol's.
        array: [N] or [N, M]; of BYTES objects that are bytes.
    """

    name: str
    datatype: str
    array: NDArray[Any]

    def raw(self) -> bytes:
        """Its elements as the binary tensor extension and gRPC carry them."""
        if self.datatype != _BYTES:
            return self.array.tobytes()
        return b"".join(part for each in self.array.ravel() for part in (_LENGTH.pack(len(each)), each))


def elements(tensor: InputTensor, count: int) -> NDArray[Any] | list[bytes]:
    """The elements of a tensor, flat: an array of its datatype, or a list of bytes.

    Args:
        tensor: whose datatype is one of `DATATYPES`.
        count: of the elements, by its shape.

    Raises:
        InvalidTensor: there are more or fewer, or they are of another kind.
    """
    if tensor.datatype == _BYTES:
        found = _split(tensor.raw, count) if tensor.raw is not None else _flat_bytes(tensor.values)
        _check_count(tensor, len(found), count)
        return found
    dtype = _DTYPES[tensor.datatype]
    if tensor.raw is not None:
        if len(tensor.raw) != count * dtype.itemsize:
            message = (
                f"The tensor {shown(tensor.name)} has {len(tensor.raw):,} bytes; by its shape and datatype it has "
                f"{count * dtype.itemsize:,}."
            )
            raise InvalidTensor(message, field="binary_data_size")
        return np.frombuffer(tensor.raw, dtype)
    array = _numbers(tensor).ravel()
    _check_count(tensor, array.size, count)
    if tensor.datatype == "UINT8":
        if array.dtype.kind == "f":
            raise InvalidTensor("The elements of a UINT8 tensor are whole numbers from 0 to 255.", field="data")
        if array.size and (array.min() < 0 or array.max() > _HIGHEST):
            raise InvalidTensor("The elements of a UINT8 tensor go from 0 to 255.", field="data", limit=_HIGHEST)
    with np.errstate(over="ignore"):  # what is too large becomes infinite, which is no pixel's value either
        return array.astype(dtype)


def _numbers(tensor: InputTensor) -> NDArray[Any]:
    """The values as an array, whatever its shape."""
    try:
        # Looked at before: of one long text among numbers NumPy would make as many texts of that length.
        array = np.asarray(tensor.values if _holds_numbers(tensor.values) else None)
    except (ValueError, OverflowError):  # nested unevenly, or numbers that nothing holds
        array = np.empty(0, object)
    if array.dtype.kind not in "iuf":
        raise InvalidTensor(
            f"The data of the tensor {shown(tensor.name)} are numbers, in one list or in lists nested by its shape.",
            field="data",
        )
    return array


def _holds_numbers(values: Any) -> bool:
    """Whether there is nothing but numbers in lists, of whatever depth."""
    lists = [values]
    while lists:
        each = lists.pop()
        if type(each) is not list:
            return False
        for value in each:
            if type(value) is list:
                lists.append(value)
            elif type(value) not in (int, float):
                return False
    return True


def _check_count(tensor: InputTensor, found: int, count: int) -> None:
    if found != count:
        raise InvalidTensor(
            f"The tensor {shown(tensor.name)} has {found:,} elements; by its shape it has {count:,}.", field="data"
        )


def _split(raw: bytes | memoryview, count: int) -> list[bytes]:
    """The elements of a BYTES tensor, at most one more than `count`."""
    found: list[bytes] = []
    position = 0
    while position < len(raw) and len(found) <= count:
        start = position + _LENGTH.size
        length = _LENGTH.unpack_from(raw, position)[0] if start <= len(raw) else len(raw)
        position = start + length
        if position > len(raw):
            raise InvalidTensor(
                "A BYTES tensor breaks off: before each element stands its length, in four bytes, little-endian.",
                field="data",
            )
        found.append(bytes(raw[start:position]))
    return found


def _flat_bytes(values: Any) -> list[bytes]:
    """Elements of bytes, in one list or in lists of one each."""
    listed = values if isinstance(values, list) else []
    return [each[0] if isinstance(each, list) and len(each) == 1 else each for each in listed]
