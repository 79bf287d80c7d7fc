"""Which model a path of the protocol names."""

from starlette.requests import Request

from service.oip.version import parse_version


def chosen(request: Request) -> tuple[str, int | None]:
    """The model and, where the path has one, the version.

    Raises:
        ModelNotFound: no version is written like this.
    """
    return request.path_params["name"], parse_version(request.path_params.get("version"))
