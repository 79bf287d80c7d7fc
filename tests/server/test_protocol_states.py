"""Whatever clients do, in whatever pieces, counts return to zero and a clock runs: Hypothesis drives the protocol.

PROTOCOL_STEPS=200000 makes the run long; the default is for every day.
"""

import os
import re
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from service.errors import ClientDisconnected, ServiceError
from service.http import problems
from service.limits.admission import Admission, is_bounded
from service.limits.pool import Pool
from service.middleware.access_log import AccessLog
from service.middleware.cors import Cors
from service.middleware.log_stream import LogStream
from service.server.protocol import Connection, make_protocol
from service.server.states import Shared, State
from service.settings import Settings
from tests.support.virtual import MemoryTransport, VirtualLoop

STEPS = int(os.environ.get("PROTOCOL_STEPS", "10000"))
_STEPS_A_RUN = 50
SETTINGS = Settings(
    max_connections=4, max_header_bytes=1024, header_seconds=2, body_seconds=3, keep_alive_seconds=5, send_seconds=4,
    max_in_flight=2, max_body_bytes=100_000, max_kept_bytes=50_000, log_level="error",
)  # fmt: skip

# What a client may send, and the status of a good answer; None: it is told off and cut off.
REQUESTS: list[tuple[bytes, int | None]] = [
    (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    (b"\r\n\r\nGET /predict?index=1 HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 200),
    (b"POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n", 200),
    (b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\n!\r\n0\r\n\r\n", 200),
    (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n" + bytes(40_000), 200),
    (b"POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 200),
    (b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    (b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 200),
    (b"GET /predict/slow HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    (b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    (b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n" + bytes(2000), None),
    (b"POST /predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", None),
    (b"GET /health HTTP/1.0\r\n\r\n", None),
    (b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", None),
    (b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\n\r\n", None),
    (b"GARBAGE\r\n\r\n", None),
]
GOOD = [request for request in REQUESTS if request[1] is not None]


class Client:
    """A connection seen from outside, and what is still to be sent on it."""

    def __init__(self, loop: VirtualLoop, protocol: Connection) -> None:
        self.protocol = protocol
        self.transport = MemoryTransport(loop, protocol)
        self.unsent = bytearray()
        self.expected: list[int] = []
        self.certain = True
        loop.call_soon(protocol.connection_made, self.transport)
        loop.settle()

    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) (?!Continue)", self.transport.written)]


class ProtocolMachine(RuleBasedStateMachine):
    """Several clients of one protocol."""

    @initialize()
    def begin(self) -> None:
        self.loop = VirtualLoop()
        self.admission = Admission(SETTINGS)
        self.others = ExitStack()
        self.pool = Pool(SETTINGS, 1)
        self.shared = Shared(
            SETTINGS, self.admission, self.pool, AccessLog(SETTINGS, self.admission, LogStream()), Cors(SETTINGS)
        )
        self.made = make_protocol(self.shared)
        self.server = ServerState()
        self.config: Any = SimpleNamespace(loaded_app=self.app)
        self.clients: list[Client] = []
        self.picked: Client | None = None
        self.held: list[Any] = []

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as `_answer` does, and problems with their status, as the gateway does."""
        try:
            await self._answer(scope, receive, send)
        except ClientDisconnected:
            return
        except ServiceError as error:
            await problems.answer(scope, error)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers at once, early, late, or much, as the path says."""
        if scope["path"] != "/early":
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                if not message["more_body"]:
                    break
        if scope["path"].endswith("slow"):
            waiting = self.loop.create_future()
            self.held.append(waiting)
            await waiting
        pieces = {"/large": [40_000], "/stream": [20_000] * 5}.get(scope["path"], [10])
        headers = [(b"content-length", str(sum(pieces)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in pieces[:-1]:
            await send({"type": "http.response.body", "body": bytes(piece), "more_body": True})
        await send({"type": "http.response.body", "body": bytes(pieces[-1])})

    def alive(self) -> list[Client]:
        return [client for client in self.clients if not client.transport.lost]

    def pick(self, data: st.DataObject) -> Client:
        """One of those that are there; mostly the same again, so that its story gets long."""
        alive = self.alive()
        if self.picked not in alive or data.draw(st.integers(0, 3)) == 0:
            self.picked = alive[data.draw(st.integers(0, len(alive) - 1))]
        return self.picked

    @precondition(lambda self: len(self.alive()) <= SETTINGS.max_connections)
    @rule(reads=st.booleans())
    def connect(self, reads: bool) -> None:
        protocol = self.made(self.config, self.server, {}, self.loop)
        self.clients.append(Client(self.loop, protocol))
        self.clients[-1].transport.client_reads = reads

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), asked=st.lists(st.integers(0, len(GOOD) - 1), min_size=1, max_size=3))
    def ask(self, data: st.DataObject, asked: list[int]) -> None:
        """What has a good answer, in one go."""
        client = self.pick(data)
        self.write(client, [GOOD[i] for i in asked])
        self.send(client, len(client.unsent))

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), asked=st.lists(st.integers(0, len(REQUESTS) - 1), min_size=1, max_size=3))
    def prepare(self, data: st.DataObject, asked: list[int]) -> None:
        """Anything, to be delivered later."""
        self.write(self.pick(data), [REQUESTS[i] for i in asked])

    @staticmethod
    def write(client: Client, asked: list[tuple[bytes, int | None]]) -> None:
        for content, status in asked:
            client.unsent += content
            if status is None:
                client.certain = False
            elif client.certain:
                client.expected.append(status)

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), whole=st.booleans())
    def deliver(self, data: st.DataObject, whole: bool) -> None:
        client = self.pick(data)
        self.send(client, len(client.unsent) if whole else data.draw(st.integers(1, 300)))

    def send(self, client: Client, n: int) -> None:
        piece = bytes(client.unsent[:n])
        if piece and client.transport.reading and not client.transport.is_closing():
            del client.unsent[:n]
            self.loop.call_soon(client.protocol.data_received, piece)
        self.loop.settle()

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), reset=st.booleans())
    def leave(self, data: st.DataObject, reset: bool) -> None:
        """A reset, or the end of what the client sends: the transport closes once it has taken what came before."""
        client = self.pick(data)
        if reset:
            self.loop.call_soon(client.transport.lose)
        elif not client.transport.is_closing():
            client.protocol.eof_received()
            client.transport.close()
        self.loop.settle()

    @precondition(lambda self: self.alive())
    @rule(data=st.data())
    def stop_or_go_on_reading(self, data: st.DataObject) -> None:
        client = self.pick(data)
        client.transport.client_reads = not client.transport.client_reads
        self.loop.call_soon(client.transport.flush)
        self.loop.settle()

    @precondition(lambda self: self.held)
    @rule()
    def let_an_answer_go(self) -> None:
        waiting = self.held.pop(0)
        if not waiting.done():
            waiting.set_result(None)
        self.loop.settle()

    @precondition(lambda self: self.alive())
    @rule(seconds=st.sampled_from([0.25, 0.5, 0.5, 1.5, 3.5, 6.0]))
    def wait(self, seconds: float) -> None:
        self.loop.advance(seconds)

    @precondition(lambda self: self.alive())
    @rule()
    def flood(self) -> None:
        """Others fill all places for predictions for a moment, or leave them."""
        if self.admission.in_flight:
            self.others.close()
        else:
            for _ in range(SETTINGS.max_in_flight):
                self.others.enter_context(self.admission.place("127.0.0.1"))
            for client in self.clients:
                client.certain = False

    @invariant()
    def everything_adds_up(self) -> None:
        if not hasattr(self, "clients"):
            return
        protocols = [client.protocol for client in self.clients]
        answering = [each for each in protocols if each.state is State.ANSWERING and each._counted]  # noqa: SLF001
        assert self.admission.arrived == len(answering)
        for each in answering:
            assert each._reader.head  # noqa: SLF001
            assert is_bounded(each._reader.head.path)  # noqa: SLF001
        for place in set(self.shared.places.values()):
            states = {state for state, its in self.shared.places.items() if its is place}
            assert set(place) == {each for each in protocols if each.state in states}
        kept = self.shared.crowd.kept
        assert set(kept) <= {client.protocol for client in self.alive()}
        assert bool(kept) == bool(kept.total)
        assert set(self.shared.crowd.everybody) == self.server.connections
        assert len(self.server.connections) == len(self.alive()) <= SETTINGS.max_connections + 1
        for client in self.alive():
            protocol = client.protocol
            waits_for_us = protocol.state is State.ANSWERING and not client.transport.is_closing()
            assert protocol._clock.running or waits_for_us, protocol.state  # noqa: SLF001
            found = client.statuses()
            assert found[: len(client.expected)] == client.expected[: len(found)] or 408 in found or 503 in found

    def teardown(self) -> None:
        if not hasattr(self, "clients"):
            return
        for _ in range(30):
            for waiting in self.held:
                if not waiting.done():
                    waiting.set_result(None)
            self.loop.advance(2)
        self.everything_adds_up()
        assert not self.alive(), [client.protocol.state for client in self.alive()]
        assert self.admission.arrived == 0
        assert not self.server.tasks
        assert not self.shared.crowd.kept.total
        self.pool.close()
        self.loop.close()


TestProtocol = ProtocolMachine.TestCase
TestProtocol.__doc__ = (
    "Segments, pipelines, resets, silence, floods: after each step the counts hold, at the end all are zero."
)
TestProtocol.settings = settings(
    max_examples=max(1, STEPS // _STEPS_A_RUN), stateful_step_count=_STEPS_A_RUN, deadline=None,
    suppress_health_check=list(HealthCheck), derandomize=STEPS <= 10_000,
)  # fmt: skip
