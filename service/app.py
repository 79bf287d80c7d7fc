"""The application, put together from its parts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial

from fastapi import FastAPI
from starlette.types import ASGIApp

from service.api import (
    answers,
    documentation,
    examples,
    explain,
    images,
    model_card,
    models,
    operations,
    page,
    plain,
    predict,
    problem_pages,
    share,
)
from service.api.direct_route import DirectRoute
from service.api.intake import Intake
from service.api.v2 import routes as v2
from service.http import problems
from service.images.decode_processes import DecodeProcesses
from service.inference.registry import ModelRegistry
from service.limits.admission import Admission
from service.limits.pool import Pool
from service.middleware.access_log import AccessLog
from service.middleware.auth import Keys
from service.middleware.gateway import Gateway
from service.middleware.shortcuts import Shortcuts
from service.middleware.tracing import trace
from service.settings import Settings, SettingsError

_DESCRIPTION = """
A small convolutional network that knows ten kinds of things (CIFAR-10) and is often wrong.
Ask it about test image 16, or post a picture. Read its [model card](/model-card) before you believe it.
The same with pictures: [look, try, doubt](/).
"""


def create_app(
    settings: Settings,
    admission: Admission,
    pool: Pool,
    processes: DecodeProcesses,
    access_log: AccessLog,
    *,
    strict: bool = True,
) -> ASGIApp:
    """The application, with every model verified and the default one ready.

    Args:
        settings: the service's.
        admission: to predictions; the server refuses by it too.
        pool: for long work; the server refuses by its queue too.
        processes: that decode pictures.
        access_log: that takes note of every answer, the server's too.
        strict: as `ModelRegistry` has it.

    Raises:
        SettingsError: a setting is wrong.
        ModelError: a model is missing or wrong.
    """
    registry = ModelRegistry(settings, processes, strict=strict)
    serve_grpc = _grpc(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        processes.warm_up()
        watching = asyncio.create_task(registry.watch())
        try:
            async with serve_grpc(registry, admission, pool, access_log, settings):
                yield
        finally:
            watching.cancel()

    app = FastAPI(
        title="seminar-cnn",
        version="1.0.0",
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # The address of such a redirect is made of the client's Host header, and of http:// even behind TLS. The
        # gateway takes a slash too many away, so that nothing is lost.
        redirect_slashes=False,
    )
    intake = Intake(settings, admission, pool)
    app.router.routes += [
        *predict.routes(registry, intake),
        *explain.routes(registry, intake),
        *answers.routes(registry, intake),
        *images.routes(registry.test_split, settings),
        *models.routes(registry),
        *model_card.routes(registry),
        *operations.routes(registry, admission),
        *plain.routes(registry, intake),
        *v2.routes(registry, intake, settings),
        *share.routes(settings, intake),
        *problem_pages.routes(),
        *page.routes(),
        *documentation.routes(app, partial(examples.examples, registry), Keys(settings)),
    ]
    problems.install(app)
    direct = [route for route in app.router.routes if isinstance(route, DirectRoute | v2.InferRoute)]
    gateway = Gateway(app, settings, admission, access_log, Shortcuts(direct))
    return trace(gateway) if settings.tracing else gateway


def _grpc(settings: Settings) -> Callable[..., AbstractAsyncContextManager[None]]:
    """What serves gRPC, if that is wanted; else nothing is served.

    Raises:
        SettingsError: its packages are not installed, or its port can't be had.
    """
    if settings.grpc_port is None:
        return lambda *_: nullcontext()
    try:
        from service.grpc import server  # noqa: PLC0415 - the serving set does without
    except ImportError:
        raise SettingsError(
            "SERVICE_GRPC_PORT wants packages that are not installed: "
            ".venv/bin/python -m pip install --require-hashes -r service/requirements-grpc.txt"
        ) from None
    server.check_port(settings)
    return server.serve
