"""Who gives way, and that it ends."""

from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from service.errors import ClientDisconnected
from service.limits.admission import Admission
from service.limits.pool import Pool
from service.middleware.access_log import AccessLog, Record
from service.middleware.cors import Cors
from service.middleware.log_stream import LogStream
from service.server.crowd import Crowd
from service.server.protocol import Connection, make_protocol
from service.server.states import Shared
from service.settings import Settings
from tests.support.virtual import MemoryTransport, VirtualLoop


class Slow:
    """A connection whose end is told later, as transports do."""

    def __init__(self, address: str = "192.0.2.1", since: float = 0.0) -> None:
        self.address = address
        self.since = since
        self.asked = 0

    def give_way(self) -> None:
        self.asked += 1


def test_the_slowest_give_way_once_each() -> None:
    """Where more is kept than allowed, the oldest are asked once each until the rest fits; their end comes later."""
    crowd = Crowd(Settings(max_kept_bytes=2500))
    slow = [Slow() for _ in range(5)]
    for each in slow:
        crowd.keep(each, 1000)
    assert [each.asked for each in slow] == [1, 1, 1, 0, 0]
    assert crowd.kept.total == 2000
    for each in slow:
        crowd.release(each)
    assert not crowd.kept
    assert crowd.kept.total == 0


def test_whoever_takes_most_gives_way() -> None:
    """Of two addresses the one for which more is kept gives way, though the other came first."""
    crowd = Crowd(Settings(max_kept_bytes=2500))
    honest, greedy = Slow(), [Slow("192.0.2.9") for _ in range(3)]
    for each in (honest, *greedy):
        crowd.keep(each, 800)
    assert (honest.asked, [each.asked for each in greedy]) == (0, [1, 0, 0])


@pytest.mark.parametrize("place", ["leaving", "idle", "heads", "bodies", "kept"])
def test_the_address_with_most_connections_makes_room(place: str) -> None:
    """The oldest connection of the address that has most goes, whatever it waits for; an idle one of another stays."""
    crowd = Crowd(Settings())
    honest, greedy = Slow(), [Slow("192.0.2.9") for _ in range(2)]
    for each in (honest, *greedy):
        crowd.everybody.put(each, each.address)
    crowd.idle.put(honest, honest.address)
    for each in greedy:
        getattr(crowd, place).put(each, each.address)
    assert crowd.make_room(1000.0)
    assert (honest.asked, [each.asked for each in greedy]) == (0, [1, 0])


def test_an_address_whose_requests_are_worked_on_is_passed_over() -> None:
    """Where the address that has most waits for us and not we for it, the next one makes room."""
    crowd = Crowd(Settings())
    idle, working = Slow(), [Slow("192.0.2.9") for _ in range(2)]
    for each in (idle, *working):
        crowd.everybody.put(each, each.address)
    assert not crowd.make_room(1000.0)
    crowd.idle.put(idle, idle.address)
    assert crowd.make_room(1000.0)
    assert idle.asked == 1


def test_a_body_gives_way_only_after_half_a_second() -> None:
    """Who is new gets the place of an idle client, else of a slow head, else of a body that has taken half a second."""
    crowd = Crowd(Settings())
    idle, head, body = Slow(), Slow(), Slow()
    for place, each in ((crowd.idle, idle), (crowd.heads, head), (crowd.bodies, body)):
        crowd.everybody.put(each, each.address)
        place.put(each, each.address)
    assert crowd.make_room(0.25)
    assert (idle.asked, head.asked, body.asked) == (1, 0, 0)
    crowd.idle.drop(idle, idle.address)
    assert crowd.make_room(0.25)
    assert (idle.asked, head.asked, body.asked) == (1, 1, 0)
    crowd.heads.drop(head, head.address)
    assert not crowd.make_room(0.25)
    assert crowd.make_room(0.5)
    assert (idle.asked, head.asked, body.asked) == (1, 1, 1)


def test_a_crowd_that_does_not_read_gives_way_to_somebody_new() -> None:
    """Where everybody else is being answered, whoever does not take an answer makes room."""
    crowd = Crowd(Settings())
    slow = Slow()
    crowd.everybody.put(slow, slow.address)
    crowd.keep(slow, 1000)
    assert crowd.make_room(0.0)
    assert slow.asked == 1


def test_requests_of_a_client_that_has_hung_up_end() -> None:
    """Pipelined requests that are refused one after another are dropped, unanswered, once the transport is closing."""
    loop = VirtualLoop()
    protocol, shared, server, pool = _protocol(loop, None, Settings(max_in_flight=1, log_level="error"))
    shared.admission.arrive("127.0.0.1")
    transport = MemoryTransport(loop, protocol)
    request = b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    loop.call_soon(protocol.connection_made, transport)
    loop.call_soon(protocol.data_received, request * 100)
    loop.settle()
    assert transport.written.count(b"HTTP/1.1 503") == 100
    loop.call_soon(transport.abort)
    loop.call_soon(protocol.data_received, request * 4000)
    loop.settle()
    assert transport.lost
    assert transport.written.count(b"HTTP/1.1 503") == 100
    assert not server.connections
    pool.close()
    loop.close()


def _protocol(loop: VirtualLoop, app: Any, config: Settings) -> tuple[Connection, Shared, ServerState, Pool]:
    admission, pool, server = Admission(config), Pool(config, 1), ServerState()
    shared = Shared(config, admission, pool, AccessLog(config, admission, LogStream()), Cors(config))
    made: Any = SimpleNamespace(loaded_app=app)
    return make_protocol(shared)(made, server, {}, loop), shared, server, pool


def _asked(loop: VirtualLoop, app: ASGIApp) -> tuple[MemoryTransport, Shared, ServerState, Pool]:
    """A client that has asked the application something, and does not read."""
    protocol, shared, server, pool = _protocol(loop, app, Settings(log_level="error"))
    transport = MemoryTransport(loop, protocol)
    transport.client_reads = False
    loop.call_soon(protocol.connection_made, transport)
    loop.call_soon(protocol.data_received, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    loop.settle()
    return transport, shared, server, pool


def test_an_application_that_streams_waits_for_its_client() -> None:
    """Of a long answer in pieces no more is made than a client takes; when it goes on, all of it comes, in order."""
    made: list[int] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6400000")]})
        for i in range(100):
            made.append(i)
            await send({"type": "http.response.body", "body": bytes([i]) * 64_000, "more_body": i < 99})

    loop = VirtualLoop()
    transport, shared, server, pool = _asked(loop, app)
    assert made == [0]
    assert 64_000 <= shared.crowd.kept.total < 65_000
    transport.client_reads = True
    for _ in range(20):
        loop.call_soon(transport.flush)
        loop.settle()
    assert made == [*range(100)]
    assert transport.written.endswith(b"".join(bytes([i]) * 64_000 for i in range(100)))
    assert shared.crowd.kept.total == 0
    loop.call_soon(transport.lose)
    loop.settle()
    assert not server.tasks
    pool.close()
    loop.close()


def test_an_application_that_streams_ends_with_its_client() -> None:
    """Where the client goes while an application waits for it, the application is told, and nothing is kept."""
    told: list[Exception] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            for _ in range(10):
                await send({"type": "http.response.body", "body": bytes(64_000), "more_body": True})
        except ClientDisconnected as error:
            told.append(error)
            raise

    loop = VirtualLoop()
    transport, shared, server, pool = _asked(loop, app)
    assert not told
    loop.call_soon(transport.lose)
    loop.settle()
    assert len(told) == 1
    assert not server.tasks
    assert shared.crowd.kept.total == 0
    pool.close()
    loop.close()


def test_requests_sent_ahead_are_counted_and_end() -> None:
    """What clients send while an answer is made is read no further than need be, counted and bounded."""
    config = Settings(max_kept_bytes=1_000_000, max_header_bytes=16_384, log_level="error")
    loop = VirtualLoop()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await loop.create_future()

    first, shared, server, pool = _protocol(loop, app, config)
    protocols = [first, *(type(first)(SimpleNamespace(loaded_app=app), server, {}, loop) for _ in range(7))]  # type: ignore[arg-type]
    transports = [MemoryTransport(loop, protocol) for protocol in protocols]
    for protocol, transport in zip(protocols, transports, strict=True):
        loop.call_soon(protocol.connection_made, transport)
        loop.call_soon(protocol.data_received, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        loop.call_soon(protocol.data_received, bytes(256_000))
    loop.settle()
    left = [transport for transport in transports if not transport.lost]
    assert len(left) == 3
    assert shared.crowd.kept.total == 3 * 256_000
    assert not any(transport.reading for transport in left)
    for transport in left:
        loop.call_soon(transport.lose)
    loop.settle()
    assert shared.crowd.kept.total == 0
    pool.close()
    for task in list(server.tasks):
        task.cancel()
    loop.settle()
    loop.close()


@pytest.mark.parametrize("length", [10_000, 200_000, 300_000, 500_000])
def test_a_body_that_nobody_reads_ends_nothing(length: int) -> None:
    """After an answer that needed nothing of a body, the connection is read on and the body is kept no more."""
    loop = VirtualLoop()
    ready = loop.create_future()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await ready
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    protocol, shared, _, pool = _protocol(loop, app, Settings(log_level="error"))
    transport = MemoryTransport(loop, protocol)
    loop.call_soon(protocol.connection_made, transport)
    loop.settle()
    whole = b"GET /predict?index=3 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length + bytes(length)
    segment = 256 * 1024  # as much as asyncio reads at one time
    for piece in (whole[:segment], whole[segment:]):
        assert transport.reading
        protocol.data_received(piece)
        loop.settle()
    assert shared.crowd.kept.total == (length if length > 16 * 1024 else 0)
    ready.set_result(None)
    loop.settle()
    assert transport.written.count(b"HTTP/1.1 200 OK") == 1
    assert transport.reading
    assert shared.crowd.kept.total == 0
    protocol.data_received(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    loop.settle()
    assert transport.written.count(b"HTTP/1.1 200 OK") == 2
    transport.lose()
    pool.close()
    loop.close()


def test_whoever_ends_its_side_is_waited_for_no_longer_than_for_an_answer() -> None:
    """A client that has answers to take, asks for more and ends its side holds no place, and is cut off in time."""
    loop = VirtualLoop()
    ready = loop.create_future()

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] == "/predict":
            await ready
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": bytes(1000)})

    protocol, shared, server, pool = _protocol(loop, app, Settings(send_seconds=60, log_level="error"))
    transport = MemoryTransport(loop, protocol)
    transport.client_reads = False
    loop.call_soon(protocol.connection_made, transport)
    for path in (b"/health", b"/predict"):
        loop.call_soon(protocol.data_received, b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        loop.settle()
    assert shared.admission.arrived == 1
    protocol.eof_received()
    transport.close()
    loop.settle()
    assert shared.admission.arrived == 0
    ready.set_result(None)
    loop.advance(59)
    assert not transport.lost
    loop.advance(2)
    assert transport.lost
    assert not server.tasks
    pool.close()
    loop.close()


@pytest.mark.parametrize("end", ["reset", "end of sending", "making room"])
def test_a_refusal_that_nobody_waits_for_is_logged(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """A request that finds no room, and whose client goes before its body is whole, is noted once, as 499.

    It is counted among the requests, and not among the refusals, which have a cause each.
    """
    loop, noted = VirtualLoop(), list[Record]()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError("must not be asked")

    protocol, shared, _, pool = _protocol(loop, app, Settings(max_in_flight=1, log_level="error"))
    note = shared.access_log.refuse
    monkeypatch.setattr(shared.access_log, "refuse", noted.append)
    shared.admission.arrive("127.0.0.1")
    transport = MemoryTransport(loop, protocol)
    loop.call_soon(protocol.connection_made, transport)
    loop.call_soon(protocol.data_received, b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
    loop.settle()
    assert not noted
    if end == "reset":
        transport.lose()
    elif end == "making room":
        protocol.give_way()
    else:
        protocol.eof_received()
        transport.close()
    loop.settle()
    assert transport.lost
    assert [(record.method, record.route, record.status, record.bytes) for record in noted] == [
        ("POST", "/predict", 499, 0)
    ]
    loop.call_soon(note, noted[0])
    loop.settle()
    assert REGISTRY.get_sample_value("seminar_cnn_refusals_total", {"cause": ""}) is None
    pool.close()
    loop.close()


@pytest.mark.parametrize(("full", "said"), [
    ("in flight", b"works on 1 predictions at one time, the limit"), ("queue", b"0 requests wait already, the limit"),
])  # fmt: skip
def test_a_refusal_names_the_bound_that_was_reached(monkeypatch: pytest.MonkeyPatch, full: str, said: bytes) -> None:
    """A large body that finds no room is told which: as much work as there may be, or a full queue."""
    loop = VirtualLoop()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError("must not be asked")

    protocol, shared, _, pool = _protocol(loop, app, Settings(max_in_flight=1, log_level="error"))
    if full == "in flight":
        shared.admission.arrive("127.0.0.1")
    monkeypatch.setattr(pool, "turn_away", lambda _client: True)
    transport = MemoryTransport(loop, protocol)
    loop.call_soon(protocol.connection_made, transport)
    loop.call_soon(
        protocol.data_received, b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n" + bytes(40000)
    )
    loop.settle()
    assert said in transport.written
    pool.close()
    loop.close()
