"""One decode process, from the side of the service: started, asked, killed, replaced. Its calls block: for a thread."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

from service import metrics
from service.errors import DamagedImage, ImageTooCostly, Overloaded, ServiceError
from service.images import decode_messages, decode_worker
from service.images.decode_messages import BadMessageError, Task
from service.images.preprocess import Picture

# A process starts in a fifth of a second where the machine is free; whoever waits for one gives up after this.
START_SECONDS = 5.0
_TRIES = 2
_END_SECONDS = 5.0
# How a process ends that somebody else ends, such as the system when memory runs out: no picture makes it do so itself.
_FROM_OUTSIDE = (-signal.SIGTERM, -getattr(signal, "SIGKILL", signal.SIGTERM))

_PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from service.images.decode_worker import main
main()
"""
# All that it is told of the environment: what the interpreter may need to start, and that memory which is given back
# goes back to the system at once (glibc would keep up to 64 MiB of large blocks for the next).
_KEPT = ("LD_LIBRARY_PATH", "SYSTEMROOT")
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}


class DecodeProcess:
    """A process that decodes one picture after the other; the next in its place where it must be killed."""

    def __init__(self, max_bytes: int) -> None:
        """Say how much memory a picture may take; the process is started by `start` or by the first task."""
        self._max_bytes = max_bytes
        self._lock = threading.Lock()  # of what `close`, `interrupt` and `kill`, of other threads, look at
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._unwanted: threading.Event | None = None  # of the picture that it is at
        self._interrupted = False
        self._closed = False

    def start(self) -> None:
        """Have it running and ready, if it is not.

        Raises:
            Overloaded: that takes too long, or can't be done.
        """
        if self._socket and self._process:
            if self._process.poll() is None:
                return
            if not self._interrupted:  # a moment too late; between two pictures none ends by itself
                metrics.DECODE_PROCESSES_ENDED["from-outside",].inc()
        self.kill()
        try:
            channel = self._launch()
            channel.settimeout(START_SECONDS)
            if channel.recv(1) == decode_worker.READY:
                return
        except OSError:
            pass
        self.kill()
        raise _not_started()

    def _launch(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            if self._closed:
                ours.close()
                raise OSError
            self._socket = ours
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter with a program of ours
                [sys.executable, "-I", "-c", _PROGRAM, json.dumps(sys.path)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _KEPT if name in os.environ} | _MEMORY,
                start_new_session=True,  # a terminal's signals are for the service, which ends its processes itself
            )
            self._interrupted = False
            metrics.DECODE_PROCESSES.inc()
        return ours

    def decode(self, task: Task, seconds: float, allowed: float, unwanted: threading.Event) -> Picture:
        """A picture.

        Args:
            task: which, and how.
            seconds: that it may take from when the process has it.
            allowed: what its request may take, to be told.
            unwanted: this picture's own, for `interrupt`.

        Raises:
            ImageTooCostly: it was not decoded in time; the process was killed, and the next has started.
            DamagedImage: it crashed the process; the next has started.
            Overloaded: there is no process, its process was killed by somebody else twice, or the picture is unwanted.
            ServiceError: as `Decoder` raises.
        """
        with self._lock:
            self._unwanted = unwanted
        try:
            return self._decode(task, seconds, allowed, unwanted)
        finally:
            with self._lock:
                self._unwanted = None

    def _decode(self, task: Task, seconds: float, allowed: float, unwanted: threading.Event) -> Picture:
        if seconds <= 0:
            raise _too_costly(allowed)
        for _ in range(_TRIES):
            if unwanted.is_set() or seconds <= 0:
                break
            self.start()
            began = time.monotonic()
            try:
                result = self._exchange(task, began + seconds)
            except TimeoutError:
                metrics.DECODE_PROCESSES_ENDED["too-costly",].inc()
                self._replace()
                raise _too_costly(allowed) from None
            except (OSError, BadMessageError):
                result = None
            except BaseException:
                self.kill()  # what is still to come would pass for the next picture's answer
                raise
            if isinstance(result, ServiceError):
                raise result
            if result is not None:
                return result
            seconds -= time.monotonic() - began
            reason = _reason(self._replace(), unwanted)
            metrics.DECODE_PROCESSES_ENDED[reason,].inc()
            if reason == "crashed":
                raise DamagedImage("The image makes the decoder crash. Open it in an image editor and save it anew.")
        raise _ended()

    def _exchange(self, task: Task, deadline: float) -> Picture | ServiceError | None:
        """What comes of a task; None if the process has ended.

        Raises:
            TimeoutError: nothing, in time.
            OSError: the process has ended, or the socket was closed by `close`.
            BadMessageError: nothing that makes sense.
        """
        channel = self._socket
        if channel is None:
            raise OSError

        def patient() -> socket.socket:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            channel.settimeout(left)
            return channel

        def read(n: int) -> bytes:
            parts = bytearray()
            while len(parts) < n:
                part = patient().recv(n - len(parts))
                if not part:
                    break
                parts += part
            return bytes(parts)

        patient().sendall(decode_messages.task_head(task, self._max_bytes))
        patient().sendall(task.content)
        return decode_messages.read_answer(read)

    def _replace(self) -> int | None:
        """End the process, if it has not ended, and start the next; the exit code of the former.

        So that this is on the time of whose picture it was, and the next has a process at once, and all its seconds.
        """
        code = self.kill()
        with suppress(Overloaded):  # whoever comes next tries again
            self.start()
        return code

    def kill(self) -> int | None:
        """End the process, if there is one, and what was said to it.

        Returns:
            The exit code with which it has ended before; None if it had to be ended here.
        """
        with self._lock:
            process, channel, self._process, self._socket = self._process, self._socket, None, None
        code = None
        if process is not None:
            metrics.DECODE_PROCESSES.dec()
            if channel is not None and _has_hung_up(channel):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1)  # it is ending by itself: its own code says why
            code = process.poll()
            process.kill()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
        if channel is not None:
            channel.close()
        return code

    def interrupt(self, unwanted: threading.Event) -> None:
        """Say that nobody waits for this picture any more, from another thread, and end the process if it is at it.

        The thread that waits for its answer sees the end, and clears up. The lock is held until the process is killed,
        so that it can't have gone on to the next picture.
        """
        with self._lock:
            unwanted.set()
            if self._unwanted is unwanted and self._process is not None:
                self._interrupted = True
                self._process.kill()

    def close(self) -> None:
        """End it for good."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()


def _reason(code: int | None, unwanted: threading.Event) -> str:
    """Why a process ended at a picture, by its exit code."""
    if code == decode_worker.WORN_OUT:
        return "worn-out"
    if code not in _FROM_OUTSIDE:
        return "crashed"
    return "unwanted" if unwanted.is_set() else "from-outside"


def _has_hung_up(channel: socket.socket) -> bool:
    """Whether the other side will say nothing more."""
    channel.settimeout(0)
    try:
        return not channel.recv(1, socket.MSG_PEEK)
    except OSError as error:
        return not isinstance(error, BlockingIOError)


def _not_started() -> Overloaded:
    return Overloaded("The service could not start a process to decode with. Try again in a moment.")


def _ended() -> Overloaded:
    return Overloaded("The process that decodes was ended before it had decoded the picture. Try again in a moment.")


def _too_costly(allowed: float) -> ImageTooCostly:
    return ImageTooCostly(
        f"Decoding takes too long: the pictures of one request have {allowed:g} seconds together, the limit. Save the "
        "picture as a plain JPEG or PNG, or send it alone."
    )
