"""Standard error, written without ever waiting for whoever reads it."""

import io
import os
import select
import socket
import stat
import sys
from collections import deque
from collections.abc import Iterable

from service import metrics

# So much waits for a reader that has fallen behind; what comes on top is dropped, and counted.
_MOST_WAITING_BYTES = 1024**2

# A pipe takes no more than this in one piece (POSIX): so the lines of several processes are never mixed.
_PIECE_BYTES = getattr(select, "PIPE_BUF", 512)


class LogStream(io.TextIOBase):
    """What is written goes out as far as the reader takes it, and else waits until the next call.

    A log that nobody reads, on a full pipe or a terminal that has been stopped, would stop the event loop with the
    first write that waits, and with it the service and its end; so would one of several processes that share it. What
    can't be written at all (a full disk, a reader that is gone) is lost.
    """

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor
        self._socket: socket.socket | None = None
        self._may_wait = False
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        try:
            kind = os.fstat(descriptor).st_mode
        except OSError:
            return  # closed; nothing can be written
        if stat.S_ISSOCK(kind):
            self._socket = socket.socket(fileno=os.dup(descriptor))
        elif stat.S_ISFIFO(kind) or stat.S_ISCHR(kind):
            # Not by a flag on the descriptor itself, which would change it for the processes that it is shared with.
            try:
                self._descriptor = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            except OSError:
                self._may_wait = hasattr(select, "poll")

    @property
    def waiting(self) -> bool:
        """Whether something has not been taken yet."""
        return bool(self._waiting)

    def write(self, text: str) -> int:
        """Write text, as `print` and `logging` do."""
        self.write_lines([text.encode("utf-8", "backslashreplace")])
        return len(text)

    def write_lines(self, lines: Iterable[bytes]) -> None:
        """Write lines, each of which ends in a line break."""
        for line in lines:
            if self._waiting_bytes + len(line) > _MOST_WAITING_BYTES:
                metrics.LOG_LINES_DROPPED.inc()
            else:
                self._waiting.append(line)
                self._waiting_bytes += len(line)
        self.flush()

    def flush(self) -> None:
        """Write what waits, as far as it is taken."""
        while self._waiting:
            piece = self._waiting.popleft()
            while self._waiting and len(piece) + len(self._waiting[0]) <= _PIECE_BYTES:
                piece += self._waiting.popleft()
            taken = self._send(piece)
            self._waiting_bytes -= taken
            if taken < len(piece):
                self._waiting.appendleft(piece[taken:])
                break

    def _send(self, piece: bytes) -> int:
        """How many of these bytes have gone, or are lost for good."""
        try:
            if self._socket is not None:
                return self._socket.send(piece, getattr(socket, "MSG_DONTWAIT", 0))
            if self._may_wait and not _takes_more(self._descriptor):
                return 0
            return os.write(self._descriptor, piece)
        except BlockingIOError:
            return 0
        except OSError:
            return len(piece)


def _takes_more(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))


def take_over_stderr() -> LogStream:
    """Let all that this process writes to standard error go by a stream that does not wait."""
    stream = LogStream()
    sys.stderr = stream
    return stream
