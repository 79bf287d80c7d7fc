"""Errors as RFC 9457 problem documents, all from one table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from service import errors, metrics
from service.errors import ServiceError

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(description="What went wrong, stable; the address tells more.", examples=["/problems/no-input"])
    title: str = Field(description="The same in words.", examples=["Nothing to classify"])
    status: int = Field(description="The HTTP status.", examples=[400])
    detail: str = Field(description="What is wrong with this very request, and what to do.")


@dataclass(frozen=True)
class Kind:
    """One row of the table."""

    status: int
    name: str
    title: str
    meaning: str
    headers: dict[str, str] | None = None

    def document(self, detail: str) -> dict[str, Any]:
        """The problem document with this detail."""
        return {"type": f"/problems/{self.name}", "title": self.title, "status": self.status, "detail": detail}

    def encode(self, detail: str) -> bytes:
        """The same as JSON, with a line break at its end for those who read it in a terminal."""
        return orjson.dumps(self.document(detail), option=orjson.OPT_APPEND_NEWLINE)


def _kind(
    error: type[ServiceError], status: int, name: str, title: str, **headers: str
) -> tuple[type[ServiceError], Kind]:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return error, Kind(status, name, title, (error.__doc__ or "").strip(), named or None)


KINDS = dict(
    [
        _kind(errors.NoInput, 400, "no-input", "Nothing to classify"),
        _kind(errors.AmbiguousInput, 400, "ambiguous-input", "More than one kind of input"),
        _kind(errors.MalformedBody, 400, "malformed-body", "Body can't be read"),
        _kind(errors.KeyMissing, 401, "key-missing", "Key missing", WWW_Authenticate="Bearer"),
        _kind(errors.ImageNotFound, 404, "image-not-found", "No such test image"),
        _kind(errors.ModelNotFound, 404, "model-not-found", "No such model"),
        _kind(errors.ProblemNotFound, 404, "problem-not-found", "No such problem"),
        _kind(errors.ClientTooSlow, 408, "client-too-slow", "Request too slow", Connection="close"),
        _kind(errors.BodyTooLarge, 413, "body-too-large", "Request too large", Connection="close"),
        _kind(errors.ImageTooLarge, 413, "image-too-large", "Picture too large"),
        _kind(errors.TooManyImages, 413, "too-many-images", "Too many images in one request"),
        _kind(errors.UnsupportedContentType, 415, "unsupported-content-type", "Content type not supported"),
        _kind(errors.NotAnImage, 415, "not-an-image", "Not an image"),
        _kind(errors.EmptyImage, 422, "empty-image", "Empty image"),
        _kind(errors.DamagedImage, 422, "damaged-image", "Damaged image"),
        _kind(errors.IndexOutOfRange, 422, "index-out-of-range", "Index out of range"),
        _kind(errors.InvalidParameter, 422, "invalid-parameter", "Wrong value"),
        _kind(errors.UnknownField, 422, "unknown-field", "Unknown field"),
        _kind(errors.HeadTooLarge, 431, "head-too-large", "Request head too large", Connection="close"),
        _kind(errors.Draining, 503, "draining", "Stopping", Retry_After="5"),
        _kind(errors.BufferFull, 503, "buffer-full", "Too much at one time", Retry_After="1", Connection="close"),
        _kind(errors.Overloaded, 503, "overloaded", "Too much to do", Retry_After="1"),
    ]
)
NOT_FOUND = Kind(404, "not-found", "No such page", "There is nothing at this address.")
METHOD_NOT_ALLOWED = Kind(405, "method-not-allowed", "Method not allowed", "This address exists, for other methods.")
INTERNAL = Kind(500, "internal-error", "The service failed", "A fault of the service, not of the request.")
BY_NAME = {kind.name: kind for kind in (*KINDS.values(), NOT_FOUND, METHOD_NOT_ALLOWED, INTERNAL)}


def respond(kind: Kind, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The problem as an HTTP response."""
    return Response(kind.encode(detail), kind.status, headers, MEDIA_TYPE)


def responses(kinds: Iterable[type[ServiceError]]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of these errors, with an example of each, by status."""
    described: dict[int | str, dict[str, Any]] = {}
    for error in kinds:
        kind = KINDS[error]
        entry = described.setdefault(
            kind.status,
            {"model": Problem, "description": "", "content": {MEDIA_TYPE: {"schema": _SCHEMA, "examples": {}}}},
        )
        entry["description"] = "; ".join(filter(None, [entry["description"], kind.title]))
        entry["content"][MEDIA_TYPE]["examples"][kind.name] = {"value": kind.document(kind.meaning)}
    return described


_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def install(app: FastAPI) -> None:
    """Make every error inside the application a problem document."""
    app.add_exception_handler(ServiceError, _on_service_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_failure)


def answer(scope: Scope, error: ServiceError) -> Response:
    """The answer to a request that caused this error; it is counted, and named for the log."""
    kind = KINDS[type(error)]
    scope["problem"] = kind.name
    metrics.REFUSALS[kind.name,].inc()
    return respond(kind, str(error), kind.headers)


def fail(scope: Scope) -> Response:
    """The answer to a request at which the service itself failed."""
    scope["problem"] = INTERNAL.name
    return respond(INTERNAL, "This is a fault of the service, not of your request. Tell its operator.")


async def _on_service_error(request: Request, error: Exception) -> Response:
    return answer(request.scope, error)  # type: ignore[arg-type] # a ServiceError


async def _on_failure(request: Request, _error: Exception) -> Response:
    return fail(request.scope)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    if error.status_code == NOT_FOUND.status:  # type: ignore[attr-defined] # an HTTPException
        return respond(NOT_FOUND, "There is nothing at this address. /docs lists what there is.")
    # Starlette names the methods of the first route with this path only; there may be others. A folder of files matches
    # no longer, once it has been entered; its files can only be got.
    matching = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    methods = ", ".join(sorted({method for route in matching for method in route.methods})) or "GET"
    return respond(METHOD_NOT_ALLOWED, f"Use {methods} here.", {"Allow": methods})
