"""`python -m service`: start the service; settings come from the environment (see `service/settings.py`)."""

import signal
import socket
import sys

from models.repository import ModelError
from service.server import Server
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


def serve(settings: Settings, listener: socket.socket) -> int:
    """Serve in this process; the exit code."""
    # uvicorn stops politely on these signals and then raises them again: the way out is an orderly one.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        server = Server(settings)
    except (ModelError, SettingsError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person who started it
        return 1
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"Serving {settings.model} on http://{host}:{listener.getsockname()[1]} (Ctrl-C stops it)", flush=True)  # noqa: T201
    server.run(sockets=[listener])
    return 0


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
