"""The application, put together from its parts."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from service import predict, problems, routes
from service.predictor import Predictors
from service.settings import Settings, read

_DESCRIPTION = """
A small convolutional network that knows ten kinds of things (CIFAR-10) and is right about two times in three.
Ask it about test image 16, or post a picture. Read its [model card](/model-card) before you believe it.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application, with every model verified and loaded.

    Args:
        settings: from the environment if absent.

    Raises:
        SettingsError: a setting is wrong.
        ModelError: a model is missing or wrong.
    """
    settings = settings or read()
    predictors = Predictors(settings)
    executor = ThreadPoolExecutor(max_workers=settings.decode_threads, thread_name_prefix="decode")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        predictors.default.predict_indices([0])  # warm up: the first run of a session allocates its memory
        yield
        executor.shutdown()

    app = FastAPIOffline(
        title="seminar-cnn",
        version="1.0.0",
        description=_DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
    )
    predict.add_routes(app, predict.Predict(predictors, settings, executor))
    routes.add_routes(app, routes.Routes(predictors))
    problems.install(app)
    return app
