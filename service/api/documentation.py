"""`/docs` and `/openapi.json`: what the API is, a page that shows it, and the files of that page."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from importlib import resources
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from service.http.cached_response import CachedResponse
from service.middleware.auth import Keys

_PAGE, _DESCRIPTION = "/docs", "/openapi.json"
_SCRIPT, _STYLE, _ICON = (f"{_PAGE}/{name}" for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"))
_TYPES = {_SCRIPT: "text/javascript", _STYLE: "text/css", _ICON: "image/png"}
_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "One of the operator's keys; where none are set, everybody may ask without.",
}

Examples = Callable[[], Mapping[tuple[str, str], Mapping[str, Any]]]


class Documentation:
    """All of it, kept in memory; made when somebody first asks for any, as few do."""

    def __init__(self, app: FastAPI, examples: Examples, keys: Keys) -> None:
        """Read the files.

        Args:
            app: what is described, once all its routes are there.
            examples: works out real answers, by method and path, then by what was asked.
            keys: that say what needs one.
        """
        self._keys = keys
        self._app = app
        self._examples = examples
        folder = resources.files("fastapi_offline") / "static"
        self._files = {path: (folder / path.rpartition("/")[2]).read_bytes() for path in _TYPES}
        self._made: asyncio.Future[dict[str, CachedResponse]] | None = None

    async def get(self, path: str, request: Request) -> Response:
        """What lies at this path."""
        if self._made is None or (self._made.done() and self._made.exception() is not None):
            # In a thread: it takes half a second. It goes on if the client that asked first does not wait.
            self._made = asyncio.ensure_future(asyncio.to_thread(self._make))
        documents = await asyncio.shield(self._made)
        return documents[path].to(request)

    def _make(self) -> dict[str, CachedResponse]:
        page = get_swagger_ui_html(
            openapi_url=_DESCRIPTION,
            title=self._app.title,
            swagger_js_url=_SCRIPT,
            swagger_css_url=_STYLE,
            swagger_favicon_url=_ICON,
            # Colouring an answer such as that of /explain takes the browser a second or more.
            swagger_ui_parameters={"syntaxHighlight": False},
        )
        description = self._app.openapi()
        for path in description["paths"].values():
            for parameter in path.get("get", {}).get("parameters", ()):
                if parameter["name"] == "index":
                    parameter["example"] = 16  # what the page fills in; not where a picture may be posted instead
        description.setdefault("components", {})["securitySchemes"] = {"key": _KEY}
        for path, operations in description["paths"].items():
            if self._keys.wanted(path):
                for operation in operations.values():
                    operation["security"] = [{"key": []}]
        for (method, path), examples in self._examples().items():
            content = description["paths"][path][method]["responses"]["200"]["content"]["application/json"]
            content["examples"] = {name: {"value": value} for name, value in examples.items()}
        return {
            _PAGE: CachedResponse(bytes(page.body), "text/html"),
            _DESCRIPTION: CachedResponse(orjson.dumps(description, option=orjson.OPT_APPEND_NEWLINE)),
            **{path: CachedResponse(content, _TYPES[path]) for path, content in self._files.items()},
        }


def routes(app: FastAPI, examples: Examples, keys: Keys) -> list[BaseRoute]:
    """The routes of the documentation; it is no part of what it describes."""
    documentation = Documentation(app, examples, keys)
    return [Route(path, partial(documentation.get, path), methods=["GET"]) for path in (_PAGE, _DESCRIPTION, *_TYPES)]
