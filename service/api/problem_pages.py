"""`/problems` and `/problems/{name}`: what the `type` of a problem document means, to programs and to people."""

import json
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from service import errors
from service.api import template
from service.api.documented_route import DocumentedRoute
from service.expectation import nearest, shown
from service.http import problems
from service.http.cures import CURES
from service.http.negotiation import best_type
from service.http.problems import Problem, ProblemType

_HTML = "text/html"
_HEADERS = {"Vary": "Accept"}
_OK = {"description": "What it means", "content": {_HTML: {"schema": {"type": "string"}}}}


async def problem(name: str, request: Request) -> Response:
    """What the `type` of a problem document means; to a browser as a page, with an example and the cure."""
    found = problems.BY_NAME.get(name)
    if found is None:
        meant = nearest(name, problems.BY_NAME)
        guess = f" Did you mean {meant}?" if meant else ""
        message = f"There is no such problem.{guess} /problems lists those that there are."
        raise errors.ProblemNotFound(message, field="name", value=shown(name))
    if _wants_page(request):
        cure = CURES[found.name]
        document = json.dumps(found.document(cure.detail, cure.members), indent=2)
        return _page("problem", problem=found, cure=cure, document=document)
    content = found.encode(found.meaning)
    return Response(content, media_type=problems.MEDIA_TYPE, headers=_HEADERS)


async def listing(_request: Request) -> Response:
    """All of them, as a page."""
    listed: Sequence[ProblemType] = sorted(problems.BY_NAME.values(), key=lambda each: (each.status, each.name))
    return _page("problems", problems=listed)


def _wants_page(request: Request) -> bool:
    accept = ", ".join(request.headers.getlist("accept"))
    return best_type(accept, (problems.MEDIA_TYPE, "application/json", _HTML)) == _HTML


def _page(name: str, **values: object) -> Response:
    return Response(template.render(name, **values), media_type=_HTML, headers=_HEADERS | template.HEADERS)


def routes() -> list[BaseRoute]:
    """The routes of this resource; the listing is a page, and no part of the API's description."""
    return [
        Route("/problems", listing, methods=["GET"]),
        DocumentedRoute(
            "/problems/{name}",
            problem,
            methods=["GET"],
            response_model=Problem,
            responses={200: _OK, **problems.responses([errors.ProblemNotFound])},
            summary="What a problem means",
            operation_id="get_problem",
            tags=["operation"],
        ),
    ]
