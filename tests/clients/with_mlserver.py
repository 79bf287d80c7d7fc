"""MLServer's types and codecs: they make the requests, and read every answer."""

from typing import Any

import httpx
import numpy as np
from mlserver import types
from mlserver.codecs import Base64Codec, NumpyCodec, StringCodec

from tests.clients.asked import MODEL, OUTPUTS, Given, give, result


def asked(client: httpx.Client, given: Any) -> dict[str, Any]:
    request = types.InferenceRequest(
        id="mlserver", inputs=[given], outputs=[types.RequestOutput(name=name) for name in OUTPUTS]
    )
    answer = client.post(f"/v2/models/{MODEL}/infer", content=request.model_dump_json(exclude_none=True))
    read = types.InferenceResponse.model_validate_json(answer.content)
    assert (answer.status_code, read.id, read.model_name) == (200, "mlserver", MODEL)
    outputs = {each.name: each for each in read.outputs}
    return result(NumpyCodec.decode_output(outputs["probabilities"]), StringCodec.decode_output(outputs["label"]))


def main() -> None:
    given = Given()
    with httpx.Client(base_url=given.url, timeout=60) as client:
        found = {
            "UINT8": asked(client, NumpyCodec.encode_input("image", given.images)),
            "FP32": asked(client, NumpyCodec.encode_input("image", given.images.astype(np.float32))),
            "BYTES": asked(client, Base64Codec.encode_input("image", given.pictures, use_bytes=False)),
        }
        server = types.MetadataServerResponse.model_validate_json(client.get("/v2").content)
        model = types.MetadataModelResponse.model_validate_json(client.get(f"/v2/models/{MODEL}").content)
        index = types.RepositoryIndexResponse.model_validate_json(client.post("/v2/repository/index").content)
        error = types.InferenceErrorResponse.model_validate_json(client.get("/v2/models/nothing").content)
        found["facts"] = {
            "server": server.name,
            "versions": model.versions,
            "index": sorted({each.name for each in index.root}),
            "error": bool(error.error),
        }
    give(found)


if __name__ == "__main__":
    main()
