"""uvicorn's server with an end that load balancers can follow: first say so, then wait a moment, then stop."""

import asyncio
import gc
import logging
import multiprocessing
import signal
import socket
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from types import FrameType

import uvicorn

from models.repository import ModelError
from service import signals
from service.app import create_app
from service.images.decode_processes import DecodeProcesses
from service.limits.admission import Admission
from service.limits.pool import Pool
from service.middleware.access_log import AccessLog
from service.middleware.cors import Cors
from service.middleware.log_stream import take_over_stderr
from service.server import cores, environment
from service.server.protocol import make_protocol
from service.server.states import Shared
from service.server.welcome import tell_others
from service.settings import Settings, SettingsError

_BEAT_SECONDS = 1.0
_SWITCH_SECONDS = 0.0005
_DOORS = 16


class Server(uvicorn.Server):
    """A server that goes on for a while after the first SIGTERM, with `/health` answering 503."""

    def __init__(
        self, settings: Settings, early_signals: list[int], beating: Connection | None = None, *, strict: bool = True
    ) -> None:
        """Load everything that serving needs.

        Args:
            settings: the service's.
            early_signals: those that have come, and may still come before it runs.
            beating: where it shows that its event loop turns.
            strict: as `ModelRegistry` has it.

        Raises:
            ModelError: a model is missing or wrong.
        """
        self._early_signals = early_signals
        self._beating = beating
        self._drain_seconds = settings.drain_seconds
        places = settings.decode_processes or max(1, cores.available() // settings.workers - 1)
        self._admission, pool = Admission(settings), Pool(settings, places)
        self._pool = pool
        self._processes = DecodeProcesses(places, settings.decode_seconds, settings.max_decode_bytes)
        access_log = AccessLog(settings, self._admission, take_over_stderr())
        shared = Shared(settings, self._admission, pool, access_log, Cors(settings))
        super().__init__(
            uvicorn.Config(
                create_app(settings, self._admission, pool, self._processes, access_log, strict=strict),
                http=make_protocol(shared),
                ws="none",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                log_level=logging.WARNING,
                timeout_graceful_shutdown=settings.stop_seconds,
            )
        )

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop, then end what was started for it.

        Not at the end of the lifespan, which a second Ctrl-C passes over: decode processes that are left to the
        interpreter's exit are started anew by their pool as fast as it ends them.
        """
        try:
            super().run(sockets)
        finally:
            self._processes.close()
            self._pool.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first SIGTERM; stop at once at any other signal."""
        if sig != signal.SIGTERM or self._admission.draining or not self.started:
            super().handle_exit(sig, frame)
            return
        self._admission.draining = True
        self._captured_signals.append(sig)
        loop = asyncio.get_running_loop()
        loop.call_soon_threadsafe(loop.call_later, self._drain_seconds, self._stop)  # this is a signal's handler

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; a second Ctrl-C cuts the waiting short, but the application ends in order all the same."""
        self._admission.ending = True
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve; as a worker, show the parent that the event loop turns, and end when the parent has gone."""
        await super().startup(sockets)
        for number in self._early_signals:
            self.handle_exit(number, None)
        loop = asyncio.get_running_loop()
        parent = multiprocessing.parent_process()
        if parent is not None:
            # Without a drain: whoever starts the service anew wants the address.
            loop.add_reader(parent.sentinel, self._stop)
        if self._beating is not None:
            self._beat(loop, self._beating)

    def _beat(self, loop: asyncio.AbstractEventLoop, beating: Connection) -> None:
        with suppress(OSError):
            beating.send_bytes(b".")
        loop.call_later(_BEAT_SECONDS, self._beat, loop, beating)

    def _stop(self) -> None:
        parent = multiprocessing.parent_process()
        if parent is not None and not parent.is_alive():
            asyncio.get_running_loop().remove_reader(parent.sentinel)
        self.should_exit = True


def serve(
    settings: Settings, listener: socket.socket, beating: Connection | None = None, *, strict: bool = True
) -> int:
    """Serve in this process; the exit code.

    Args:
        settings: the service's.
        listener: a listening socket.
        beating: where a worker shows its parent that its event loop turns.
        strict: as `ModelRegistry` has it.
    """
    early_signals = signals.take()
    try:
        server = Server(settings, early_signals, beating, strict=strict)
    except (ModelError, SettingsError) as error:
        sys.stderr.write(f"{error}\n")  # in one go: other workers say the same at the same moment
        return 1
    environment.forget_all()
    # Threads that work on long requests give way to the event loop sooner than Python's 5 ms.
    sys.setswitchinterval(_SWITCH_SECONDS)
    # What has been loaded stays: the garbage collector need not look through it again and again under load.
    gc.freeze()
    if multiprocessing.parent_process() is None:  # else the parent has said so, once for all workers
        tell_others(settings.host, listener.getsockname()[1])
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    beside = "" if settings.grpc_port is None else f" and, over gRPC, on {host}:{settings.grpc_port}"
    address = f"http://{host}:{listener.getsockname()[1]}"
    print(f"Serving {settings.model} on {address}{beside} (Ctrl-C stops it)", flush=True)  # noqa: T201
    server.run(sockets=doors(listener))
    return 0


def doors(listener: socket.socket) -> list[socket.socket]:
    """A listening socket, and doubles of it, at each of which uvloop takes in one connection in a turn of its loop.

    At one door a newcomer waits a whole turn for each that came before, and a turn is as long as the work of all those
    who are in: with a few hundred busy connections the queue of the kernel fills up, and nobody gets in any more.
    """
    # A double is made to block or not as its original is believed to, and that of all workers with it. One that blocks,
    # if only until the loop has it, stops a worker that looks for newcomers, for as long as none comes.
    listener.setblocking(False)
    return [listener, *(listener.dup() for _ in range(_DOORS - 1))]
