"""What a connection may wait for, how long, and what all connections of a worker have in common."""

from enum import IntEnum, auto

from service.limits.admission import Admission
from service.limits.pool import Pool
from service.middleware.access_log import AccessLog
from service.middleware.cors import Cors
from service.server.crowd import Crowd
from service.settings import Settings

# A client that still sends when its answer is there would lose the answer if the connection were closed at once
# (RFC 9112, section 9.6): what comes is dropped until it stops, for so long and up to so much.
_LINGER_SECONDS = 2.0
LINGER_BYTES = 64 * 1024**2


class State(IntEnum):
    """What a connection waits for."""

    IDLE = auto()  # a request's first byte
    HEAD = auto()  # the rest of its head
    BODY = auto()  # the rest of its body; the application may be at work already
    ANSWERING = auto()  # the application's answer
    SENDING = auto()  # the client, to take the answer
    LINGERING = auto()  # the client, to stop sending and hang up
    CLOSING = auto()  # the client, to take the last of what was sent
    CLOSED = auto()


class Shared:
    """What all connections of a worker have in common.

    Attributes:
        settings: the service's.
        admission: to predictions.
        pool: whose queue may be full.
        access_log: that takes note of every answer.
        cors: who may read the answers.
        crowd: all connections.
        places: in the crowd, by state.
        seconds: how long each state may last.
    """

    def __init__(self, settings: Settings, admission: Admission, pool: Pool, access_log: AccessLog, cors: Cors) -> None:
        self.settings = settings
        self.admission = admission
        self.pool = pool
        self.access_log = access_log
        self.cors = cors
        self.crowd = Crowd(settings)
        self.places = {
            State.IDLE: self.crowd.idle,
            State.HEAD: self.crowd.heads,
            State.BODY: self.crowd.bodies,
            State.LINGERING: self.crowd.leaving,
            State.CLOSING: self.crowd.leaving,
        }
        self.seconds = {
            State.IDLE: settings.keep_alive_seconds,
            State.HEAD: settings.header_seconds,
            State.BODY: settings.body_seconds,
            State.LINGERING: _LINGER_SECONDS,
            State.CLOSING: settings.send_seconds,
        }
