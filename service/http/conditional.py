"""Conditional requests (RFC 9110, section 13): whether a client has already what it asks for."""

import hashlib

from starlette.requests import Request

from service.http.negotiation import elements


def weak_tag(digest: str, query: bytes) -> str:
    """The ETag of an answer to a query, from the digest of all else that it depends on.

    A weak one: with other company in one call of the model, the last digit of a probability may differ.
    """
    return f'W/"{hashlib.sha256(digest.encode() + query).hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether the request's If-None-Match has this ETag, by the weak comparison (section 13.1.2)."""
    given = request.headers.getlist("if-none-match")
    if not given:
        return False
    known = {each.removeprefix("W/") for each in elements(", ".join(given))}
    return tag.removeprefix("W/") in known or "*" in known
