"""The outermost layer: names, admits, counts and logs every request, and turns what goes wrong into its problem."""

import logging
import os
import re
import time
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import problems
from service.admission import BOUNDED, Admission, Keys
from service.errors import ClientGone, ServiceError
from service.ledger import Entry, Ledger
from service.lifecycle import Lifecycle
from service.settings import Settings

# What needs no key: whoever watches over the service is nobody's client, and the page is where a browser's user can
# give one.
_OPEN = frozenset({"/", "/health"})
_OPEN_FOLDER = "/page/"

_GIVEN_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")

# As nginx counts them; nobody is there to be told.
_CLIENT_GONE = 499

# For pages that come without a policy of their own: those of /docs, whose maker starts them with a line of script.
_HTML_POLICY = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
)
_POLICY = b"content-security-policy"
_NOSNIFF = (b"x-content-type-options", b"nosniff")
_HTML_HEADERS = [(b"referrer-policy", b"no-referrer"), (b"x-frame-options", b"DENY")]


class Gateway:
    """An ASGI application around another one.

    Starlette's middleware could do each of these; one layer does all of them at a cost that the classification of a
    small image still dwarfs (measured in benchmarks/).
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        lifecycle: Lifecycle,
        admission: Admission,
        direct: Mapping[tuple[str, str], ASGIApp],
    ) -> None:
        """Put the layer around an application.

        Args:
            app: the application.
            settings: the service's.
            lifecycle: of the server.
            admission: whose refusals are noted too.
            direct: by method and path, those of its endpoints that are called without its routing.
        """
        self._lifecycle = lifecycle
        self._app = app
        self._direct = direct
        self._keys = Keys(settings)
        self._ledger = Ledger(settings, admission)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (or the lifespan)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send, closing=self._lifecycle.draining)
        try:
            await self._handle(exchange, scope, receive)
        except ClientGone:
            exchange.status = _CLIENT_GONE
        except ServiceError as error:
            await problems.answer(scope, error)(scope, receive, exchange.send)
        except Exception:
            logging.getLogger("service").exception("request %s failed", exchange.request_id.decode())
            if not exchange.status:
                await problems.fail(scope)(scope, receive, exchange.send)
        finally:
            self._ledger.enter(
                Entry(
                    exchange.request_id,
                    scope["method"] if scope["method"] in _METHODS else "OTHER",
                    scope["path"],
                    _route(scope),
                    exchange.status,
                    time.perf_counter() - exchange.started,
                    scope.get("problem"),
                )
            )

    async def _handle(self, exchange: "_Exchange", scope: Scope, receive: Receive) -> None:
        path = scope["path"]
        app = self._direct.get((scope["method"], path), self._app)
        if path not in _OPEN and not path.startswith(_OPEN_FOLDER):
            self._keys.check(exchange.headers.get(b"authorization", b""))
        await app(scope, receive, exchange.send)


class _Exchange:
    """One request's passage: what is known of it for the log, and its answer's headers on the way out."""

    def __init__(self, scope: Scope, send: Send, *, closing: bool) -> None:
        self.started = time.perf_counter()
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.request_id = _request_id(self.headers)
        self.status = 0
        self._send = send
        self._closing = closing

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            headers.append((b"x-request-id", self.request_id))
            headers.append(_NOSNIFF)
            if self._closing:
                headers.append((b"connection", b"close"))
            for name, value in headers:
                if name == b"content-type" and value.startswith(b"text/html"):
                    if not any(name == _POLICY for name, _ in headers):
                        headers.append((_POLICY, _HTML_POLICY))
                    headers.extend(_HTML_HEADERS)
                    break
        await self._send(message)


def _request_id(headers: Mapping[bytes, bytes]) -> bytes:
    """The request's name: the client's X-Request-ID, else the trace of its traceparent (W3C), else a new one."""
    given = headers.get(b"x-request-id")
    if given and _GIVEN_ID.fullmatch(given):
        return given
    trace = _TRACEPARENT.fullmatch(headers.get(b"traceparent", b""))
    return trace[1] if trace else os.urandom(8).hex().encode()


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route(scope: Scope) -> str:
    """The pattern of the route taken; what matched none is one thing, lest anybody make up metrics."""
    if scope["path"] == BOUNDED:
        return BOUNDED
    route = scope.get("route")
    return getattr(route, "path", "other") or "other"
