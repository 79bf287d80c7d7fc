"""A document that does not change while the service runs: made once, compressed once, and sent once to each client."""

import gzip
import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from service.http.conditional import is_known
from service.http.negotiation import takes_gzip

# What is compressed already gains nothing.
_COMPRESSED = ("image/jpeg", "image/png")


class CachedResponse:
    """A document as it is and compressed, each with an ETag of its own (RFC 9110, section 8.8.3.3)."""

    def __init__(
        self, content: str | bytes, media_type: str = "application/json", headers: Mapping[str, str] = {}
    ) -> None:
        """Make it.

        Args:
            content: what it says, or its bytes.
            media_type: its content type.
            headers: more of them; a Vary among them is added to.
        """
        plain = content.encode() if isinstance(content, str) else content
        common = {
            "Content-Type": f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
            "Cache-Control": "no-cache",  # to be kept, and asked for again by its ETag
            **headers,
            "Vary": ", ".join(filter(None, [headers.get("Vary"), "Accept-Encoding"])),
        }
        self._plain = _Representation(plain, common)
        self._compressed = self._plain
        if media_type not in _COMPRESSED:
            # Without a time of its own the compressed document is the same in every worker.
            self._compressed = _Representation(gzip.compress(plain, mtime=0), common | {"Content-Encoding": "gzip"})

    def to(self, request: Request) -> Response:
        """The document, or 304 to who has it already."""
        chosen = self._compressed if takes_gzip(", ".join(request.headers.getlist("accept-encoding"))) else self._plain
        return chosen.response(request)


class _Representation:
    """The bytes of one encoding."""

    def __init__(self, content: bytes, headers: dict[str, str]) -> None:
        self._content = content
        self._tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        self._headers = headers | {"ETag": self._tag}
        self._unchanged = {name: value for name, value in self._headers.items() if not name.startswith("Content-")}

    def response(self, request: Request) -> Response:
        if is_known(request, self._tag):
            return Response(status_code=304, headers=self._unchanged)
        return Response(self._content, headers=self._headers)
