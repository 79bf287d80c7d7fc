"""What can go wrong with a request, in the service's own terms; `problems` gives each its HTTP status.

The message of an error is one sentence or two for the person who sent the request: what is wrong and what to do. What
the request held is repeated only as `value`, and there cut and escaped (`expectation.shown`).
"""

from collections.abc import Sequence
from typing import TypedDict


class Members(TypedDict, total=False):
    """What programs may want to know of an error beside its message; those that apply."""

    field: str
    value: str
    allowed: list[str | int]
    limit: float
    position: int


class ServiceError(Exception):
    """Base of every error that a request can cause.

    Attributes:
        members: the field that is wrong, its value, what is allowed there, the limit, and which of several pictures or
            indices is meant, counted from 1; those that apply.
    """

    def __init__(
        self,
        message: str = "",
        *,
        field: str | None = None,
        value: str | None = None,
        allowed: Sequence[str | int] | None = None,
        limit: float | None = None,
        position: int | None = None,
    ) -> None:
        super().__init__(message)
        self.members: Members = {}
        if field is not None:
            self.members["field"] = field
        if value is not None:
            self.members["value"] = value
        if allowed is not None:
            self.members["allowed"] = list(allowed)
        if limit is not None:
            self.members["limit"] = int(limit) if limit == int(limit) else limit
        if position is not None:
            self.members["position"] = position


class NoInput(ServiceError):
    """The request names neither an image nor an index."""


class AmbiguousInput(ServiceError):
    """The request names more than one kind of input."""


class MalformedBody(ServiceError):
    """What was sent can't be read: it is no HTTP, or its body not what its content type or length promises."""


class InvalidParameter(ServiceError):
    """A parameter or JSON field has a wrong value."""


class UnknownField(ServiceError):
    """A parameter, JSON field or form field that does not exist."""


class IndexOutOfRange(ServiceError):
    """There is no such test image."""


class ImageNotFound(ServiceError):
    """There is no test image at this address."""


class ProblemNotFound(ServiceError):
    """No problem has this name."""


class CrossOriginRefused(ServiceError):
    """Pages of this web origin may not ask, or not in this way."""


class ModelNotFound(ServiceError):
    """There is no such model, or no such version of it."""


class ModelUnavailable(ServiceError):
    """The model is there but can't be used; another one may be asked."""


class InvalidTensor(ServiceError):
    """A request of the Open Inference Protocol has a tensor, or something about one, that makes no sense here."""


class Forbidden(ServiceError):
    """This is for those who run the service."""


class UnsupportedContentType(ServiceError):
    """The body's content type is none that can be read."""


class EmptyImage(ServiceError):
    """A file without a single byte."""


class NotAnImage(ServiceError):
    """The bytes are no image of an accepted format."""


class DamagedImage(ServiceError):
    """The bytes begin as an image and then break off or make no sense."""


class ImageTooLarge(ServiceError):
    """The picture has more pixels or frames, or takes more memory to decode, than the service allows."""


class ImageTooCostly(ServiceError):
    """Decoding the picture took longer than the service will spend on it."""


class BodyTooLarge(ServiceError):
    """The request body exceeds the limit."""


class TooManyImages(ServiceError):
    """The request holds more images or indices than the limit."""


class ClientTooSlow(ServiceError):
    """The request did not arrive within the time allowed."""


class HeadTooLarge(ServiceError):
    """The request's line and headers exceed the limit."""


class Unauthorized(ServiceError):
    """The service wants a key, and the request has none or a wrong one."""


class BufferFull(ServiceError):
    """The service holds as many bytes of requests as it may; the same request may succeed a little later."""


class Overloaded(ServiceError):
    """The service has as much work as it can do; the same request may succeed a little later."""


class ClientDisconnected(ServiceError):
    """Nobody waits for the answer any more; no client ever sees this."""


class Draining(ServiceError):
    """The service is about to stop; another instance of it should be asked."""
