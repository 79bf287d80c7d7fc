"""A grpc.aio server that answers every call with the same bytes, and does nothing else."""

import sys
from typing import Any

import grpc
import uvloop

# As many as an answer with the probabilities of one image.
_ANSWER = bytes(100)


async def _answer(_message: bytes, _context: Any) -> bytes:
    return _ANSWER


async def _serve(port: str) -> None:
    server = grpc.aio.server()
    handlers = {"ModelInfer": grpc.unary_unary_rpc_method_handler(_answer)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("inference.GRPCInferenceService", handlers)])
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
