"""The gRPC server: on a port of its own, begun and ended with the application."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import grpc

from service.grpc.call import Calls
from service.grpc.inference import Inference
from service.grpc.probes import HEALTH, NAME, REFLECTION, Probes
from service.grpc.reading import PLACES
from service.grpc.threads import patient
from service.inference.registry import ModelRegistry
from service.limits.admission import Admission
from service.limits.pool import Pool
from service.middleware.access_log import AccessLog
from service.settings import Settings, SettingsError

_LOOK_SECONDS = 0.1
# Calls of one connection at one time.
_CALLS = 100
# A connection is asked to end after so long, its client makes another, and what goes on in it ends a minute later: so
# nothing that somebody holds and does not take is held for good.
_CONNECTION_MS, _GRACE_MS = 600_000, 60_000


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
    calls, over = Calls(settings, access_log), asyncio.Event()
    inference, probes = Inference(registry, admission, pool, settings, over), Probes(admission, settings, over)
    with patient():
        server = grpc.aio.server(
            options=[
                (
                    "grpc.max_receive_message_length",
                    min(settings.max_body_bytes, settings.max_buffered_bytes // PLACES),
                ),
                ("grpc.max_send_message_length", -1),
                ("grpc.max_metadata_size", settings.max_header_bytes),
                ("grpc.max_concurrent_streams", _CALLS),
                # Else what a call may send before it is read grows with the connection's speed, from 64 KiB to 8 MiB.
                ("grpc.http2.bdp_probe", 0),
                # Beside those of HTTP; the limit on open files is raised for both.
                ("grpc.max_allowed_incoming_connections", settings.max_connections),
                ("grpc.server_handshake_timeout_ms", int(1000 * settings.header_seconds)),
                ("grpc.max_connection_age_ms", _CONNECTION_MS),
                ("grpc.max_connection_age_grace_ms", _GRACE_MS),
                # Idle connections end as those of HTTP do.
                ("grpc.max_connection_idle_ms", int(1000 * settings.keep_alive_seconds)),
                # Several workers share the port; of one alone nobody else may take it too.
                ("grpc.so_reuseport", int(settings.workers > 1)),
            ],
            # Beyond this nobody is told why; `Calls` refuses an address before, and with a reason.
            maximum_concurrent_rpcs=2 * settings.max_connections,
        )
        server.add_generic_rpc_handlers((*_inference(calls, inference), *_probes(calls, probes)))
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        server.add_insecure_port(f"{host}:{settings.grpc_port}")
        await server.start()
    ending = asyncio.create_task(_end(server, admission, over, settings.stop_seconds))
    try:
        yield
    finally:
        admission.ending = True
        await ending


async def _end(server: grpc.aio.Server, admission: Admission, over: asyncio.Event, seconds: int) -> None:
    """Stop when HTTP does, and not after it; streams end between two messages."""
    while not admission.ending:  # noqa: ASYNC110 - the server's stop sets it, with no event for it
        await asyncio.sleep(_LOOK_SECONDS)
    over.set()
    await server.stop(seconds)


def _inference(calls: Calls, inference: Inference) -> list[grpc.GenericRpcHandler]:
    """The calls of the protocol; each needs a key where its sister of /v2 does."""
    made = {}
    for name, sister, behaviour in (
        ("ServerLive", "/v2/health/live", inference.server_live),
        ("ServerReady", "/v2/health/ready", inference.server_ready),
        ("ServerMetadata", "/v2", inference.server_metadata),
        ("ModelReady", "/v2/models", inference.model_ready),
        ("ModelMetadata", "/v2/models", inference.model_metadata),
        ("RepositoryIndex", "/v2/repository/index", inference.repository_index),
        ("ModelInfer", "/v2/models", inference.model_infer),
    ):
        made[name] = calls.one(f"/{NAME}/{name}", sister, behaviour)
    made["ModelStreamInfer"] = calls.several(f"/{NAME}/ModelStreamInfer", "/v2/models", inference.model_stream_infer)
    return [_service(NAME, made)]


def _probes(calls: Calls, probes: Probes) -> list[grpc.GenericRpcHandler]:
    return [
        _service(HEALTH, {"Check": calls.one(f"/{HEALTH}/Check", "/health", probes.check)}),
        _service(
            REFLECTION,
            {"ServerReflectionInfo": calls.several(f"/{REFLECTION}/ServerReflectionInfo", "/docs", probes.reflect)},
        ),
    ]


def _service(name: str, handlers: Mapping[str, grpc.RpcMethodHandler]) -> grpc.GenericRpcHandler:
    # Messages come and go as bytes: what is in them is bounded before it is read.
    return grpc.method_handlers_generic_handler(name, handlers)
