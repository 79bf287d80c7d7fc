"""`/plain`: the same answers on a page without scripts, by plain forms."""

from collections.abc import Mapping
from typing import NamedTuple, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from models.cifar10_test import SIZE
from service.api import template
from service.api.intake import Intake
from service.errors import ClientDisconnected, ServiceError, TooManyImages
from service.http import problems
from service.http.query import PictureOptions, parse
from service.inference import counting, occlusion
from service.inference.prediction import Prediction
from service.inference.predictor import Asked
from service.inference.registry import ModelRegistry

_FIRST = 16


class _Shown(NamedTuple):
    """An answer, the pixels that it is about, as a data URL, and the headers of all answers of its model."""

    prediction: Prediction
    seen: str
    headers: Mapping[str, str]


class Plain:
    """The page, for a test image and for a picture that was sent. What is refused is a page too, with its status."""

    def __init__(self, registry: ModelRegistry, intake: Intake) -> None:
        self._registry = registry
        self._intake = intake

    async def get(self, request: Request) -> Response:
        """The forms; with ?index= an answer about that test image above them."""
        try:
            options = _options(request)
            if options.index is None:
                return self._page(options)
            predictor = await self._registry.predictor(options.model, options.version)
            with self._intake.place(request):
                batch = predictor.load(predictor.ask([options.index], []))
                (prediction,) = await predictor.predict_batched(batch)
            return self._page(options, _Shown(prediction, occlusion.data_url(batch.images[0]), predictor.headers))
        except ServiceError as error:
            return self._refusal(request, error)

    async def post(self, request: Request) -> Response:
        """The answer about a picture that a form has sent; what is shown of it is what the model saw."""
        try:
            options = _options(request)
            predictor = await self._registry.predictor(options.model, options.version)
            async with self._intake.read(request, predictor, options) as sent:
                _check_one(sent.asked)
                async with sent.place():
                    batch = await self._intake.load(predictor, sent.asked, options.fit)
                    (prediction,) = await predictor.predict_batched(batch)
            return self._page(options, _Shown(prediction, occlusion.data_url(batch.images[0]), predictor.headers))
        except ClientDisconnected:
            raise
        except ServiceError as error:
            return self._refusal(request, error)

    def _page(self, options: PictureOptions, shown: _Shown | None = None) -> Response:
        if shown is not None:
            counting.count_predictions([shown.prediction])
        page = template.render(
            "plain",
            models=[model.name for model in self._registry],
            chosen=options.model or self._registry.default.name,
            index=_FIRST if options.index is None else options.index,
            last=SIZE - 1,
            shown=shown,
        )
        headers = {} if shown is None else shown.headers
        return Response(page, media_type="text/html", headers={**headers, **template.HEADERS})

    @staticmethod
    def _refusal(request: Request, error: ServiceError) -> Response:
        problem = problems.note(request.scope, error)
        page = template.render("refusal", problem=problem, detail=str(error))
        return Response(page, problem.status, (problem.headers or {}) | template.HEADERS, "text/html")


def _options(request: Request) -> PictureOptions:
    return cast(PictureOptions, parse(request.scope["query_string"], PictureOptions))


def _check_one(asked: Asked) -> None:
    if len(asked.indices) + len(asked.contents) > 1:
        raise TooManyImages("There is more than one picture, the limit here. Send them one by one.", limit=1)


def routes(registry: ModelRegistry, intake: Intake) -> list[BaseRoute]:
    """The page's routes; what a browser shows is no part of the API's description."""
    plain = Plain(registry, intake)
    return [Route("/plain", plain.get, methods=["GET"]), Route("/plain", plain.post, methods=["POST"])]
