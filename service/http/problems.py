"""Errors as RFC 9457 problem documents, all from one table."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired

import orjson
from fastapi import FastAPI
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope
from typing_extensions import TypedDict

from service import errors, metrics
from service.errors import ClientDisconnected, Members, ServiceError
from service.http.cures import CURES

MEDIA_TYPE = "application/problem+json"
# The Open Inference Protocol has a form of errors of its own, which its clients look for: {"error": "..."}.
PROTOCOL_TYPE = "application/json"
CONTENT_TYPE = (b"content-type", MEDIA_TYPE.encode())
_NO_MEMBERS: Members = {}


class Problem(TypedDict):
    """A problem document (RFC 9457)."""

    type: Annotated[
        str, Field(description="What went wrong, stable; the address tells more.", examples=["/problems/no-input"])
    ]
    title: Annotated[str, Field(description="The same in words.", examples=["Nothing to classify"])]
    status: Annotated[int, Field(description="The HTTP status.", examples=[400])]
    detail: Annotated[str, Field(description="What is wrong with this very request, and what to do.")]
    field: NotRequired[Annotated[str, Field(description="The parameter, field or header that is wrong.")]]
    value: NotRequired[Annotated[str, Field(description="What it had: the beginning, control characters escaped.")]]
    allowed: NotRequired[Annotated[list[str | int], Field(description="What it may have.")]]
    limit: NotRequired[Annotated[float, Field(description="The bound that was passed.")]]
    position: NotRequired[Annotated[int, Field(description="Which of several pictures or indices, counted from 1.")]]


@dataclass(frozen=True)
class ProblemType:
    """One row of the table."""

    status: int
    name: str
    title: str
    meaning: str
    headers: dict[str, str] | None = None

    def document(self, detail: str, members: Members = _NO_MEMBERS) -> Problem:
        """The problem document with this detail, and with more members for programs."""
        return {
            "type": f"/problems/{self.name}",
            "title": self.title,
            "status": self.status,
            "detail": detail,
            **members,
        }

    def encode(self, detail: str, members: Members = _NO_MEMBERS) -> bytes:
        """The same as JSON, with a line break at its end for those who read it in a terminal."""
        return orjson.dumps(self.document(detail, members), option=orjson.OPT_APPEND_NEWLINE)


def _problem_type(
    error: type[ServiceError], status: int, name: str, title: str, **headers: str
) -> tuple[type[ServiceError], ProblemType]:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return error, ProblemType(status, name, title, (error.__doc__ or "").strip(), named or None)


PROBLEM_TYPES = dict(
    [
        _problem_type(errors.NoInput, 400, "no-input", "Nothing to classify"),
        _problem_type(errors.AmbiguousInput, 400, "ambiguous-input", "More than one kind of input"),
        _problem_type(errors.MalformedBody, 400, "malformed-body", "Request can't be read"),
        _problem_type(errors.CrossOriginRefused, 400, "cross-origin-refused", "Not for pages of other origins"),
        _problem_type(errors.Unauthorized, 401, "unauthorized", "Key missing or wrong", WWW_Authenticate="Bearer"),
        _problem_type(errors.InvalidTensor, 400, "invalid-tensor", "Wrong tensor"),
        _problem_type(errors.Forbidden, 403, "forbidden", "Not for everybody"),
        _problem_type(errors.ImageNotFound, 404, "image-not-found", "No such test image"),
        _problem_type(errors.ModelNotFound, 404, "model-not-found", "No such model"),
        _problem_type(errors.ProblemNotFound, 404, "problem-not-found", "No such problem"),
        _problem_type(errors.ClientTooSlow, 408, "client-too-slow", "Request too slow", Connection="close"),
        _problem_type(errors.BodyTooLarge, 413, "body-too-large", "Request too large", Connection="close"),
        _problem_type(errors.ImageTooLarge, 413, "image-too-large", "Picture too large"),
        _problem_type(errors.TooManyImages, 413, "too-many-images", "Too many images in one request"),
        _problem_type(errors.UnsupportedContentType, 415, "unsupported-content-type", "Content type not supported"),
        _problem_type(errors.NotAnImage, 415, "not-an-image", "Not an image"),
        _problem_type(errors.EmptyImage, 422, "empty-image", "Empty image"),
        _problem_type(errors.DamagedImage, 422, "damaged-image", "Damaged image"),
        _problem_type(errors.ImageTooCostly, 422, "image-too-costly", "Picture takes too long to decode"),
        _problem_type(errors.IndexOutOfRange, 422, "index-out-of-range", "Index out of range"),
        _problem_type(errors.InvalidParameter, 422, "invalid-parameter", "Wrong value"),
        _problem_type(errors.UnknownField, 422, "unknown-field", "Unknown field"),
        _problem_type(errors.HeadTooLarge, 431, "head-too-large", "Request head too large", Connection="close"),
        _problem_type(errors.ModelUnavailable, 503, "model-unavailable", "Model can't be used"),
        _problem_type(errors.Draining, 503, "draining", "Stopping", Retry_After="5"),
        _problem_type(
            errors.BufferFull, 503, "buffer-full", "Too much at one time", Retry_After="1", Connection="close"
        ),
        _problem_type(errors.Overloaded, 503, "overloaded", "Too much to do", Retry_After="1"),
    ]
)
# What no endpoint says but the libraries around them.
NOT_FOUND = ProblemType(404, "not-found", "No such page", "There is nothing at this address.")
METHOD_NOT_ALLOWED = ProblemType(
    405, "method-not-allowed", "Method not allowed", "This address exists, for other methods."
)
INTERNAL = ProblemType(500, "internal-error", "The service failed", "A fault of the service, not of the request.")
# What is said of such a fault.
FAULT = "This is a fault of the service, not of your request. Tell its operator."
BY_NAME = {
    problem_type.name: problem_type
    for problem_type in (*PROBLEM_TYPES.values(), NOT_FOUND, METHOD_NOT_ALLOWED, INTERNAL)
}

# The row, and what to say, for an error in a library's own words, by its status.
_BY_STATUS = {
    404: (NOT_FOUND, "There is nothing at this address. /docs lists what there is; of /v2, service/README.md."),
    405: (METHOD_NOT_ALLOWED, "This address exists, for other methods: Allow names them."),
}
# Headers that describe the words which a problem replaces.
_OF_THE_BODY = frozenset(
    {b"content-type", b"content-length", b"content-encoding", b"content-disposition", b"etag", b"last-modified"}
)


def document_of(error: ServiceError) -> Problem:
    """The problem document of an error."""
    return PROBLEM_TYPES[type(error)].document(str(error), error.members)


def encode(path: str, problem_type: ProblemType, detail: str, members: Members = _NO_MEMBERS) -> tuple[str, bytes]:
    """The media type and the bytes of a problem, in the form of the protocol that the path belongs to."""
    if path == "/v2" or path.startswith("/v2/"):
        return PROTOCOL_TYPE, orjson.dumps({"error": detail}, option=orjson.OPT_APPEND_NEWLINE)
    return MEDIA_TYPE, problem_type.encode(detail, members)


def _response(
    scope: Scope,
    problem_type: ProblemType,
    detail: str,
    headers: dict[str, str] | None = None,
    members: Members = _NO_MEMBERS,
) -> Response:
    """The problem as an HTTP response."""
    media_type, content = encode(scope["path"], problem_type, detail, members)
    return Response(content, problem_type.status, headers, media_type)


def responses(kinds: Iterable[type[ServiceError]]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of these errors, with an example of each, by status."""
    by_status: dict[int | str, list[ProblemType]] = {}
    for error in kinds:
        problem_type = PROBLEM_TYPES[error]
        by_status.setdefault(problem_type.status, []).append(problem_type)
    return {status: description(problem_types) for status, problem_types in by_status.items()}


def description(problem_types: Sequence[ProblemType]) -> dict[str, Any]:
    """The OpenAPI description of an answer that is one of these problems, with an example of each."""
    return {
        "description": "; ".join(problem_type.title for problem_type in problem_types),
        "content": {
            MEDIA_TYPE: {
                # The schema is there by the answer of /problems/{name}.
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {each.name: {"value": _example(each)} for each in problem_types},
            }
        },
    }


def _example(problem_type: ProblemType) -> Problem:
    """A document as the service sends it (`cures`: what can be caused by a command is tested to be what comes)."""
    cure = CURES[problem_type.name]
    return problem_type.document(cure.detail, cure.members)


def install(app: FastAPI) -> None:
    """Make the service's own errors inside the application problem documents; the gateway does the libraries'."""
    app.add_exception_handler(ServiceError, _on_service_error)
    app.add_exception_handler(ClientDisconnected, _on_disconnect)  # type: ignore[arg-type] # None is no answer
    app.add_exception_handler(METHOD_NOT_ALLOWED.status, _on_wrong_method)
    app.add_exception_handler(Exception, _on_failure)


def note(scope: Scope, error: ServiceError) -> ProblemType:
    """Count a request that caused this error, and name that for the log; for an answer in a form of its own."""
    problem_type = PROBLEM_TYPES[type(error)]
    _forget_frames(error)
    scope["problem"] = problem_type.name
    metrics.REFUSALS[problem_type.name,].inc()
    return problem_type


def answer(scope: Scope, error: ServiceError) -> Response:
    """The answer to a request that caused this error; it is counted, and named for the log."""
    problem_type = PROBLEM_TYPES[type(error)]
    _forget_frames(error)
    return _refuse(scope, problem_type, str(error), problem_type.headers, error.members)


def stand_in(scope: Scope, status: int, headers: Iterable[tuple[bytes, bytes]]) -> Response:
    """The problem in place of an error that a library gave in words of its own, counted and named for the log too.

    What its headers say of the error stays, such as Allow. A status that has no row for this is one
    that nobody meant to give: a fault of the service.
    """
    if status not in _BY_STATUS:
        logging.getLogger("service").error("a library answered with status %d, which is no problem", status)
        return fail(scope)
    response = _refuse(scope, *_BY_STATUS[status])
    response.raw_headers += [(name, value) for name, value in headers if name not in _OF_THE_BODY]
    return response


def fail(scope: Scope) -> Response:
    """The answer to a request at which the service itself failed."""
    scope["problem"] = INTERNAL.name
    return _response(scope, INTERNAL, FAULT)


def _forget_frames(error: ServiceError) -> None:
    """Let go of the calls that an error went through, which hold what was sent.

    Some hold the error too: such a ring, and with it a whole picture, would stay until the garbage collector comes.
    """
    error.__traceback__ = None


def _refuse(
    scope: Scope,
    problem_type: ProblemType,
    detail: str,
    headers: dict[str, str] | None = None,
    members: Members = _NO_MEMBERS,
) -> Response:
    scope["problem"] = problem_type.name
    metrics.REFUSALS[problem_type.name,].inc()
    return _response(scope, problem_type, detail, headers, members)


async def _on_service_error(request: Request, error: Exception) -> Response:
    return answer(request.scope, error)  # type: ignore[arg-type] # a ServiceError


async def _on_disconnect(_request: Request, _error: Exception) -> None:
    """Nobody is there to be told; the gateway notes that nothing was said."""


async def _on_failure(request: Request, _error: Exception) -> Response:
    return fail(request.scope)


async def _on_wrong_method(request: Request, _error: Exception) -> Response:
    scope = request.scope
    # Starlette names the methods of the first route with this path only; there may be others.
    matching = [route for route in request.app.routes if route.matches(scope)[0] is not Match.NONE]
    allowed = {method for route in matching for method in route.methods}
    # Whatever answers GET answers HEAD (RFC 9110, 9.3.2).
    methods = ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))
    return _refuse(scope, METHOD_NOT_ALLOWED, f"Use {methods} here.", {"Allow": methods})
