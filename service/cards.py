"""The model cards as they are asked for: which form a request wants, and each form made when first asked for."""

import asyncio
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from models.repository import Model
from service.accept import best_type
from service.card.form import FORMS, Sibling, Source
from service.document import Document
from service.options import CardOptions

_NAMED = {form.media_type: name for name, form in reversed(FORMS.items())}
_OFFERED = list(dict.fromkeys(form.media_type for form in FORMS.values()))


class Cards:
    """The cards of all models."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._siblings = [Sibling(model.name, model.version) for model in models]
        self._made: dict[tuple[str, int, str], asyncio.Future[Document]] = {}

    async def respond(self, request: Request, model: Model, options: CardOptions) -> Response:
        """A model's card in the form that `format` names, else in the one that the Accept header would rather have."""
        name = options.format or _NAMED[best_type(", ".join(request.headers.getlist("accept")), _OFFERED)]
        key = model.name, model.version, name
        if key not in self._made:
            # In a thread: nobody else waits for it. It goes on if the client that asked first does not wait either.
            self._made[key] = asyncio.ensure_future(asyncio.to_thread(self._make, model, name))
        try:
            return (await asyncio.shield(self._made[key])).respond(request)
        except Exception:
            self._made.pop(key, None)  # a failure is not kept
            raise

    def _make(self, model: Model, name: str) -> Document:
        form = FORMS[name]
        text = form.write(Source(model.card, model.folder / "figures", self._siblings))
        return Document(text, form.media_type, {"Vary": "Accept"} | form.headers)
