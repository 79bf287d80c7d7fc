"""The outermost layer: names, admits, counts and logs every request, and turns what goes wrong into its problem."""

import asyncio
import logging
import random
import re
import time
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ClientDisconnected, Draining, ServiceError
from service.http import problems
from service.limits.admission import Admission
from service.middleware.access_log import AccessLog, Record, route_of
from service.middleware.auth import Keys
from service.middleware.cors import Cors
from service.middleware.shortcuts import Shortcuts
from service.settings import Settings

_GIVEN_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")

# As nginx counts them; nobody is there to be told.
CLIENT_GONE = 499

_CUT_SHORT = "The service stops and can't wait for this request any longer. Send it again."

# For pages that come without a policy of their own: those of /docs, whose maker starts them with a line of script.
_HTML_POLICY = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
)
_POLICY = b"content-security-policy"
_HTML_HEADERS = [(b"referrer-policy", b"no-referrer"), (b"x-frame-options", b"DENY")]
NOSNIFF = (b"x-content-type-options", b"nosniff")


class Gateway:
    """An ASGI application around another one.

    Starlette's middleware could do each of these; one layer does all of them, as each layer costs every request its
    share (benchmarks/ablation.py, "one-layer", measures what three more cost).
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        admission: Admission,
        access_log: AccessLog,
        shortcuts: Shortcuts,
    ) -> None:
        """Put the layer around an application.

        Args:
            app: the application.
            settings: the service's.
            admission: that knows whether the service is about to stop.
            access_log: that takes note of every answer.
            shortcuts: to those of its endpoints that are called without its routing.
        """
        self._admission = admission
        self._app = app
        self._shortcuts = shortcuts
        self._keys = Keys(settings)
        self._cors = Cors(settings)
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (or the lifespan)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        if method == "HEAD":
            scope["method"] = "GET"  # the same answer; the protocol leaves its body out (RFC 9110, section 9.3.2)
        scope["path"] = _resource(path)
        exchange = _Exchange(scope, send, self._cors, closing=self._admission.draining)
        try:
            await self._handle(exchange, scope, receive)
        except ClientDisconnected:
            exchange.status = CLIENT_GONE
        except asyncio.CancelledError:  # the service has waited for its end long enough
            if not exchange.status:
                await problems.answer(scope, Draining(_CUT_SHORT))(scope, receive, exchange.send)
            raise
        except ServiceError as error:
            await problems.answer(scope, error)(scope, receive, exchange.send)
        except Exception:
            logging.getLogger("service").exception("request %s failed", exchange.request_id.decode())
            if not exchange.status:
                await problems.fail(scope)(scope, receive, exchange.send)
        finally:
            self._access_log.add(
                Record(
                    exchange.request_id,
                    method,
                    path,
                    route_of(scope),
                    exchange.status or CLIENT_GONE,  # nothing is said where nobody is there (`problems.install`)
                    0 if method == "HEAD" else exchange.bytes,
                    time.perf_counter() - exchange.started,
                    scope.get("problem"),
                )
            )

    async def _handle(self, exchange: "_Exchange", scope: Scope, receive: Receive) -> None:
        path = scope["path"]
        preflight = self._cors.preflight(scope["method"], exchange.headers)
        if preflight is not None:
            await preflight(scope, receive, exchange.send)
            return
        shortcut = self._shortcuts.find(scope["method"], path)
        if shortcut is not None:
            scope["route"], scope["path_params"] = shortcut.route, dict(shortcut.parameters)
        self._keys.check(path, exchange.headers.get(b"authorization", b""))
        await (self._app if shortcut is None else shortcut.route.app)(scope, receive, exchange.send)


def _resource(path: str) -> str:
    """The path without a slash at its end: one resource, however its address was written down."""
    if path.endswith("/") and path != "/":
        path = path[:-1]
    # A route's end ($) would stand before a line break too.
    return path.replace("\n", "%0A") if "\n" in path else path


class _Exchange:
    """One request's passage: what is known of it for the log, and its answer's headers on the way out."""

    def __init__(self, scope: Scope, send: Send, cors: Cors, *, closing: bool) -> None:
        self.started = time.perf_counter()
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.request_id = request_id_of(self.headers)
        self.status = 0
        self.bytes = 0
        self._scope = scope
        self._send = send
        self._cors = cors
        self._closing = closing
        self._instead: bytes | None = None  # of the body that the application gives

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] >= 400 and not self._is_problem(message):
                message = self._problem_for(message)
            self.status = message["status"]
            headers = message["headers"]
            headers.append((b"x-request-id", self.request_id))
            headers.append(NOSNIFF)
            headers.extend(self._cors.headers(self.headers.get(b"origin")))
            if self._closing:
                headers.append((b"connection", b"close"))
            for name, value in headers:
                if name == b"content-type" and value.startswith(b"text/html"):
                    if not any(name == _POLICY for name, _ in headers):
                        headers.append((_POLICY, _HTML_POLICY))
                    headers.extend(_HTML_HEADERS)
                    break
        elif self._instead is None:
            self.bytes += len(message.get("body", b""))
        elif self._instead:
            message = {"type": "http.response.body", "body": self._instead}
            self.bytes = len(self._instead)
            self._instead = b""
        else:
            return  # said already
        try:
            await self._send(message)
        except ClientDisconnected:  # the application need not know; the log does
            self.status, self.bytes = CLIENT_GONE, 0

    def _is_problem(self, start: Message) -> bool:
        """Whether this error is in our words: a problem document, or a page about what was noted as one."""
        return problems.CONTENT_TYPE in start["headers"] or "problem" in self._scope

    def _problem_for(self, start: Message) -> Message:
        """The start of an answer that says what this one would, as every error here does."""
        problem = problems.stand_in(self._scope, start["status"], start["headers"])
        self._instead = bytes(problem.body)
        return {"type": "http.response.start", "status": problem.status_code, "headers": problem.raw_headers}


def request_id_of(headers: Mapping[bytes, bytes]) -> bytes:
    """The request's name: the client's X-Request-ID, else the trace of its traceparent (W3C), else a new one."""
    given = headers.get(b"x-request-id")
    if given and _GIVEN_ID.fullmatch(given):
        return given
    trace = _TRACEPARENT.fullmatch(headers.get(b"traceparent", b""))
    return trace[1] if trace else b"%016x" % random.getrandbits(64)
