"""What a client would rather have: the Accept and Accept-Encoding headers of RFC 9110, sections 12.5.1 and 12.5.3."""

import re
from collections.abc import Sequence

# What any client sends is far shorter; of more, a header says nothing.
_MAX_BYTES = 1024
_MAX_ELEMENTS = 64

_QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")


def best_type(accept: str, offered: Sequence[str]) -> str:
    """The media type that the client would rather have.

    Where several are equally welcome the first offered is taken, and so it is where none is: a client that gets
    something else than it hoped for can still read what it is (RFC 9110, 12.5.1, leaves that to the server).

    Args:
        accept: the header; empty where there is none.
        offered: media types, the default first.
    """
    wanted = _parse(accept)
    return max(offered, key=lambda media: _quality(media, wanted)) if wanted else offered[0]


def takes_gzip(accept_encoding: str) -> bool:
    """Whether the client takes gzip, and would not rather have the bytes as they are."""
    wanted = _parse(accept_encoding)
    gzip = wanted.get("gzip", wanted.get("x-gzip", wanted.get("*", 0.0)))
    return gzip > 0 and gzip >= wanted.get("identity", 0.0)


def _quality(media: str, wanted: dict[str, float]) -> float:
    """By the most specific range that fits."""
    for media_range in (media, f"{media.partition('/')[0]}/*", "*/*"):
        if media_range in wanted:
            return wanted[media_range]
    return 0.0


def elements(header: str) -> list[str]:
    """The elements of a header that is a list; of one that is far too long, none."""
    if len(header) > _MAX_BYTES or header.count(",") >= _MAX_ELEMENTS:
        return []
    return [element.strip() for element in header.split(",")]


def _parse(header: str) -> dict[str, float]:
    """The elements of a header with their quality; what makes no sense is passed over, other parameters are too."""
    wanted: dict[str, float] = {}
    for element in elements(header):
        name, *parameters = (part.strip().lower() for part in element.split(";"))
        quality = "1"
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                quality = value.strip()
        if name and _QUALITY.fullmatch(quality):
            wanted[name] = max(float(quality), wanted.get(name, 0.0))
    return wanted
