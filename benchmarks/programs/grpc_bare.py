"""grpc.aio with next to nothing around it: answers with the probabilities, or every call with the same bytes."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import numpy as np
import uvloop

from benchmarks.programs.classify import open_session
from service.grpc import inference_pb2 as pb

# About as many as an answer with the probabilities of one image.
_ANSWER = bytes(100)


async def _echo(_message: bytes, _context: Any) -> bytes:
    return _ANSWER


def _model() -> Callable[[bytes, Any], Awaitable[bytes]]:
    session = open_session()

    async def answer(message: bytes, _context: Any) -> bytes:
        asked = pb.ModelInferRequest.FromString(message)
        images = np.frombuffer(asked.raw_input_contents[0], np.uint8).reshape(asked.inputs[0].shape)
        (probabilities,) = session.run(["probabilities"], {"image": images})
        reply = pb.ModelInferResponse(model_name="seminar-cnn", raw_output_contents=[probabilities.tobytes()])
        reply.outputs.add(name="probabilities", datatype="FP32", shape=probabilities.shape)
        content: bytes = reply.SerializeToString()
        return content

    return answer


async def _serve(port: str, kind: str) -> None:
    server = grpc.aio.server()
    handlers = {"ModelInfer": grpc.unary_unary_rpc_method_handler(_model() if kind == "model" else _echo)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("inference.GRPCInferenceService", handlers)])
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(_serve(*sys.argv[1:]))
