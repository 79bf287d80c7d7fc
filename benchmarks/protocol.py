"""The Open Inference Protocol: beside onnxruntime without a service, and beside MLServer."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from benchmarks import grpc_load, load, program
from benchmarks.load import Load, checked, post_binary
from benchmarks.payloads import tensor_in_json
from benchmarks.program import ROOT
from benchmarks.table import tell

_PATH = "/v2/models/seminar-cnn/infer"
_BATCH = 64
_CONNECTIONS = 4
_CLIENTS = 16


def _images(n: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)


def batches(rounds: int, seconds: float) -> None:
    """Images per second of batches of 64 as binary tensors, on one core, beside onnxruntime alone on that core.

    A bare server shows how much of them grpc.aio leaves to a program that does little else.
    """
    images = _images(_BATCH)
    rest = post_binary(_PATH, images.shape, images.tobytes())
    call = grpc_load.request(images.shape, images.tobytes())
    grpc_port = program.free_port()
    with program.start("service", grpc_port=grpc_port, max_images=_BATCH) as service, _bare("model") as bare_port:
        ways: dict[str, Callable[[], Load]] = {
            "REST": lambda: checked(load.run(service.port, rest, _CONNECTIONS, seconds)),
            "gRPC": lambda: checked(grpc_load.run(grpc_port, call, _CONNECTIONS, seconds)),
            "bare gRPC": lambda: checked(grpc_load.run(bare_port, call, _CONNECTIONS, seconds)),
        }
        for name, way in ways.items():
            ours, alone = [], []
            way()
            for _ in range(rounds):
                ours.append(way().rate * _BATCH)
                alone.append(_alone(seconds))
            tell(f"images/s, batches of 64, {name}, in-process", ours, alone)


def _alone(seconds: float) -> float:
    """Images per second of onnxruntime on the server's core."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.programs.in_process", str(seconds)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, preexec_fn=program.on_server_cores,
    )  # fmt: skip
    return float(done.stdout)


@contextmanager
def _bare(kind: str) -> Iterator[int]:
    """The port of a grpc.aio server that only runs the "model", or, as an "echo", does nothing but answer."""
    port = program.free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.programs.grpc_bare", str(port), kind],
        cwd=ROOT, preexec_fn=program.on_server_cores,  # noqa: PLW1509 - there are no threads here
    )  # fmt: skip
    try:
        yield port
    finally:
        process.kill()
        process.wait()


def single(rounds: int, seconds: float) -> None:
    """One image in a request, beside MLServer: it in JSON over REST, which is all it takes; 16 connections.

    An echo shows how much of a call is grpc.aio's, which MLServer uses too.
    """
    image = _images(1)
    ours, theirs = program.free_port(), program.free_port()
    call = grpc_load.request(image.shape, image.tobytes())
    rest = post_binary(_PATH, image.shape, image.tobytes()), tensor_in_json(_PATH, image)
    with (
        program.start("service", grpc_port=ours) as service,
        program.start("MLServer", arguments=[str(theirs)]) as other,
        _bare("echo") as echo,
    ):
        _compare(
            "one image, REST",
            lambda: checked(load.run(service.port, rest[0], _CLIENTS, seconds)),
            lambda: checked(load.run(other.port, rest[1], _CLIENTS, seconds)),
            rounds,
        )
        for name, port in (("one image, gRPC", ours), ("an echo, gRPC", echo)):
            _compare(
                name,
                lambda port=port: checked(grpc_load.run(port, call, _CLIENTS, seconds)),  # type: ignore[misc]
                lambda: checked(grpc_load.run(theirs, call, _CLIENTS, seconds)),
                rounds,
            )


def _compare(name: str, our: Callable[[], Load], their: Callable[[], Load], rounds: int) -> None:
    """Requests per second and p99 of the service and MLServer, in turns, after one each to warm up."""
    ours, theirs = [our()], [their()]
    for _ in range(rounds):
        ours.append(our())
        theirs.append(their())
    tell(
        f"{name}, against MLServer, requests/s",
        [each.rate for each in ours[1:]],
        [each.rate for each in theirs[1:]],
    )
    tell(
        "   p99, ms",
        [each.percentile(99) for each in ours[1:]],
        [each.percentile(99) for each in theirs[1:]],
        "{:.1f}",
    )
