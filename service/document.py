"""Documents that do not change while the service runs: sent once to who keeps them, and packed to who can unpack."""

import gzip
import hashlib

from starlette.requests import Request
from starlette.responses import Response

# What is shorter fits into one packet anyway.
_WORTH_PACKING = 1000
_LEVEL = 6


class Document:
    """A document with its ETag (RFC 9110, section 8.8.3); text of some length goes out gzipped to who accepts that."""

    def __init__(self, content: bytes, media_type: str = "application/json", **headers: str) -> None:
        """Keep it as it is; it is packed when somebody first wants it so, lest the start takes longer.

        Args:
            content: its bytes.
            media_type: its content type.
            headers: more of them, with underscores for hyphens.
        """
        self._content = content
        self._media_type = media_type
        self._tag = hashlib.sha256(content).hexdigest()[:32]
        self._packed: bytes | None = None
        self._packs = len(content) >= _WORTH_PACKING and not media_type.startswith("image/")
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self._headers["cache-control"] = "no-cache"  # to be kept, and asked for again by its ETag
        if self._packs:
            self._headers["vary"] = "accept-encoding"

    def respond(self, request: Request) -> Response:
        """The document, or 304 to who has it already."""
        packs = self._packs and "gzip" in request.headers.get("accept-encoding", "")
        # Each form has a tag of its own, as a strong tag stands for certain bytes.
        headers = self._headers | {"etag": f'"{self._tag}-gzip"' if packs else f'"{self._tag}"'}
        if self._tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content = self._content
        if packs:
            headers["content-encoding"] = "gzip"
            content = self._packed = self._packed or gzip.compress(content, _LEVEL, mtime=0)
        return Response(content, headers=headers, media_type=self._media_type)
