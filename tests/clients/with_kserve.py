"""KServe's clients, over REST and over gRPC."""

import asyncio
from typing import Any

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

from tests.clients.asked import MODEL, OUTPUTS, Given, give, result


def request(given: Given, datatype: str, *, binary: bool) -> Any:
    values = given.images.astype(np.float32) if datatype == "FP32" else given.images
    made = InferInput("image", list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return InferRequest(MODEL, [made], request_id="kserve")


def read(answer: Any) -> dict[str, Any]:
    assert (answer.id, answer.model_name) == ("kserve", MODEL)
    outputs = {each.name: each for each in answer.outputs}
    return result(*(outputs[name].as_numpy() for name in OUTPUTS))


async def rest(given: Given) -> dict[str, Any]:
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    found: dict[str, Any] = {
        f"REST {datatype} {'binary' if binary else 'JSON'}": read(
            await client.infer(given.url, request(given, datatype, binary=binary), model_name=MODEL)
        )
        for datatype in ("UINT8", "FP32")
        for binary in (False, True)
    }
    found["facts"] = {
        "live": await client.is_server_live(given.url),
        "ready": await client.is_server_ready(given.url) and await client.is_model_ready(given.url, MODEL),
    }
    await client.close()
    return found


async def grpc(given: Given) -> dict[str, Any]:
    client = InferenceGRPCClient(given.grpc)
    found = {
        f"gRPC {datatype}": read(await client.infer(request(given, datatype, binary=True)))
        for datatype in ("UINT8", "FP32")
    }
    assert await client.is_server_live()
    assert await client.is_server_ready()
    assert await client.is_model_ready(MODEL)
    await client.close()
    return found


async def main() -> None:
    given = Given()
    give(await grpc(given) | await rest(given))


if __name__ == "__main__":
    asyncio.run(main())
