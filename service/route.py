"""A FastAPI route whose schema is FastAPI's and whose way at run time is the shortest."""

from collections.abc import Awaitable, Callable
from typing import Any, get_type_hints

import orjson
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.options import ModelOptions, parse


def respond(content: Any) -> Response:
    """An answer in JSON, with a line break at its end for those who read it in a terminal."""
    return Response(orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE), media_type="application/json")


class DirectRoute(APIRoute):
    """Calls its endpoint with the request and the parsed query, and nothing in between.

    The endpoint is `async def endpoint(request, options: Annotated[Kind, Query()]) -> Response`. FastAPI reads the
    OpenAPI description from that signature; at run time the same model checks the query string, by `options.parse`,
    without FastAPI's dependency machinery, which costs more than the classification itself (measured in benchmarks/).
    """

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Response]], **arguments: Any) -> None:
        super().__init__(path, endpoint, **arguments)
        kind: type[ModelOptions] = get_type_hints(endpoint)["options"]

        async def direct(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(Request(scope, receive), parse(scope["query_string"], kind))
            await response(scope, receive, send)

        self.app = direct
