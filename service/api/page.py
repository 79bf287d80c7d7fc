"""The seminar page at `/`, and the style, scripts and picture that it is made of: few files, kept in memory."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from service.http.cached_response import CachedResponse

_FOLDER = Path(__file__).parents[1] / "page"
_START = "index.html"
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
}

# Everything comes from here; pictures may also be made in the browser (blob:, data:), and nothing else may be.
_POLICY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}


class Page:
    """The page's files, read once."""

    def __init__(self) -> None:
        paths = [path for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES]
        self._files = {
            path.name: CachedResponse(path.read_bytes(), _TYPES[path.suffix], _POLICY if path.name == _START else {})
            for path in paths
        }

    async def start(self, request: Request) -> Response:
        """The page."""
        return self._files[_START].to(request)

    async def file(self, request: Request) -> Response:
        """One of the files that it refers to; only names are looked up, so there is no way out of the folder."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        return file.to(request)


def routes() -> list[BaseRoute]:
    """The page's routes; what a browser shows is no part of the API's description."""
    page = Page()
    return [Route("/", page.start, methods=["GET"]), Route("/page/{name}", page.file, methods=["GET"])]
