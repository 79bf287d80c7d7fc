"""Triton's client over gRPC: one call, asyncio, a stream, and what it asks of servers and models."""

import asyncio
import queue
from typing import Any

import numpy as np
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio

from tests.clients.asked import MODEL, OUTPUTS, VERSION, Given, give, result

REQUESTS = 3
PATIENCE_S = 60


def inputs(given: Given, datatype: str) -> list[Any]:
    images = given.images.astype(np.float32) if datatype == "FP32" else given.images
    values = np.array(given.pictures, np.object_) if datatype == "BYTES" else images
    made = triton.InferInput("image", values.shape, datatype)
    made.set_data_from_numpy(values)
    return [made]


def wanted() -> list[Any]:
    return [triton.InferRequestedOutput(name) for name in OUTPUTS]


def read(answer: Any) -> dict[str, Any]:
    return result(*(answer.as_numpy(name) for name in OUTPUTS))


def called(given: Given) -> dict[str, Any]:
    with triton.InferenceServerClient(given.grpc) as client:
        found: dict[str, Any] = {
            datatype: read(client.infer(MODEL, inputs(given, datatype), VERSION, wanted()))
            for datatype in ("UINT8", "FP32", "BYTES")
        }
        found["compressed"] = read(
            client.infer(MODEL, inputs(given, "UINT8"), outputs=wanted(), compression_algorithm="gzip")
        )
        found["facts"] = {
            "live": client.is_server_live(),
            "ready": client.is_server_ready() and client.is_model_ready(MODEL, VERSION),
            "server": client.get_server_metadata().name,
            "versions": list(client.get_model_metadata(MODEL).versions),
            "index": sorted({each.name for each in client.get_model_repository_index().models}),
        }
    return found


def streamed(given: Given) -> dict[str, Any]:
    answers: queue.Queue[Any] = queue.Queue()
    with triton.InferenceServerClient(given.grpc) as client:
        client.start_stream(lambda result, error: answers.put(error or result))
        for number in range(REQUESTS):
            client.async_stream_infer(MODEL, inputs(given, "UINT8"), outputs=wanted(), request_id=str(number))
        got = [answers.get(timeout=PATIENCE_S) for _ in range(REQUESTS)]
        client.stop_stream()
    assert [each.get_response().id for each in got] == [str(number) for number in range(REQUESTS)]
    return {f"stream {number}": read(each) for number, each in enumerate(got)}


async def awaited(given: Given) -> dict[str, Any]:
    async with triton_aio.InferenceServerClient(given.grpc) as client:
        return {"asyncio": read(await client.infer(MODEL, inputs(given, "UINT8"), outputs=wanted()))}


if __name__ == "__main__":
    GIVEN = Given()
    give(called(GIVEN) | streamed(GIVEN) | asyncio.run(awaited(GIVEN)))
