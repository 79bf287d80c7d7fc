"""Versions as the protocol writes them: as texts."""

import re

from service.errors import ModelNotFound
from service.expectation import shown

_VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


def parse_version(given: str | None) -> int | None:
    """The version, if there is one.

    Raises:
        ModelNotFound: no version is written like this.
    """
    if given is None:
        return None
    if not _VERSION.fullmatch(given):
        raise ModelNotFound("A version is a whole number from 1.", field="version", value=shown(given))
    return int(given)
