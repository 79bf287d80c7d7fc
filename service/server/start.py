"""The start: settings, a listening socket, and then one process that serves or several."""

import os
import socket
import sys

from service.server import environment
from service.server.keys_file import add_keys
from service.server.welcome import tell_others
from service.server.workers import Supervisor
from service.settings import Settings, SettingsError, read

_BACKLOG = 2048

# What the kernel may keep of an answer for a client that does not take it, for each connection (Linux takes twice as
# much, for its own lists). Left to itself it keeps megabytes: gigabytes for all connections, that no bound here counts.
_SEND_BUFFER_BYTES = 128 * 1024

# Descriptors beside those of connections and decode processes: the doors, models, logs.
_SPARE_DESCRIPTORS = 64


def start() -> int:
    """Run until stopped; the exit code."""
    try:
        settings = add_keys(read())
        environment.forget_settings()
        _allow_descriptors(
            settings.max_connections * (1 if settings.grpc_port is None else 2)
            + _SPARE_DESCRIPTORS
            + (settings.decode_processes or os.cpu_count() or 1)
        )
        listener = listen(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person who started it
        return 1
    if settings.workers > 1:
        tell_others(settings.host, listener.getsockname()[1])
        return Supervisor(settings, listener).run()
    # Imported here: whoever refuses to start, and a supervisor, need nothing of it, and it takes most of the start.
    from service.server.serve import serve  # noqa: PLC0415

    return serve(settings, listener)


def _allow_descriptors(n: int) -> None:
    """Raise the limit on open files to what the connections need.

    Raises:
        SettingsError: the system allows fewer.
    """
    try:
        import resource  # noqa: PLC0415 - Windows has none, and no such limit
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < n:
        if hard not in (resource.RLIM_INFINITY, -1) and hard < n:
            raise SettingsError(
                f"This process may open {hard} files, and SERVICE_MAX_CONNECTIONS needs {n}: lower it, or raise "
                "the limit (ulimit -n)."
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (n, hard))


def listen(settings: Settings) -> socket.socket:
    """A socket on the address of the settings.

    Raises:
        SettingsError: it can't be had.
    """
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)  # its connections inherit it
        listener.setblocking(False)
        return listener
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]
        raise SettingsError(
            f"{settings.host}:{settings.port} can't be listened on ({reason}): "
            "choose another address with SERVICE_HOST and PORT."
        ) from None
