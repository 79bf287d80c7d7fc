"""A FastAPI route whose schema is FastAPI's and whose way at run time is the shortest."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import orjson
from fastapi import params
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.api.documented_route import DocumentedRoute
from service.http.query import ModelOptions, parse


def json_response(content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON, with a line break at its end for those who read it in a terminal."""
    return Response(
        orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE), headers=headers, media_type="application/json"
    )


class DirectRoute(DocumentedRoute):
    """Calls its endpoint with the request and the parsed query, and nothing in between.

    The endpoint is `async def endpoint(request: Request, options: Annotated[Kind, Query()]) -> Response`. FastAPI reads
    the OpenAPI description from that signature; at run time the same model checks the query string, by `query.parse`,
    without FastAPI's dependency machinery (benchmarks/ablation.py, "direct-route", measures what that brings).
    """

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Response]], **arguments: Any) -> None:
        """Make the route.

        Raises:
            TypeError: the endpoint has another signature, or there are dependencies or a status beside it: what FastAPI
                would document of them would never be run.
        """
        kind = _options_of(endpoint)
        if arguments.get("dependencies"):
            raise TypeError(f"{path}: a DirectRoute runs no dependencies.")
        if arguments.get("status_code") is not None:
            raise TypeError(f"{path}: a DirectRoute sets no status; its endpoint's Response has one.")
        super().__init__(path, endpoint, **arguments)

        async def direct(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(Request(scope, receive), parse(scope["query_string"], kind))
            await response(scope, receive, send)

        self.app = direct


def _options_of(endpoint: Callable[..., Awaitable[Response]]) -> type[ModelOptions]:
    """The class of an endpoint's options, after a look at its whole signature.

    Raises:
        TypeError: it has another.
    """
    hints = get_type_hints(endpoint, include_extras=True)
    result = hints.pop("return", None)
    parameters = inspect.signature(endpoint).parameters.values()
    match [each.name for each in parameters], [get_args(hints.get(each.name)) for each in parameters]:
        case [first, "options"], [(), (kind, mark)] if (
            hints[first] is Request
            and all(each.kind is each.POSITIONAL_OR_KEYWORD and each.default is each.empty for each in parameters)
            and get_origin(hints["options"]) is Annotated
            and _is_class_of(kind, ModelOptions)
            and isinstance(mark, params.Query)
            and _says_nothing(mark)
            and _is_class_of(result, Response)
            and inspect.iscoroutinefunction(endpoint)
        ):
            return kind  # type: ignore[no-any-return] # checked just above
    raise TypeError(
        f"{getattr(endpoint, '__qualname__', endpoint)} can't be a DirectRoute's endpoint: it takes (request: Request, "
        "options: Annotated[a ModelOptions, Query()]), returns a Response and is async."
    )


def _is_class_of(kind: object, wanted: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, wanted)


def _says_nothing(mark: params.Query) -> bool:
    """Whether it is no more than `Query()`: another name, a bound or a default would be documented, and not kept."""
    return mark.alias is None and mark.validation_alias is None and not mark.metadata and mark.is_required()
