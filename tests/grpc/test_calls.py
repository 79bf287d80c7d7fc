"""What the calls answer: the same as HTTP, by the same names."""

from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from service.grpc import inference_pb2 as pb
from tests.grpc.conftest import Asked
from tests.support import toy
from tests.support.answers import body
from tests.support.patience import until
from tests.support.pictures import BLUE, RED, encode, photo
from tests.support.protocol import elements, images

TWO = images("airplane", "bird")
INVALID = grpc.StatusCode.INVALID_ARGUMENT
Input = pb.ModelInferRequest.InferInputTensor


def tensor(datatype: str, shape: Any, **contents: Any) -> Any:
    made = pb.InferTensorContents(**contents) if contents else None
    return Input(name="image", datatype=datatype, shape=shape, contents=made)


def request(*inputs: Any, model: str = "toy", **more: Any) -> Any:
    return pb.ModelInferRequest(model_name=model, inputs=inputs, **more)


def raw(datatype: str, shape: Any, content: bytes, **more: Any) -> Any:
    return request(tensor(datatype, shape), raw_input_contents=[content], **more)


def outputs(answer: Any) -> dict[str, Any]:
    """The outputs by name, from their raw contents."""
    found = {}
    for each, content in zip(answer.outputs, answer.raw_output_contents, strict=True):
        values = elements(each.datatype, content)
        found[each.name] = np.array(values, object).reshape(each.shape).tolist()
    return found


def test_server_and_models_say_what_they_are(toy_asked: Asked) -> None:
    """Live, ready, metadata and index are those of /v2."""
    client = toy_asked.service.client
    assert toy_asked.call("ServerLive").live
    assert toy_asked.call("ServerReady").ready
    assert toy_asked.call("ModelReady", pb.ModelReadyRequest(name="toy", version="1")).ready
    assert not toy_asked.call("ModelReady", pb.ModelReadyRequest(name="other")).ready
    server, said = toy_asked.call("ServerMetadata"), body(client.get("/v2"))
    assert (server.name, server.version) == (said["name"], said["version"])
    # Raw contents are the protocol's own here; of the repository there is the index, and statistics are HTTP's.
    assert list(server.extensions) == ["classification"]
    assert {"classification", "statistics", "model_repository", "binary_tensor_data"} == set(said["extensions"])
    model = toy_asked.call("ModelMetadata", pb.ModelMetadataRequest(name="toy", version="1"))
    said = body(client.get("/v2/models/toy/versions/1"))
    assert (model.name, list(model.versions), model.platform) == (said["name"], said["versions"], said["platform"])
    for mine, theirs in ((model.inputs, said["inputs"]), (model.outputs, said["outputs"])):
        assert [{"name": e.name, "datatype": e.datatype, "shape": list(e.shape)} for e in mine] == theirs
    assert model.parameters["card"].string_param == said["parameters"]["card"]
    index = toy_asked.call("RepositoryIndex", pb.RepositoryIndexRequest(ready=True)).models
    assert [(e.name, e.version, e.state) for e in index] == [("toy", "1", "READY"), ("toy", "2", "READY")]


BYTES = b"".join(len(each).to_bytes(4, "little") + each for each in (RED, BLUE))


@pytest.mark.parametrize("asked", [
    request(tensor("UINT8", TWO.shape, uint_contents=TWO.ravel().tolist())),
    request(tensor("FP32", TWO.shape, fp32_contents=TWO.ravel().tolist())),
    request(tensor("BYTES", [2], bytes_contents=[RED, BLUE])),
    raw("UINT8", TWO.shape, TWO.tobytes()),
    raw("FP32", TWO.shape, TWO.astype("<f4").tobytes()),
    raw("BYTES", [2, 1], BYTES),
], ids=["typed-uint8", "typed-fp32", "typed-bytes", "raw-uint8", "raw-fp32", "raw-bytes"])  # fmt: skip
def test_typed_and_raw_contents_are_classified(toy_asked: Asked, asked: Any) -> None:
    """Pixels and pictures in each form get the toy's answer, worked out by hand."""
    answer = toy_asked.call("ModelInfer", asked)
    assert (answer.model_name, answer.model_version) == ("toy", "2")
    found = outputs(answer)
    assert found["logits"] == [[4, 0, 0] + [0] * 7, [0, 0, 4] + [0] * 7]
    assert found["probabilities"][0][0] == pytest.approx(toy.RED, abs=1e-6)
    assert found["label"] == ["airplane", "bird"]


def test_it_answers_as_predict_does(shipped: Asked) -> None:
    """A photograph's probabilities, label and calibrated probability are /predict's, to its six decimals."""
    content = encode(photo(640, 480), "JPEG")
    answer = shipped.call("ModelInfer", request(tensor("BYTES", [1], bytes_contents=[content]), model="seminar-cnn"))
    found = outputs(answer)
    predicted = body(shipped.service.client.post("/predict", files={"image": content}))
    assert found["probabilities"][0] == pytest.approx(list(predicted["probabilities"].values()), abs=1e-6)
    assert found["calibrated_probability"] == pytest.approx([predicted["calibrated_probability"]], abs=1e-6)
    assert (found["label"], found["confident"]) == ([predicted["label"]], [predicted["confident"]])


def test_what_is_wanted_comes_back(toy_asked: Asked) -> None:
    """The id, the version that was pinned, and only the outputs named, with classification where it is asked for."""
    parameters = {"classification": pb.InferParameter(int64_param=1)}
    wanted = [{"name": "label"}, {"name": "logits", "parameters": parameters}]
    asked = raw("UINT8", TWO.shape, TWO.tobytes(), id="7", model_version="1", outputs=wanted)
    answer = toy_asked.call("ModelInfer", asked)
    assert (answer.id, answer.model_version) == ("7", "1")
    assert outputs(answer) == {"label": ["airplane", "bird"], "logits": [["4.000000:0:airplane"], ["4.000000:2:bird"]]}


def test_a_batch_of_64_is_answered(shipped: Asked) -> None:
    """Sixty-four images as raw bytes, the most in one request."""
    many = np.repeat(TWO[:1], 64, 0)
    answer = shipped.call("ModelInfer", raw("UINT8", many.shape, many.tobytes(), model="seminar-cnn"))
    assert len(set(outputs(answer)["label"])) == 1
    assert answer.outputs[0].shape == [64, 10]


ONE = [1, 32, 32, 3]
PIXELS = bytes(3072)


@pytest.mark.parametrize(("asked", "code", "says"), [
    (request(model="other"), grpc.StatusCode.NOT_FOUND, "no such model"),
    (request(model_version="x"), grpc.StatusCode.NOT_FOUND, "whole number from 1"),
    (request(), INVALID, "the request has none"),
    (raw("FP64", ONE, PIXELS), INVALID, "UINT8, FP32, BYTES"),
    (raw("UINT8", [1, 3, 32, 32], PIXELS), INVALID, "[N, 32, 32, 3]"),
    (raw("UINT8", ONE, PIXELS[1:]), INVALID, "3,071 bytes"),
    (raw("UINT8", [4, 32, 32, 3], PIXELS * 4), INVALID, "more than 3 images"),
    (raw("UINT8", ONE, PIXELS, id="x" * 1025), INVALID, "1,024 characters"),
    (raw("UINT8", ONE, PIXELS, outputs=[{"name": "x"}]), INVALID, "no such output"),
    (request(tensor("UINT8", ONE), raw_input_contents=[PIXELS, PIXELS]), INVALID, "2 raw_input_contents for 1"),
    (request(tensor("UINT8", ONE, uint_contents=[1]), raw_input_contents=[PIXELS]), INVALID, "not both"),
    (request(tensor("UINT8", ONE, int_contents=[1])), INVALID, "stand in uint_contents"),
    (request(tensor("UINT8", ONE, uint_contents=[256] * 3072)), INVALID, "from 0 to 255"),
    (raw("BYTES", [1], b"\5\0\0\0hello"), INVALID, "no image"),
])  # fmt: skip
def test_what_is_wrong_is_told(toy_asked: Asked, asked: Any, code: Any, says: str) -> None:
    """Each mistake has its status and our sentence, and is counted and logged by its name as over HTTP."""
    given, text = toy_asked.refused("ModelInfer", asked)
    assert given == code
    assert says in text


def test_a_stream_answers_one_after_another(toy_asked: Asked) -> None:
    """Of three requests the middle one is wrong: it alone has an error, and the others their answers, in order."""
    good = raw("UINT8", TWO.shape, TWO.tobytes())
    first, second, third = toy_asked.call("ModelStreamInfer", iter([good, request(), good]))
    assert "has none" in second.error_message
    for each in (first, third):
        assert not each.error_message
        assert outputs(each.infer_response)["label"] == ["airplane", "bird"]


def test_health_and_reflection_are_there(toy_asked: Asked) -> None:
    """grpc.health.v1 says SERVING of the server and of the service, and knows no other, which is no fault.

    Reflection names the service and gives its file.
    """
    health = health_pb2_grpc.HealthStub(toy_asked.channel)
    for name in ("", "inference.GRPCInferenceService"):
        said = health.Check(health_pb2.HealthCheckRequest(service=name))
        assert said.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as error:
        health.Check(health_pb2.HealthCheckRequest(service="nothing"))
    assert error.value.code() == grpc.StatusCode.NOT_FOUND
    assert "Traceback" not in toy_asked.service.log.read_text()
    told = 'seminar_cnn_requests_total{method="POST",route="/grpc.health.v1.Health/Check",status="404"}'
    until(lambda: toy_asked.service.figures()[told] >= 1, "that it is logged as what it was")
    reflect = reflection_pb2_grpc.ServerReflectionStub(toy_asked.channel).ServerReflectionInfo
    kind = reflection_pb2.ServerReflectionRequest
    listed, file = reflect(
        iter([kind(list_services=""), kind(file_containing_symbol="inference.GRPCInferenceService")])
    )
    assert "inference.GRPCInferenceService" in {each.name for each in listed.list_services_response.service}
    described = FileDescriptorProto.FromString(file.file_descriptor_response.file_descriptor_proto[0])
    assert [each.name for each in described.service[0].method][-1] == "RepositoryIndex"
