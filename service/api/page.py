"""The seminar page at `/`, and the style, scripts and picture that it is made of: few files, kept in memory."""

import base64
import hashlib
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from service.http.cached_response import CachedResponse

_FOLDER = Path(__file__).parents[1] / "page"
_START = "index.html"
# It has to be there when nothing else comes, so it stands in the page itself.
_INLINE = "watchdog.js"
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
}

# Everything comes from here, save one script in the page, known by its digest; pictures may also be made in the browser
# (blob:, data:), and nothing else may be.
_POLICY = (
    "default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Page:
    """The page's files, read once."""

    def __init__(self) -> None:
        paths = [path for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES]
        self._files = {path.name: CachedResponse(path.read_bytes(), _TYPES[path.suffix]) for path in paths}
        self._files[_START] = _start()

    async def start(self, request: Request) -> Response:
        """The page."""
        return self._files[_START].to(request)

    async def file(self, request: Request) -> Response:
        """One of the files that it refers to; only names are looked up, so there is no way out of the folder."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        return file.to(request)


def _start() -> CachedResponse:
    """The page with the script that stands in it."""
    script = (_FOLDER / _INLINE).read_text("utf-8")
    page = (
        (_FOLDER / _START)
        .read_text("utf-8")
        .replace(f'<script src="page/{_INLINE}"></script>', f"<script>{script}</script>")
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return CachedResponse(page, _TYPES[".html"], {"Content-Security-Policy": _POLICY.format(digest=digest)})


def routes() -> list[BaseRoute]:
    """The page's routes; what a browser shows is no part of the API's description."""
    page = Page()
    return [
        Route("/", page.start, methods=["GET"]),
        Route("/page/{name}", page.file, methods=["GET"]),
        # A script that did not come once never comes by the same address again, as browsers keep that.
        Route("/page/again-{number:int}/{name}", page.file, methods=["GET"]),
    ]
