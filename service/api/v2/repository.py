"""Triton's repository extension: the index of all models, and loading and unloading them."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from service.api.direct_route import json_response
from service.api.intake import Intake
from service.errors import BodyTooLarge, Forbidden, MalformedBody
from service.inference.registry import ModelRegistry
from service.middleware.auth import Keys
from service.settings import Settings

# Of a body that says no more than {"ready": true}.
_MOST_BYTES = 64 * 1024


class Repository:
    """The endpoints. Loading and unloading are for those who have a key of SERVICE_ADMIN_KEYS."""

    def __init__(self, registry: ModelRegistry, intake: Intake, settings: Settings) -> None:
        self._registry = registry
        self._intake = intake
        self._keys = Keys(settings)

    async def index(self, request: Request) -> Response:
        """Every version, whether it can be asked, and why not; with {"ready": true} those that can."""
        async with self._intake.hold(request) as content:
            wanted = _object(content)
        listed = [
            {"name": name, "version": str(version), "state": state, "reason": reason}
            for name, version, state, reason in self._registry.index(ready=wanted.get("ready") is True)
        ]
        return json_response(listed)

    async def load(self, request: Request) -> Response:
        """Look at the folder now, and open the model's highest version."""
        self._check(request)
        await self._registry.load(request.path_params["name"])
        return json_response({})

    async def unload(self, request: Request) -> Response:
        """Let a model be asked no more."""
        self._check(request)
        self._registry.unload(request.path_params["name"])
        return json_response({})

    def _check(self, request: Request) -> None:
        if not self._keys.is_admin(request.headers.get("authorization", "").encode("latin-1")):
            raise Forbidden(
                "Only who runs the service may load and unload models, with a key of SERVICE_ADMIN_KEYS.",
                field="Authorization",
            )


def _object(content: bytes) -> dict[str, Any]:
    if not content:
        return {}
    if len(content) > _MOST_BYTES:
        raise BodyTooLarge(f"The body has more than {_MOST_BYTES:,} bytes, the limit.", limit=_MOST_BYTES)
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise MalformedBody('The body is empty, or a JSON object such as {"ready": true}.')
    return found
