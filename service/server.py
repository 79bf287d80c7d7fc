"""uvicorn's server with an end that load balancers can follow: first say so, then wait a moment, then stop."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from types import FrameType

import uvicorn

from models.repository import ModelError
from service.admission import Admission
from service.app import create_app
from service.lifecycle import Lifecycle
from service.pool import Pool
from service.protocol import make_protocol
from service.settings import Settings, SettingsError


class Server(uvicorn.Server):
    """A server that goes on for a while after the first SIGTERM, with `/health` answering 503."""

    def __init__(self, settings: Settings) -> None:
        """Load everything that serving needs.

        Raises:
            ModelError: a model is missing or wrong.
        """
        self._lifecycle = Lifecycle()
        self._drain_seconds = settings.drain_seconds
        admission, pool = Admission(settings), Pool(settings)
        super().__init__(
            uvicorn.Config(
                create_app(settings, self._lifecycle, admission, pool),
                http=make_protocol(settings, admission, pool),
                ws="none",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                log_level=logging.WARNING,
                timeout_graceful_shutdown=settings.stop_seconds,
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first SIGTERM; stop at once at any other signal."""
        if sig != signal.SIGTERM or self._lifecycle.draining or not self.started:
            super().handle_exit(sig, frame)
            return
        self._lifecycle.draining = True
        self._captured_signals.append(sig)
        asyncio.get_running_loop().call_later(self._drain_seconds, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


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
    # What has been loaded stays: the garbage collector need not look through it again and again under load.
    gc.freeze()
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"Serving {settings.model} on http://{host}:{listener.getsockname()[1]} (Ctrl-C stops it)", flush=True)  # noqa: T201
    server.run(sockets=[listener])
    return 0
