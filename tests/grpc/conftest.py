"""A service that speaks gRPC too, and how it is asked."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest

from service.grpc import inference_pb2 as pb
from tests.support import serving
from tests.support.patience import PATIENCE_S
from tests.support.serving import Service

_SERVICE = "/inference.GRPCInferenceService/"


class Asked(NamedTuple):
    """A service, and a channel to its gRPC port."""

    service: Service
    channel: grpc.Channel
    port: int

    def call(self, name: str, request: Any = None, metadata: Any = None, timeout: float = PATIENCE_S) -> Any:
        """Call a method by its name, with a message or a stream of them."""
        kind, answer = getattr(pb, f"{name}Request", None), getattr(pb, f"{name}Response")
        kind = kind or pb.ModelInferRequest
        streams = name.endswith("StreamInfer")
        method = (self.channel.stream_stream if streams else self.channel.unary_unary)(
            _SERVICE + name, request_serializer=kind.SerializeToString, response_deserializer=answer.FromString
        )
        return method(request if request is not None else kind(), metadata=metadata, timeout=timeout)

    def refused(self, name: str, request: Any = None, **options: Any) -> tuple[grpc.StatusCode, str]:
        """The status and the sentence with which a call is refused."""
        with pytest.raises(grpc.RpcError) as caught:
            self.call(name, request, **options)
        return caught.value.code(), caught.value.details()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serve(models: Path | None = None, **settings: Any) -> Iterator[Asked]:
    """A service of this folder, or of the shipped models, that speaks gRPC."""
    port = free_port()
    given: dict[str, Any] = {"models": models, "model": "toy"} if models else {}
    with (
        serving.start(grpc_port=port, **given, **settings) as service,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        grpc.channel_ready_future(channel).result(PATIENCE_S)
        yield Asked(service, channel, port)


@pytest.fixture(scope="package")
def shipped() -> Iterator[Asked]:
    """The service as it is shipped, with gRPC."""
    with serve() as service:
        yield service


@pytest.fixture(scope="package")
def toy_asked(toy_models: Path) -> Iterator[Asked]:
    """The toy's, with small limits."""
    with serve(toy_models, max_images=3, max_body_bytes=400_000) as service:
        yield service
