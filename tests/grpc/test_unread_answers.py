"""A client whose HTTP/2 window takes nothing holds up nothing."""

import socket
import struct
from pathlib import Path

import pytest

from service.grpc import inference_pb2 as pb
from tests.grpc.conftest import serve
from tests.grpc.test_bounds import GOOD
from tests.support.patience import PATIENCE_S, until

# RFC 9113, sections 6 and 11.2.
_DATA, _HEADERS, _SETTINGS = 0, 1, 4
_INITIAL_WINDOW_SIZE = 4
_END_STREAM, _END_HEADERS = 1, 4


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def _header(name: str, value: str) -> bytes:
    """A header as it is written without any compression (RFC 7541, section 6.2.2)."""
    return bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def _call(address: str, port: int, message: bytes, calls: int) -> socket.socket:
    """A connection from this address on which ModelInfer is called so often, by one who takes no byte of an answer."""
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE_S, (address, 0))
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    connection.sendall(_frame(_SETTINGS, 0, 0, struct.pack("!HI", _INITIAL_WINDOW_SIZE, 0)))
    headers = b"".join(
        _header(name, value)
        for name, value in (
            (":method", "POST"), (":scheme", "http"), (":path", "/inference.GRPCInferenceService/ModelInfer"),
            (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"),
        )
    )  # fmt: skip
    for each in range(calls):
        stream = 2 * each + 1
        body = b"\0" + struct.pack("!I", len(message)) + message
        connection.sendall(_frame(_HEADERS, _END_HEADERS, stream, headers) + _frame(_DATA, _END_STREAM, stream, body))
    return connection


@pytest.mark.parametrize(
    "message", [GOOD.SerializeToString(), pb.ModelInferRequest(model_name="nobody").SerializeToString()]
)
def test_who_takes_no_answer_takes_nobody_elses_place(toy_models: Path, message: bytes) -> None:
    """Forty answers, good or errors, that one address does not take fill its share of eight calls, no more.

    Others are answered meanwhile, and when its connection ends all its calls are over.
    """
    with serve(toy_models, max_connections=8) as service:
        with _call("127.0.0.2", service.port, message, 40):
            for _ in range(20):
                assert service.call("ModelInfer", GOOD).model_name == "toy"
        until(lambda: service.service.log.read_text().count("/ModelInfer") == 60, "a line for each call")
