"""What gRPC calls may cost is bounded as over HTTP."""

import signal
import threading
import time
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2_grpc

from service.grpc import inference_pb2 as pb
from tests.grpc.conftest import Asked, serve
from tests.grpc.test_calls import ONE, PIXELS, raw, request, tensor
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
    """Of one client's twelve streams eight are open, half of all; the others are refused, and an end makes room."""
    end = threading.Event()
    streams = [bounded.call("ModelStreamInfer", slowly(end)) for _ in range(12)]
    until(lambda: sum(each.done() for each in streams) == 4, "the refusal of four")
    refused = [each for each in streams if each.done()]
    assert {each.code() for each in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    end.set()
    for each in streams:
        if each not in refused:
            assert next(each).infer_response.model_name == "toy"
            each.cancel()
    until(lambda: next(bounded.call("ModelStreamInfer", iter([GOOD]))), "room for one more")


def test_streams_that_nobody_reads_make_room(toy_models: Path) -> None:
    """Eight clients that ask on and read no answer lose the streams that they fill after SERVICE_SEND_SECONDS."""
    many = np.zeros((64, 32, 32, 3), np.uint8)
    with serve(toy_models, send_seconds=1) as service:
        asked = raw("UINT8", many.shape, many.tobytes())
        streams = [service.call("ModelStreamInfer", repeat(asked, 10_000)) for _ in range(8)]
        try:
            until(lambda: not _streamed(service), "all that one client may have")
            until(lambda: _streamed(service), "room for one more")
        finally:
            for stream in streams:
                stream.cancel()


def _streamed(service: Asked) -> bool:
    try:
        return bool(next(service.call("ModelStreamInfer", iter([GOOD]))).infer_response.model_name)
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        return False


def test_nothing_is_made_of_too_many_fields(toy_asked: Asked) -> None:
    """Two hundred thousand empty fields at any depth, four hundred bytes compressed, are refused and take no memory."""
    service = psutil.Process(toy_asked.service.process.pid)
    toy_asked.call("ModelInfer", GOOD)
    before = service.memory_info().rss
    inner = b"\x2a\xbe\x9a\x0c"  # an input of 199,998 bytes, in which are parameters, or contents of pictures
    for content in (
        b"\x2a\x00" * 199_999, b"\x32\x00" * 199_999, b"\x22\x00" * 199_999,
        inner + b"\x22\x00" * 99_999, inner + b"\x2a\xba\x9a\x0c" + b"\x42\x00" * 99_997,
    ):  # fmt: skip
        code, text = bytes_refused(toy_asked, "ModelInfer", content, compression=grpc.Compression.Gzip)
        assert (code, "more than 1024 fields" in text) == (grpc.StatusCode.INVALID_ARGUMENT, True)
    assert service.memory_info().rss < before + 16e6


def test_a_refused_call_keeps_nothing(toy_asked: Asked) -> None:
    """150 calls of 300 kB that are refused leave no memory taken: the error keeps nothing of what they held."""
    service = psutil.Process(toy_asked.service.process.pid)
    wrong = request(tensor("UINT8", ONE), raw_input_contents=[bytes(300_000)])
    for _ in range(50):  # what the allocator keeps for the next is taken
        toy_asked.refused("ModelInfer", wrong)
    before = service.memory_info().rss
    for _ in range(150):
        assert toy_asked.refused("ModelInfer", wrong)[0] == grpc.StatusCode.INVALID_ARGUMENT
    assert service.memory_info().rss < before + 10e6


def test_no_address_takes_all_calls(toy_models: Path) -> None:
    """Where four calls may go on, one client has two, and its third is refused with a reason; what ends makes room."""
    with serve(toy_models, max_connections=4) as service:
        end = threading.Event()
        method = service.channel.stream_unary("/inference.GRPCInferenceService/ModelInfer")
        waiting = [method.future(slowly(end), timeout=PATIENCE_S) for _ in range(2)]
        try:
            code, text = until(lambda: _third(service), "a refusal") or (None, "")
            assert (code, "from your address" in text) == (grpc.StatusCode.RESOURCE_EXHAUSTED, True)
        finally:
            end.set()
            for each in waiting:
                each.cancel()
        until(lambda: _third(service) is None, "room")


def _third(service: Asked) -> tuple[grpc.StatusCode, str] | None:
    try:
        service.call("ServerLive")
    except grpc.RpcError as error:
        return error.code(), error.details()
    return None


@pytest.mark.parametrize("content", [b"\x2a\x7f", b"\xff" * 20, b"\x0b", b"\x0a\x02\xff\xfe", b"\x09\x00"])
def test_what_is_no_message_is_told(toy_asked: Asked, content: bytes) -> None:
    """Bytes that are no message of the call are the client's mistake, told in a sentence, and no fault in the log."""
    code, text = bytes_refused(toy_asked, "ModelInfer", content)
    assert (code, "Protocol Buffers" in text) == (grpc.StatusCode.INVALID_ARGUMENT, True)
    assert "Traceback" not in toy_asked.service.log.read_text()


def bytes_refused(service: Asked, name: str, content: bytes, **options: Any) -> tuple[grpc.StatusCode, str]:
    """The status and sentence with which these bytes are refused."""
    method = service.channel.unary_unary(f"/inference.GRPCInferenceService/{name}")
    with pytest.raises(grpc.RpcError) as caught:
        method(content, timeout=PATIENCE_S, **options)
    return caught.value.code(), caught.value.details()


def test_no_crowd_delays_a_probe(bounded: Asked) -> None:
    """While forty calls of its client send nothing, ServerLive and grpc.health.v1 are answered at once."""
    end = threading.Event()
    method = bounded.channel.stream_unary("/inference.GRPCInferenceService/ModelInfer")
    silent = [method.future(iter(end.wait, True), timeout=PATIENCE_S) for _ in range(40)]
    try:
        time.sleep(0.2)
        for _ in range(5):
            assert bounded.call("ServerLive").live
            assert health_pb2_grpc.HealthStub(bounded.channel).Check(health_pb2.HealthCheckRequest()).status
        assert not all(each.done() for each in silent)  # in turn with them it took them all their time
    finally:
        end.set()
        for each in silent:
            each.cancel()


def test_no_call_lasts_for_ever(toy_models: Path) -> None:
    """Watching the health is not offered, as its protocol allows; who asks for reflection and is silent is let go."""
    with serve(toy_models, keep_alive_seconds=1) as service:
        with pytest.raises(grpc.RpcError) as error:
            next(health_pb2_grpc.HealthStub(service.channel).Watch(health_pb2.HealthCheckRequest()))
        assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
        end = threading.Event()
        reflect = reflection_pb2_grpc.ServerReflectionStub(service.channel).ServerReflectionInfo
        assert list(reflect(iter(end.wait, True), timeout=PATIENCE_S)) == []
        end.set()


def test_a_key_is_wanted(toy_models: Path) -> None:
    """Where keys are set, a call is open where its sister of HTTP is, and all else wants one in its metadata."""
    with serve(toy_models, api_keys='["a-key"]', open_paths='["/health"]') as service:
        assert health_pb2_grpc.HealthStub(service.channel).Check(health_pb2.HealthCheckRequest()).status
        for name in ("ServerLive", "ServerReady", "ServerMetadata"):
            assert service.refused(name)[0] == grpc.StatusCode.UNAUTHENTICATED
        with pytest.raises(grpc.RpcError) as error:
            next(reflection_pb2_grpc.ServerReflectionStub(service.channel).ServerReflectionInfo(iter([])))
        assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED
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


def test_a_call_that_its_client_cancels_is_no_faulty_one(toy_models: Path) -> None:
    """Who hangs up before a message has come is counted as gone (499), as over HTTP, and not as wrong (400)."""
    end = threading.Event()
    with serve(toy_models) as service:
        method = service.channel.stream_unary("/inference.GRPCInferenceService/ModelInfer")
        calls = [method.future(slowly(end)) for _ in range(10)]
        assert service.call("ServerLive").live  # so they have come before
        for each in calls:
            each.cancel()
        counted = (
            'seminar_cnn_requests_total{method="POST",route="/inference.GRPCInferenceService/ModelInfer",status="%s"}'
        )
        until(lambda: service.service.figures().get(counted % 499) == len(calls), "all ten in the figures")
        assert counted % 400 not in service.service.figures()
        end.set()


def test_it_drains_and_stops(toy_models: Path) -> None:
    """Told to stop, the service says so (ServerReady, grpc.health.v1), answers on while it drains, and ends with 0."""
    with serve(toy_models, drain_seconds=2) as service:
        service.service.process.send_signal(signal.SIGTERM)
        until(lambda: not service.call("ServerReady").ready, "draining")
        assert service.call("ModelInfer", GOOD).model_name == "toy"
        assert service.service.process.wait(PATIENCE_S) == 0


def test_silent_streams_hold_up_no_stop(toy_models: Path) -> None:
    """A stream that is open and silent ends with the service, at once, and not when its time for stopping is over."""
    with serve(toy_models, drain_seconds=0, stop_seconds=int(10 * PATIENCE_S)) as service:
        end = threading.Event()
        stream = service.call("ModelStreamInfer", chain([GOOD], slowly(end)))
        assert next(stream).infer_response.model_name == "toy"
        service.service.process.send_signal(signal.SIGTERM)
        assert list(stream) == []
        assert service.service.process.wait(PATIENCE_S) == 0
        end.set()


def test_a_port_that_is_taken_is_told(toy_models: Path) -> None:
    """With its port taken the service does not start, and says which."""
    with serve(toy_models) as service:
        result = serving.run("service", port=0, models=toy_models, model="toy", grpc_port=service.port)
        assert result.returncode == 1
        assert f"port {service.port} can't be had" in result.stderr
