"""`/model-card`: each card in the form that a request wants, made when first asked for."""

import asyncio
import json
from functools import cached_property
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from models.card import Card
from models.repository import Model
from service import errors
from service.api.direct_route import DirectRoute
from service.api.documented_route import DocumentedRoute
from service.card_formats.registry import FORMS
from service.card_formats.source import CardSource, Sibling
from service.card_formats.toolkit_schema import ToolkitCard
from service.http import problems
from service.http.cached_response import CachedResponse
from service.http.negotiation import best_type
from service.http.query import CardOptions
from service.inference.registry import ModelRegistry

_NAMED = {form.media_type: name for name, form in reversed(FORMS.items())}
_OFFERED = list(dict.fromkeys(form.media_type for form in FORMS.values()))
_CARD = {
    "description": "The card; in JSON it is the card itself, or with format=mct model-card-toolkit's",
    "content": {media_type: {"schema": {"type": "string"}} for media_type in ("text/html", "text/markdown")},
}


class ModelCard:
    """The two endpoints: the cards, and the schema that they keep to."""

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry = registry
        self._made: dict[tuple[str, int, str], asyncio.Future[CachedResponse]] = {}
        self._changes = registry.changes

    async def get(self, request: Request, options: Annotated[CardOptions, Query()]) -> Response:
        """What the model is, what it is for and not for, how well it does, and what that rests on.

        As a page to a browser, as JSON to anybody who has no wish, as Markdown on request (`Accept`, or `format`).
        """
        model = self._registry.choose(options.model, options.version)
        name = options.format or _NAMED[best_type(", ".join(request.headers.getlist("accept")), _OFFERED)]
        if self._changes != self._registry.changes:  # each card names the other models too
            self._made, self._changes = {}, self._registry.changes
        key = model.name, model.version, name
        if key not in self._made:
            # In a thread: nobody else waits for it. It goes on if the client that asked first does not wait either.
            self._made[key] = asyncio.ensure_future(asyncio.to_thread(self._make, model, name))
        try:
            return (await asyncio.shield(self._made[key])).to(request)
        except Exception:
            self._made.pop(key, None)  # a failure is not kept
            raise

    def _make(self, model: Model, name: str) -> CachedResponse:
        form = FORMS[name]
        siblings = [Sibling(other.name, other.version) for other in self._registry]
        text = form.write(CardSource(model.card, model.folder / "figures", siblings))
        return CachedResponse(text, form.media_type, {"Vary": "Accept"} | form.headers)

    @cached_property
    def _schema(self) -> CachedResponse:
        # Made when first asked for: few ask, and a start need not wait for it.
        return CachedResponse(json.dumps(Card.model_json_schema()) + "\n")

    async def schema(self, request: Request) -> Response:
        """The JSON Schema that every model card keeps to."""
        return self._schema.to(request)


def routes(registry: ModelRegistry) -> list[BaseRoute]:
    """The routes of this resource."""
    cards = ModelCard(registry)
    refused = [errors.ModelNotFound, errors.InvalidParameter, errors.UnknownField]
    return [
        DirectRoute(
            "/model-card",
            cards.get,
            methods=["GET"],
            response_model=Card | ToolkitCard,
            responses={200: _CARD, 304: {"description": "Unchanged"}, **problems.responses(refused)},
            summary="The model card",
            operation_id="get_model_card",
            tags=["model"],
        ),
        DocumentedRoute(
            "/model-card/schema",
            cards.schema,
            methods=["GET"],
            responses={304: {"description": "Unchanged"}},
            summary="The model card's JSON Schema",
            operation_id="get_model_card_schema",
            tags=["model"],
        ),
    ]
