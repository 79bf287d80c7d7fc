"""Which model a path of the protocol names."""

import re

from starlette.requests import Request

from service.errors import ModelNotFound
from service.expectation import shown

_VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


def chosen(request: Request) -> tuple[str, int | None]:
    """The model and, where the path has one, the version.

    Raises:
        ModelNotFound: no version is written like this.
    """
    name, version = request.path_params["name"], request.path_params.get("version")
    if version is None:
        return name, None
    if not _VERSION.fullmatch(version):
        raise ModelNotFound("A version is a whole number from 1.", field="version", value=shown(version))
    return name, int(version)
