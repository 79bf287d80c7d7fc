"""`python -m service`: start the service; settings come from the environment (see `service/settings.py`)."""

import socket
import sys

from service.server import serve
from service.settings import Settings, SettingsError, read
from service.supervisor import Supervisor

_BACKLOG = 2048


def main() -> int:
    """Run until stopped; the exit code."""
    try:
        settings = read()
        listener = _listen(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person who started it
        return 1
    return serve(settings, listener) if settings.workers == 1 else Supervisor(settings, listener).run()


def _listen(settings: Settings) -> socket.socket:
    """A socket on the address of the settings.

    Raises:
        SettingsError: it can't be had.
    """
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]
        raise SettingsError(
            f"{settings.host}:{settings.port} can't be listened on ({reason}): "
            "choose another address with SERVICE_HOST and PORT."
        ) from None


if __name__ == "__main__":
    sys.exit(main())
