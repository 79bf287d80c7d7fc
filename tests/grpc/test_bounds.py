"""What gRPC calls may cost is bounded as over HTTP."""

import signal
import threading
import time
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import grpc
import pytest

from service.grpc import inference_pb2 as pb
from tests.grpc.conftest import Asked, serve
from tests.grpc.test_calls import ONE, PIXELS, raw
from tests.support import hostile, serving
from tests.support.patience import PATIENCE_S, until

GOOD = raw("UINT8", ONE, PIXELS)


@pytest.fixture
def bounded(toy_models: Path) -> Iterator[Asked]:
    """A service in which a request may take four seconds to arrive."""
    with serve(toy_models, body_seconds=4) as service:
        yield service


def slowly(end: threading.Event) -> Iterator[Any]:
    """A stream of requests that sends none until the end."""
    end.wait(PATIENCE_S)
    yield GOOD


def test_a_message_has_a_size(toy_asked: Asked) -> None:
    """One larger than SERVICE_MAX_BODY_BYTES is refused before it is read whole."""
    code, _ = toy_asked.refused("ModelInfer", raw("UINT8", ONE, bytes(400_001)))
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_picture_has_a_time(toy_models: Path) -> None:
    """A picture that takes its decoder too long is refused, as over HTTP, and the service answers on."""
    with serve(toy_models, decode_seconds=0.5) as service:
        content = hostile.png_of_profiles(2500)
        picture = raw("BYTES", [1], len(content).to_bytes(4, "little") + content)
        code, text = service.refused("ModelInfer", picture)
        assert (code, "takes" in text or "took" in text) == (grpc.StatusCode.INVALID_ARGUMENT, True)
        assert service.call("ModelInfer", GOOD).model_name == "toy"


def test_calls_that_never_send_make_room(bounded: Asked) -> None:
    """Forty calls that send nothing have to give way: others of the same client are answered meanwhile."""
    end = threading.Event()
    method = bounded.channel.stream_unary(
        "/inference.GRPCInferenceService/ModelInfer",
        request_serializer=pb.ModelInferRequest.SerializeToString,
        response_deserializer=pb.ModelInferResponse.FromString,
    )
    waiting = [method.future(slowly(end), timeout=PATIENCE_S) for _ in range(40)]
    try:
        time.sleep(0.5)
        for _ in range(5):
            assert bounded.call("ModelInfer", GOOD).model_name == "toy"
        codes = {each.exception().code() for each in waiting}
    finally:
        end.set()
    assert codes <= {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED}
    assert grpc.StatusCode.RESOURCE_EXHAUSTED in codes


def test_overload_is_told_as_such(toy_models: Path) -> None:
    """Where no more predictions are worked on, calls are RESOURCE_EXHAUSTED, and counted as overloaded."""
    with serve(toy_models, max_in_flight=1, decode_seconds=2) as service:
        content = hostile.png_of_profiles(2500)
        slow = raw("BYTES", [1], len(content).to_bytes(4, "little") + content)
        thread = threading.Thread(target=service.refused, args=("ModelInfer", slow))
        thread.start()
        try:
            until(lambda: service.service.figures()["seminar_cnn_in_flight"] == 1, "the slow one to be worked on")
            code, text = service.refused("ModelInfer", GOOD)
        finally:
            thread.join()
        assert (code, "1 predictions at one time" in text) == (grpc.StatusCode.RESOURCE_EXHAUSTED, True)
        assert service.service.figures()['seminar_cnn_refusals_total{cause="overloaded"}'] >= 1
        assert service.service.figures()["seminar_cnn_in_flight"] == 0


def test_streams_are_few(bounded: Asked) -> None:
    """Of twenty streams sixteen are open; the others are refused at once, and those that end make room."""
    end = threading.Event()
    streams = [bounded.call("ModelStreamInfer", slowly(end)) for _ in range(20)]
    until(lambda: sum(each.done() for each in streams) == 4, "the refusal of four")
    refused = [each for each in streams if each.done()]
    assert {each.code() for each in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    end.set()
    for each in streams:
        if each not in refused:
            assert next(each).infer_response.model_name == "toy"
            each.cancel()
    until(lambda: next(bounded.call("ModelStreamInfer", iter([GOOD]))), "room for one more")


def test_a_key_is_wanted(toy_models: Path) -> None:
    """Where keys are set, what a gateway probes is open, and all else wants one in its metadata."""
    with serve(toy_models, api_keys='["a-key"]') as service:
        assert service.call("ServerReady").ready
        for name, message in (("ModelInfer", GOOD), ("ModelMetadata", None), ("RepositoryIndex", None)):
            assert service.refused(name, message)[0] == grpc.StatusCode.UNAUTHENTICATED
        with pytest.raises(grpc.RpcError) as error:
            next(service.call("ModelStreamInfer", repeat(GOOD, 1)))
        assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED
        key = [("authorization", "Bearer a-key")]
        assert service.call("ModelInfer", GOOD, metadata=key).model_name == "toy"


def test_calls_are_logged_and_counted(toy_asked: Asked) -> None:
    """As requests are: by their route, with the status that HTTP would have."""
    toy_asked.call("ModelInfer", GOOD)
    toy_asked.refused("ModelInfer", pb.ModelInferRequest(model_name="toy"))
    route = 'route="/inference.GRPCInferenceService/ModelInfer"'

    def counted() -> bool:
        figures = toy_asked.service.figures()
        return all(
            figures.get(f'seminar_cnn_requests_total{{method="POST",{route},status="{status}"}}', 0) > 0
            for status in (200, 400)
        )

    until(counted, "both calls in the figures")
    assert '"path":"/inference.GRPCInferenceService/ModelInfer"' in toy_asked.service.log.read_text()


def test_it_drains_and_stops(toy_models: Path) -> None:
    """Told to stop, the service says so (ServerReady, grpc.health.v1), answers on while it drains, and ends with 0."""
    with serve(toy_models, drain_seconds=2) as service:
        service.service.process.send_signal(signal.SIGTERM)
        until(lambda: not service.call("ServerReady").ready, "draining")
        assert service.call("ModelInfer", GOOD).model_name == "toy"
        assert service.service.process.wait(PATIENCE_S) == 0


def test_a_port_that_is_taken_is_told(toy_models: Path) -> None:
    """With its port taken the service does not start, and says which."""
    with serve(toy_models) as service:
        result = serving.run("service", port=0, models=toy_models, model="toy", grpc_port=service.port)
        assert result.returncode == 1
        assert f"port {service.port} can't be had" in result.stderr
