"""A FastAPI route whose description has every status that it can answer with, those given before it is asked too."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi.routing import APIRoute
from starlette.responses import Response

from service import errors
from service.http import problems
from service.middleware.auth import is_open
from service.settings import Settings

# What any request may get. Described as the default answer, which also keeps FastAPI from describing a 422 in words of
# its own: no parameter is checked by FastAPI here.
_ANY = problems.description(
    [
        *(
            problems.PROBLEM_TYPES[error]
            for error in (errors.MalformedBody, errors.ClientTooSlow, errors.HeadTooLarge, errors.Overloaded)
        ),
        problems.INTERNAL,
    ]
)
# What needs no key, unless the operator says otherwise.
_OPEN = Settings.model_fields["open_paths"].default
_OF_ANY = _ANY | {"description": f"What any request may get: {_ANY['description']}"}


class DocumentedRoute(APIRoute):
    """Describes, beside what it is told of, the 401 of what needs a key, and what any request may get."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Response]],
        *,
        responses: Mapping[int | str, dict[str, Any]] = {},
        **arguments: Any,
    ) -> None:
        """Make the route.

        Args:
            path: its address.
            endpoint: what it calls.
            responses: the description of its own answers, by status.
            **arguments: as FastAPI's route has.
        """
        before = {} if is_open(path, _OPEN) else problems.responses([errors.Unauthorized])
        super().__init__(path, endpoint, responses={**before, **responses, "default": _OF_ANY}, **arguments)
