"""The gRPC server: on a port of its own, begun and ended with the application."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from service.grpc import inference_pb2 as pb
from service.grpc.call import Calls
from service.grpc.inference import Inference
from service.grpc.reading import PLACES
from service.inference.registry import ModelRegistry
from service.limits.admission import Admission
from service.limits.pool import Pool
from service.middleware.access_log import AccessLog
from service.middleware.auth import Keys
from service.settings import Settings, SettingsError

_NAME = pb.DESCRIPTOR.services_by_name["GRPCInferenceService"].full_name
_LOOK_SECONDS = 0.1


def check_port(settings: Settings) -> None:
    """See that the port can be had, before anything is begun.

    Raises:
        SettingsError: it can't.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if settings.workers > 1 and hasattr(socket, "SO_REUSEPORT"):
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            tried.bind((settings.host, settings.grpc_port))
        except OSError as error:
            message = f"SERVICE_GRPC_PORT: port {settings.grpc_port} can't be had ({error.strerror}); name another."
            raise SettingsError(message) from None


@asynccontextmanager
async def serve(
    registry: ModelRegistry, admission: Admission, pool: Pool, access_log: AccessLog, settings: Settings
) -> AsyncIterator[None]:
    """Serve on `settings.grpc_port` as long as the block lasts; what is begun by then may be finished."""
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", min(settings.max_body_bytes, settings.max_buffered_bytes // PLACES)),
            ("grpc.max_send_message_length", -1),
            ("grpc.max_metadata_size", settings.max_header_bytes),
            ("grpc.max_concurrent_streams", settings.max_connections),
            # Idle connections end as those of HTTP do.
            ("grpc.max_connection_idle_ms", int(1000 * settings.keep_alive_seconds)),
            # Several workers share the port; of one alone nobody else may take it too.
            ("grpc.so_reuseport", int(settings.workers > 1)),
        ],
        maximum_concurrent_rpcs=settings.max_connections,
    )
    inference = Inference(registry, admission, pool, settings)
    server.add_generic_rpc_handlers((_handlers(inference, Calls(Keys(settings), access_log)),))
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    reflection.enable_server_reflection((_NAME, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    server.add_insecure_port(f"{host}:{settings.grpc_port}")
    await server.start()
    watching = asyncio.create_task(_tell(checks, admission))
    try:
        yield
    finally:
        watching.cancel()
        await server.stop(settings.stop_seconds)


def _handlers(inference: Inference, calls: Calls) -> grpc.GenericRpcHandler:
    """The calls by their names. On the wire a stream of one message is what a single message is."""
    made: dict[str, Any] = {}
    for name, behaviour, request, response, is_open in (
        ("ServerLive", inference.server_live, pb.ServerLiveRequest, pb.ServerLiveResponse, True),
        ("ServerReady", inference.server_ready, pb.ServerReadyRequest, pb.ServerReadyResponse, True),
        ("ServerMetadata", inference.server_metadata, pb.ServerMetadataRequest, pb.ServerMetadataResponse, True),
        ("ModelReady", inference.model_ready, pb.ModelReadyRequest, pb.ModelReadyResponse, False),
        ("ModelMetadata", inference.model_metadata, pb.ModelMetadataRequest, pb.ModelMetadataResponse, False),
        ("RepositoryIndex", inference.repository_index, pb.RepositoryIndexRequest, pb.RepositoryIndexResponse, False),
        ("ModelInfer", inference.model_infer, pb.ModelInferRequest, pb.ModelInferResponse, False),
    ):
        made[name] = grpc.stream_unary_rpc_method_handler(
            calls.handler(f"/{_NAME}/{name}", behaviour, is_open=is_open),
            request.FromString,
            response.SerializeToString,
        )
    made["ModelStreamInfer"] = grpc.stream_stream_rpc_method_handler(
        calls.stream(f"/{_NAME}/ModelStreamInfer", inference.model_stream_infer),
        pb.ModelInferRequest.FromString,
        pb.ModelStreamInferResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(_NAME, made)


async def _tell(checks: Any, admission: Admission) -> None:
    """Keep what grpc.health.v1 says at what is so: a service that drains takes nothing new."""
    serving = health_pb2.HealthCheckResponse
    for draining, status in ((False, serving.SERVING), (True, serving.NOT_SERVING)):
        while admission.draining != draining:  # noqa: ASYNC110 - a signal sets it, with no event for it
            await asyncio.sleep(_LOOK_SECONDS)
        for name in ("", _NAME):
            await checks.set(name, status)
