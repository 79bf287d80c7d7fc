"""Bytes on the gRPC port that no library for clients sends."""

import time

import grpc
import psutil
import pytest

from tests.grpc.conftest import Asked
from tests.grpc.test_bounds import GOOD
from tests.support.http2 import DATA, END_HEADERS, HEADERS, Connection, frame, header

SERVICE = "/inference.GRPCInferenceService/"


@pytest.mark.parametrize("path", [b"/a\xff", b"/\xc3\x28/\x80", b"/", b"//", b"/a/b/c", b"/%ff/%00"])
def test_no_path_ends_the_server(toy_asked: Asked, path: bytes) -> None:
    """Whatever path a call has, others are answered after it, on connections of before and on new ones."""
    with Connection(toy_asked.port) as connection:
        connection.call(path, b"", end=True)
        connection.read_something()
    assert toy_asked.call("ModelInfer", GOOD).model_name == "toy"
    with grpc.insecure_channel(f"127.0.0.1:{toy_asked.port}") as channel:
        assert toy_asked._replace(channel=channel).call("ServerLive").live


def test_what_nobody_reads_is_not_taken_in(toy_asked: Asked) -> None:
    """A hundred calls of which no message is read hold no more than 64 KiB each, however fast they send."""
    service = psutil.Process(toy_asked.service.process.pid)
    before = service.memory_info().rss
    with Connection(toy_asked.port, window=0) as connection:
        streams = [connection.call(SERVICE.encode() + b"ServerLive", b"", end=False) for _ in range(100)]
        sent = connection.send_all_that_is_wanted(streams, b"\0\0\x40\0\0", seconds=3)
        assert sent <= 100 * 65_535
        assert service.memory_info().rss < before + 40e6


def test_what_is_wrong_is_written_by_nobody_else(toy_asked: Asked) -> None:
    """A header that gRPC's core complains about leaves no line of its own in the log, whose lines are JSON."""
    with Connection(toy_asked.port) as connection:
        for _ in range(20):
            connection.call(SERVICE.encode() + b"ServerLive", b"", end=True, extra=header("grpc-encoding", "foo"))
        connection.read_something()
    time.sleep(0.5)
    lines = toy_asked.service.log.read_text().splitlines()
    assert [line for line in lines if "grpc-encoding" in line] == []


def test_frames_out_of_order_end_their_connection_alone(toy_asked: Asked) -> None:
    """Data without headers, and headers that can't be read, harm nobody else."""
    for wrong in (frame(DATA, 0, 1, b"x"), frame(HEADERS, END_HEADERS, 1, b"\xff" * 20), b"\xff" * 200):
        with Connection(toy_asked.port) as connection:
            connection.send(wrong)
            connection.read_something()
        assert toy_asked.call("ModelInfer", GOOD).model_name == "toy"
