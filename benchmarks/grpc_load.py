"""A closed-loop gRPC load, as `load` is one of HTTP."""

import asyncio
import time

import grpc
import uvloop

from benchmarks.load import Load
from service.grpc import inference_pb2 as pb

_METHOD = "/inference.GRPCInferenceService/ModelInfer"
# As much as the service takes.
_OPTIONS = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def request(shape: tuple[int, ...], content: bytes) -> bytes:
    """A call's message: images as UINT8 in raw contents; the probabilities are wanted."""
    kind = pb.ModelInferRequest
    made = kind(model_name="seminar-cnn", raw_input_contents=[content])
    made.inputs.add(name="image", datatype="UINT8", shape=shape)
    made.outputs.add(name="probabilities")
    encoded: bytes = made.SerializeToString()
    return encoded


async def _drive(port: int, message: bytes, connections: int, seconds: float) -> Load:
    load, start = Load(), time.perf_counter()
    until = start + seconds

    async def one(number: int) -> None:
        # Its own channel would share a connection with the others.
        options = [*_OPTIONS, ("grpc.use_local_subchannel_pool", 1), ("benchmark.number", number)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            call = channel.unary_unary(_METHOD)
            while (began := time.perf_counter()) < until:
                await call(message)
                load.latencies.append(time.perf_counter() - began)
                load.statuses[200] = load.statuses.get(200, 0) + 1

    await asyncio.gather(*(one(number) for number in range(connections)))
    load.seconds = time.perf_counter() - start
    return load


def run(port: int, message: bytes, connections: int, seconds: float) -> Load:
    """Call over and over on several connections; a call that fails ends it.

    Raises:
        grpc.RpcError: a call failed.
    """
    return uvloop.run(_drive(port, message, connections, seconds))
