"""The application, put together from its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from service import answers, explain, front, metrics, predict, problems, routes
from service.admission import Admission
from service.body import Bodies
from service.gateway import Gateway
from service.lifecycle import Lifecycle
from service.pool import Pool
from service.predictor import Predictors
from service.settings import Settings
from service.tracing import trace

_DESCRIPTION = """
A small convolutional network that knows ten kinds of things (CIFAR-10) and is right about two times in three.
Ask it about test image 16, or post a picture. Read its [model card](/model-card) before you believe it.
The same with pictures: [look, try, doubt](/).
"""


def create_app(settings: Settings, lifecycle: Lifecycle, admission: Admission, pool: Pool) -> ASGIApp:
    """The application, with every model verified and loaded.

    Args:
        settings: the service's.
        lifecycle: of the server.
        admission: to predictions; the server refuses by it too.
        pool: for long work; the server refuses by its queue too.

    Raises:
        SettingsError: a setting is wrong.
        ModelError: a model is missing or wrong.
    """
    predictors = Predictors(settings)
    for predictor in predictors:
        details = predictor.model.card.model_details
        metrics.MODEL.labels(details.name, str(details.version), details.sha256).set(1)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        first = predictors.default.read([0])
        predictors.default.answer(first)  # warm up: the first run of a session allocates its memory
        yield
        pool.close()

    app = FastAPIOffline(
        title="seminar-cnn",
        version="1.0.0",
        description=_DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
    )
    bodies = Bodies(settings)
    direct = predict.add_routes(app, predict.Predict(predictors, settings, admission, pool, bodies))
    explain.add_routes(app, explain.Explain(predictors, settings, admission, pool, bodies))
    answers.add_routes(app, answers.Answers(predictors, admission, pool))
    front.add_routes(app)
    routes.add_routes(app, routes.Routes(predictors, lifecycle))
    problems.install(app)
    shortcuts = {(method, route.path): route.app for route in direct for method in route.methods or ()}
    gateway = Gateway(app, settings, lifecycle, admission, shortcuts)
    whole = trace(gateway) if settings.tracing else gateway
    if not settings.cors_origins:
        return whole
    return CORSMiddleware(
        whole, settings.cors_origins, allow_methods=["GET", "POST"], allow_headers=["*"], max_age=3600
    )
