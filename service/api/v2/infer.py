"""`POST /v2/models/{name}[/versions/{version}]/infer`."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import orjson
from starlette.requests import Request
from starlette.responses import Response

from service.api.intake import Intake
from service.api.v2 import body
from service.api.v2.path import chosen
from service.http.problems import PROTOCOL_TYPE
from service.inference.classifier import Scores
from service.inference.predictor import Predictor
from service.inference.registry import ModelRegistry
from service.limits.admission import INLINE_BYTES
from service.oip import answer, inference
from service.oip.request import Content, InferRequest, content_of
from service.oip.statistics import Counted, Watch
from service.oip.tensor import OutputTensor
from service.settings import Settings

_BINARY_TYPE = "application/octet-stream"


class Infer:
    """The endpoint."""

    def __init__(self, registry: ModelRegistry, intake: Intake, settings: Settings) -> None:
        self._registry = registry
        self._intake = intake
        self._settings = settings

    async def post(self, request: Request) -> Response:
        """Classify the images of a tensor, or the pictures in one; every output is that of the protocol."""
        predictor = await self._registry.predictor(*chosen(request))
        pool = self._intake.pool
        async with self._intake.hold(request) as content:
            headers = {name: request.headers.get(name) for name in (body.LENGTH_HEADER, "content-encoding")}
            parse = partial(self._parse, predictor, content, headers)
            place = partial(pool.place, request)
            small = len(content) <= INLINE_BYTES and not headers["content-encoding"]
            watch = Watch()
            with Counted(predictor.model, watch):
                asked, scores = await inference.ask(predictor, parse, pool, place, watch, small=small)
                response = _response(predictor, asked, scores)
                watch.mark("compute_output")
            return response

    def _parse(
        self, predictor: Predictor, content: bytes, headers: Mapping[str, str | None]
    ) -> tuple[InferRequest, Content]:
        settings, card = self._settings, predictor.model.card
        plain = body.decompress(content, headers["content-encoding"] or "identity", settings.max_body_bytes)
        contract = card.contract.input
        shape = [each for each in contract.shape if each is not None]
        asked = body.read(plain, headers[body.LENGTH_HEADER], contract.name, shape, predictor.outputs)
        return asked, content_of(asked, card, settings.max_images)


def _response(predictor: Predictor, asked: InferRequest, scores: Scores) -> Response:
    details = predictor.model.card.model_details
    tensors = answer.tensors(predictor.outputs, scores, asked.outputs)
    document: dict[str, Any] = {"model_name": details.name, "model_version": str(details.version)}
    if asked.id is not None:
        document["id"] = asked.id
    raw: list[bytes] = []
    document["outputs"] = [
        _tensor(tensor, raw if wanted.binary else None) for tensor, wanted in zip(tensors, asked.outputs, strict=True)
    ]
    content = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    if not raw:
        return Response(content, headers=predictor.headers, media_type=PROTOCOL_TYPE)
    headers = predictor.headers | {"Inference-Header-Content-Length": str(len(content))}
    return Response(b"".join([content, *raw]), headers=headers, media_type=_BINARY_TYPE)


def _tensor(tensor: OutputTensor, raw: list[bytes] | None) -> dict[str, Any]:
    """A tensor of the answer; its bytes, where they are wanted, go behind the others'."""
    described = {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.array.shape)}
    if raw is None:
        return described | {"data": _values(tensor)}
    raw.append(tensor.raw())
    return described | {"parameters": {"binary_data_size": len(raw[-1])}}


def _values(tensor: OutputTensor) -> Sequence[Any] | np.ndarray[Any, Any]:
    flat = tensor.array.ravel()
    return [each.decode() for each in flat] if tensor.datatype == "BYTES" else flat
