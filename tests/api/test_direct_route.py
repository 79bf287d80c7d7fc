"""A direct route runs what it documents, and refuses what it would not run."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import pytest
from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from service.api.direct_route import DirectRoute
from service.http.query import ModelOptions, Options


async def right(_request: Request, options: Annotated[Options, Query()]) -> Response:
    return Response(str(options.index))


async def with_dependency(
    request: Request,  # noqa: ARG001
    options: Annotated[Options, Query()],  # noqa: ARG001
    user: Annotated[str, Depends(str)],  # noqa: ARG001
) -> Response:
    return Response()


async def with_a_dependency_for_options(request: Request, options: Annotated[Options, Depends(Options)]) -> Response:  # noqa: ARG001
    return Response()


async def without_options(request: Request) -> Response:  # noqa: ARG001
    return Response()


async def with_other_options(request: Request, options: Annotated[int, Query()]) -> Response:  # noqa: ARG001
    return Response()


async def without_a_query(request: Request, options: ModelOptions) -> Response:  # noqa: ARG001
    return Response()


def not_async(request: Request, options: Annotated[Options, Query()]) -> Response:  # noqa: ARG001
    return Response()


async def with_options_by_keyword(request: Request, *, options: Annotated[Options, Query()]) -> Response:  # noqa: ARG001
    return Response()


async def with_options_by_another_name(request: Request, options: Annotated[Options, Query(alias="o")]) -> Response:  # noqa: ARG001
    return Response()


async def with_a_bound(request: Request, options: Annotated[Options, Query(max_length=1)]) -> Response:  # noqa: ARG001
    return Response()


async def with_options_or_none(request: Request, options: Annotated[Options | None, Query()]) -> Response:  # noqa: ARG001
    return Response()


async def with_default_options(
    request: Request,  # noqa: ARG001
    options: Annotated[Options, Query()] = Options(),  # noqa: ARG001, B008
) -> Response:
    return Response()


async def with_two_marks(request: Request, options: Annotated[Options, Query(), Query()]) -> Response:  # noqa: ARG001
    return Response()


async def with_another_answer(request: Request, options: Annotated[Options, Query()]) -> int:  # noqa: ARG001
    return 1


async def with_an_answer_or_none(request: Request, options: Annotated[Options, Query()]) -> Response | None:  # noqa: ARG001
    return None


@pytest.mark.parametrize(
    "endpoint",
    [
        with_dependency,
        with_a_dependency_for_options,
        without_options,
        with_other_options,
        without_a_query,
        not_async,
        with_options_by_keyword,
        with_options_by_another_name,
        with_a_bound,
        with_options_or_none,
        with_default_options,
        with_two_marks,
        with_another_answer,
        with_an_answer_or_none,
    ],
    ids=lambda endpoint: endpoint.__name__,
)
def test_an_endpoint_that_would_not_run_as_documented_is_refused(
    endpoint: Callable[..., Awaitable[Response]],
) -> None:
    """Any other signature is refused when the route is made, in a sentence that names the endpoint and a right one."""
    with pytest.raises(TypeError, match=f"^{endpoint.__name__} can't be a DirectRoute's endpoint: it takes "):
        DirectRoute("/x", endpoint)


def test_dependencies_of_the_route_are_refused() -> None:
    """Dependencies given beside the endpoint would not run either."""
    with pytest.raises(TypeError, match="no dependencies"):
        DirectRoute("/x", right, dependencies=[Depends(str)])


def test_a_status_of_the_route_is_refused() -> None:
    """A status given beside the endpoint would be documented and never sent."""
    with pytest.raises(TypeError, match="/x: a DirectRoute sets no status"):
        DirectRoute("/x", right, status_code=201)


def test_an_endpoint_of_the_right_form_is_taken() -> None:
    """(request, options) is what a direct route calls."""
    assert DirectRoute("/x", right).path == "/x"
