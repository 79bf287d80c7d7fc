"""The service with one of its tricks switched off: `python -m benchmarks.programs.ablated NAME`.

Each trick is replaced by what one would write without it, from outside, so that the service itself has no switches. It
answers as the service does (tests/benchmarks/test_ablated.py); where it does not, the trick's docstring says so.
"""

import gc
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, get_type_hints

import numpy as np
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from numpy.typing import NDArray
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def routing_shortcut() -> None:
    """Every request goes through FastAPI's own routing."""
    from service.middleware import gateway  # noqa: PLC0415 - each patch touches only what it is about
    from service.middleware.shortcuts import Shortcuts  # noqa: PLC0415

    made: Callable[..., None] = gateway.Gateway.__init__
    _replace(gateway.Gateway, "__init__", lambda self, app, *rest: made(self, app, *rest[:-1], Shortcuts([])))


def direct_route() -> None:
    """Queries are checked by FastAPI's dependency machinery.

    Of a parameter given twice FastAPI takes the last value, where the service refuses.
    """
    from service.api import direct_route as module  # noqa: PLC0415
    from service.http.query import parse  # noqa: PLC0415

    class Plain(APIRoute):
        def __init__(self, path: str, endpoint: Callable[..., Any], **arguments: Any) -> None:
            super().__init__(path, endpoint, **arguments)
            inner, kind = self.app, get_type_hints(endpoint)["options"]

            async def outer(scope: Scope, receive: Receive, send: Send) -> None:
                # FastAPI's own middleware makes this stack; the gateway calls routes without it.
                async with AsyncExitStack() as stack:
                    scope["fastapi_middleware_astack"] = stack
                    try:
                        await inner(scope, receive, send)
                    except RequestValidationError:
                        parse(scope["query_string"], kind)  # says what is wrong as the service does
                        raise

            self.app = outer

    _replace(module, "DirectRoute", Plain)


def form_cutter() -> None:
    """Forms are parsed byte by byte, by the parser that Starlette uses, with the same checks."""
    from benchmarks.programs.parsed_form import parse_with  # noqa: PLC0415
    from service.http import multipart  # noqa: PLC0415

    _replace(multipart, "parse", parse_with(multipart.parse))


def gathered_log() -> None:
    """Metrics and a log line are written for each answer by itself."""
    from service.middleware import access_log  # noqa: PLC0415

    def add(self: access_log.AccessLog, record: access_log.Record) -> None:
        self._records.append(record)
        self.flush()

    def refuse(self: access_log.AccessLog, record: access_log.Record) -> None:
        self._refused[record.method, record.route, record.status, record.problem or ""] = [record]
        self.flush()

    _replace(access_log.AccessLog, "add", add)
    _replace(access_log.AccessLog, "refuse", refuse)


def early_refusal() -> None:
    """What finds no room is refused by the application, once its whole body is read, not by the connection."""
    from service.server import protocol  # noqa: PLC0415

    _replace(protocol.Connection, "_no_room", lambda _self, _length: None)


def batching() -> None:
    """Each request calls the model by itself."""
    from service.inference import batcher, classifier  # noqa: PLC0415

    async def classify(self: batcher.Batcher, images: NDArray[np.uint8]) -> classifier.Scores:
        return self._classifier.classify(images)

    _replace(batcher.Batcher, "classify", classify)


def gc_freeze() -> None:
    """The garbage collector looks through all that was loaded, again and again."""
    _replace(gc, "freeze", lambda: None)


def one_layer() -> None:
    """Three more layers lie between the gateway and each endpoint, as middleware in place of the gateway would.

    Each makes a dictionary of the request's headers and copies the answer's in a `send` of its own; the gateway still
    does all of its work. So this is what three layers cost, not what dividing the gateway's work among them would.
    """
    from service.middleware import gateway  # noqa: PLC0415

    def layer(app: ASGIApp) -> ASGIApp:
        async def through(scope: Scope, receive: Receive, send: Send) -> None:
            dict(scope["headers"])

            async def passing(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = list(message["headers"])
                await send(message)

            await app(scope, receive, passing)

        return through

    made: Callable[..., None] = gateway.Gateway.__init__

    def init(self: Any, app: ASGIApp, *rest: Any) -> None:
        for route in rest[-1].routes:
            route.app = layer(layer(layer(route.app)))
        made(self, app, *rest)

    _replace(gateway.Gateway, "__init__", init)


def nothing() -> None:
    """The service as it is: what the machine's noise alone makes of a pair."""


def _replace(owner: object, name: str, by: object) -> None:
    setattr(owner, name, by)


TRICKS: dict[str, Callable[[], None]] = {
    "nothing": nothing,
    "routing-shortcut": routing_shortcut,
    "direct-route": direct_route,
    "form-cutter": form_cutter,
    "gathered-log": gathered_log,
    "early-refusal": early_refusal,
    "one-layer": one_layer,
    "batching": batching,
    "gc-freeze": gc_freeze,
}


if __name__ == "__main__":
    TRICKS[sys.argv.pop()]()  # the service takes no arguments
    from service.__main__ import main

    sys.exit(main())
