"""`/share`: how others get the page, for the page's panel: addresses, each with its QR code."""

import re

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from typing_extensions import TypedDict

from service import addresses
from service.api.direct_route import json_response
from service.api.intake import Intake
from service.http.query import parse
from service.settings import Settings

# The origin of a page (RFC 6454): no longer than any host name with its port.
_ORIGIN = re.compile(r"https?://([A-Za-z0-9.\-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[1-9][0-9]{0,4})?", re.ASCII)
_HIGHEST_PORT = 65_535
_HEADERS = {"Cache-Control": "no-store"}


class ShareOptions(BaseModel):
    """Who asks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: str = Field(default="", description="The origin of the page that asks, such as https://seminar.example.")


class SharedAddress(TypedDict):
    """An address, and its QR code as an SVG in a data URL."""

    url: str
    qr: str


class Share(TypedDict):
    """Where others reach this service."""

    addresses: list[SharedAddress]
    note: str


class Sharing:
    """The endpoint."""

    def __init__(self, settings: Settings, intake: Intake) -> None:
        self._host = settings.host
        self._intake = intake

    async def get(self, request: Request) -> Response:
        """The addresses: that by which the page was asked, if others can use it, then those of the machine.

        Raises:
            Overloaded: there is no room. Anybody may ask for codes that have never been drawn.
        """
        port = request.scope["server"][1] if request.scope.get("server") else 80
        urls = [*_origin(request), *addresses.reachable(self._host, port)]
        with self._intake.place(request):
            async with self._intake.pool.place(request):
                shared = await self._intake.pool.run(_with_codes, list(dict.fromkeys(urls)))
        share: Share = {
            "addresses": shared,
            "note": addresses.ONLY_HERE if not urls and addresses.is_only_here(self._host) else "",
        }
        return json_response(share, _HEADERS)


def _with_codes(urls: list[str]) -> list[SharedAddress]:
    return [{"url": url, "qr": addresses.qr_as_data_url(url)} for url in urls]


def _origin(request: Request) -> list[str]:
    """The origin that the page names as its own, if it is the one that was asked and means more than this machine.

    Only the page knows whether it came by https through a proxy. No other address is taken: this makes no codes for
    whatever somebody may name.
    """
    given = _ORIGIN.fullmatch(parse(request.scope["query_string"], ShareOptions).origin)
    if given is None or given[0].partition("://")[2].lower() != request.headers.get("host", "").lower():
        return []
    if int((given[2] or ":80")[1:]) > _HIGHEST_PORT or not addresses.is_for_others(given[1]):
        return []
    return [f"{given[0]}/"]


def routes(settings: Settings, intake: Intake) -> list[BaseRoute]:
    """The route; it is the page's, and no part of the API's description."""
    return [Route("/share", Sharing(settings, intake).get, methods=["GET"])]
