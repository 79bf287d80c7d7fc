"""Cross-origin requests (the Fetch standard's CORS protocol): which web pages' scripts may read the answers."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.errors import CrossOriginRefused
from service.settings import Settings

_PREFLIGHT_SECONDS = 3600
_METHODS = ("GET", "HEAD", "POST")
_EXPOSED = ("ETag", "Retry-After", "X-Model-SHA256", "X-Request-ID")


class Cors:
    """The decisions are Starlette's; the headers are set by whoever answers, the application or the protocol."""

    def __init__(self, settings: Settings) -> None:
        self._on = bool(settings.cors_origins)
        self._rules = CORSMiddleware(
            _nobody, settings.cors_origins, allow_methods=_METHODS, allow_headers=["*"],
            expose_headers=_EXPOSED, max_age=_PREFLIGHT_SECONDS,
        )  # fmt: skip

    def headers(self, origin: bytes | None) -> list[tuple[bytes, bytes]]:
        """What an answer to a page of this origin carries; where origins are told apart, caches are told too."""
        if not self._on:
            return []
        rules = self._rules
        vary = [] if rules.allow_all_origins else [(b"vary", b"Origin")]
        if origin is None or not rules.is_allowed_origin(origin.decode("latin-1")):
            return vary
        allowed = b"*" if rules.allow_all_origins else origin
        return [
            *vary,
            (b"access-control-allow-origin", allowed),
            (b"access-control-expose-headers", ", ".join(_EXPOSED).encode()),
        ]

    def preflight(self, method: str, headers: Mapping[bytes, bytes]) -> Response | None:
        """The answer to a browser that asks whether it may ask; None where this request is something else.

        Raises:
            CrossOriginRefused: it may not.
        """
        if not self._on or method != "OPTIONS" or b"access-control-request-method" not in headers:
            return None
        if b"origin" not in headers:
            return None
        response = self._rules.preflight_response(Headers(raw=list(headers.items())))
        if response.status_code >= 400:
            raise CrossOriginRefused(self._why_not(headers))
        # The rest comes from `headers`, as with every answer.
        del response.headers["access-control-allow-origin"], response.headers["vary"]
        return response

    def _why_not(self, headers: Mapping[bytes, bytes]) -> str:
        if not self._rules.is_allowed_origin(headers[b"origin"].decode("latin-1")):
            return "Pages of this origin may not ask here. The service's operator can let them: SERVICE_CORS_ORIGINS."
        if headers[b"access-control-request-method"].decode("latin-1") not in _METHODS:
            return f"Pages of other origins may use {', '.join(_METHODS)} here."
        return "Pages of other origins may not ask here out of a public network into a private one."


async def _nobody(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """The rules are asked; what they stand before is never called."""
