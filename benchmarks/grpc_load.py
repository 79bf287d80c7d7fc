"""A closed-loop gRPC load, as `load` is one of HTTP, by h2load (nghttp2): a client in Python is slower."""

import re
import subprocess
import tempfile
from pathlib import Path

import grpc

from benchmarks.load import Load
from benchmarks.program import on_load_cores
from service.grpc import inference_pb2 as pb

_METHOD = "/inference.GRPCInferenceService/ModelInfer"
_HEADERS = ("content-type: application/grpc", "te: trailers")
# Before each message: whether it is compressed, and its length (gRPC over HTTP/2, Length-Prefixed-Message).
_PREFIX_BYTES = 5


def request(shape: tuple[int, ...], content: bytes) -> bytes:
    """A call's message: images as UINT8 in raw contents; the probabilities are wanted."""
    kind = pb.ModelInferRequest
    made = kind(model_name="seminar-cnn", raw_input_contents=[content])
    made.inputs.add(name="image", datatype="UINT8", shape=shape)
    made.outputs.add(name="probabilities")
    encoded: bytes = made.SerializeToString()
    return encoded


def run(port: int, message: bytes, connections: int, seconds: float) -> Load:
    """Call over and over on several connections.

    Raises:
        RuntimeError: the answers together are not as long as as many good ones; h2load knows no status of gRPC's.
        grpc.RpcError: not even one call by itself is answered well.
    """
    with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.max_receive_message_length", -1)]) as channel:
        good = _PREFIX_BYTES + len(channel.unary_unary(_METHOD)(message, timeout=60, wait_for_ready=True))
    with tempfile.TemporaryDirectory() as folder:
        body, log = Path(folder) / "body", Path(folder) / "log"
        body.write_bytes(b"\0" + len(message).to_bytes(4, "big") + message)
        done = subprocess.run(
            [  # noqa: S607 - wherever it is
                "h2load", "--duration", f"{max(1, round(seconds))}", "--clients", str(connections),
                "--max-concurrent-streams", "1", "--data", str(body), "--log-file", str(log),
                *(part for header in _HEADERS for part in ("--header", header)), f"http://127.0.0.1:{port}{_METHOD}",
            ],
            stdout=subprocess.PIPE, text=True, check=True, preexec_fn=on_load_cores,
        )  # fmt: skip
        lines = [line.split() for line in log.read_text().splitlines()]
    load = Load(float(_found(r"finished in ([\d.]+)s", done.stdout)))
    load.latencies = [int(latency) / 1e6 for _, _, latency in lines]
    load.statuses = {200: sum(status == "200" for _, status, _ in lines)}
    data = int(_found(r"\((\d+)\) data", done.stdout))
    # At the end an answer may have come of which h2load takes no more note.
    if data % good or not 0 <= data // good - len(lines) <= connections or load.statuses[200] != len(lines):
        raise RuntimeError(f"{len(lines)} answers of {data} bytes; good ones have {good} each")
    return load


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"h2load said:\n{text}")
    return match[1]
