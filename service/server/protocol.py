"""One connection: idle -> head -> body -> answering -> sending -> idle, with a deadline for each, wound in one place.

uvicorn makes one of these for each connection and asks it to shut down at the end; all between is here. The bytes are
cut into requests by `request_reader`, handed to the application by `exchange`, refused by `refusal`.
"""

import asyncio
from typing import Any

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import ServerState

from service.errors import ClientTooSlow, Overloaded, ServiceError
from service.limits.admission import INLINE_BYTES, is_bounded
from service.limits.client import client_of
from service.server.clock import Clock
from service.server.exchange import Exchange, scope_of
from service.server.framing import Head
from service.server.refusal import give_up, refuse
from service.server.request_reader import RequestReader
from service.server.states import LINGER_BYTES, Shared, State

# What of a body may wait for the application before no more is read. Of further requests, no more than a head may.
_READ_AHEAD_BYTES = 256 * 1024

# What waits in a connection, read ahead or not sent yet, is counted from here on; all of them may have that much.
_UNCOUNTED_BYTES = 16 * 1024

# How many heads and bodies of one connection are taken in one turn of the event loop.
_STEPS_A_TURN = 16

# Up to so many bytes are copied into one piece, which is quicker to send than several.
_JOINED_BYTES = 16 * 1024

# An answer is left to the transport, which sends small ones together; of one that its client does not take, more than
# this is noticed at once. Less is noticed by the clock.
_UNSENT_BYTES = 16 * 1024


class Connection(asyncio.Protocol):
    """One connection.

    Attributes:
        state: what it waits for.
        since: when it began to, in the loop's time.
        address: its client's, as `client_of` tells them apart.
    """

    shared: Shared

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._loop = _loop or asyncio.get_event_loop()
        self._app: ASGIApp = config.loaded_app
        self._server = server_state
        self._app_state = app_state
        self._clock = Clock(self._loop, self._too_late)
        self._reader = RequestReader(self.shared.settings.max_header_bytes)
        self._exchange: Exchange | None = None
        self._counted = False
        self._refusing_since: float | None = None
        self._refusal = Overloaded()
        self._served = False
        self._reading = True
        self._last = False
        self._advancing = False
        self._paused_since: float | None = None
        self._taken: asyncio.Future[None] | None = None
        self._kept = 0
        self._lingered = 0
        self._send_until = 0.0
        self.state = State.CLOSED
        self.since = 0.0
        self.address = ""

    # The one place where states change, and with them all that hangs on one: the place in the crowd, the count of
    # requests that have arrived, the clock.

    def _enter(self, state: State) -> None:
        shared = self.shared
        if (left := shared.places.get(self.state)) is not None:
            left.drop(self, self.address)
        if (entered := shared.places.get(state)) is not None:
            entered.put(self, self.address)
        head = self._reader.head
        counted = state is State.ANSWERING and head is not None and is_bounded(head.path)
        if counted and not self._counted:
            shared.admission.arrive(self.address)
        elif self._counted and not counted:
            shared.admission.leave(self.address)
        self._counted = counted
        self.state, self.since = state, self._loop.time()
        self._wind()

    def _wind(self) -> None:
        """Set the clock by the state, and by the client's taking what is sent, whichever comes first."""
        limit = self.shared.seconds.get(self.state)
        if self.state is State.IDLE and not self._served:
            limit = self.shared.seconds[State.HEAD]
        deadline = None if limit is None else self.since + limit
        if self._paused_since is not None:
            sending = self._paused_since + self.shared.settings.send_seconds
            deadline = sending if deadline is None else min(deadline, sending)
        self._clock.set(deadline)

    def _too_late(self) -> None:
        settings = self.shared.settings
        now = self._loop.time()
        if self.state is State.LINGERING and self._transport.get_write_buffer_size() and now < self._send_until:
            # It is not the client's sending that is waited for, but that it takes the rest of its answer.
            self._clock.set(min(now + self.shared.seconds[State.LINGERING], self._send_until))
        elif self.state in _ENDS or self._transport.get_write_buffer_size():
            self._transport.abort()
        elif self.state is State.IDLE and self._served:
            self._close()
        elif self.state is State.BODY:
            limit = f"{settings.body_seconds:g} seconds"
            self._end(ClientTooSlow(f"The request's body took longer than {limit}, the limit. Send it again."))
        else:
            limit = f"{settings.header_seconds:g} seconds"
            self._end(ClientTooSlow(f"The request's head took longer than {limit}, the limit."))

    # What the transport tells.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # it is of this kind
        self._transport = transport
        transport.set_write_buffer_limits(_UNSENT_BYTES)
        sockname, peername = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        if peername is None:
            transport.abort()  # reset before it was accepted: there is nobody to answer
            return
        self._sockname, self._peername = sockname[:2], peername[:2]  # of IPv6 there are four
        self.address = client_of(self._peername[0])
        limit = self.shared.settings.max_connections
        room = len(self._server.connections) < limit or self.shared.crowd.make_room(self._loop.time())
        self._server.connections.add(self)  # type: ignore[arg-type] # none of uvicorn's own
        self.shared.crowd.everybody.put(self, self.address)
        self._enter(State.IDLE)
        if not room:
            self._refuse(Overloaded(f"There are {limit:,} connections, the limit. Try again."), close=True)
            self._close()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._paused_since = None
        if self._refusing_since is not None and self._reader.head is not None:
            self.shared.access_log.refuse(give_up(self._reader.head, self._loop.time() - self._refusing_since))
        self._enter(State.CLOSED)
        self._clock.stop()
        self._reader.waiting.clear()
        if self._exchange is not None:
            self._exchange.disconnect()
        self._let_go_on()
        self.shared.crowd.release(self)
        self.shared.crowd.everybody.drop(self, self.address)

    def eof_received(self) -> None:
        """Whoever says that no more will come has, for all that can be known, gone.

        The transport closes when the client has taken what was sent before, which need not be soon.
        """
        self._last = True
        if self.state in _ENDS:
            return
        self._reader.waiting.clear()
        if self._exchange is not None:
            self._exchange.disconnect()
        self._enter(State.CLOSING)
        self._count_kept()

    def pause_writing(self) -> None:
        if self._paused_since is None:
            self._paused_since = self._loop.time()
        self._wind()
        self._count_kept()

    def resume_writing(self) -> None:
        self._paused_since = None
        self._count_kept()
        self._let_go_on()
        if self.state is State.SENDING:
            self._next()
        else:
            self._wind()

    def data_received(self, data: bytes) -> None:
        if self.state is State.LINGERING:
            self._lingered += len(data)
            if self._lingered > LINGER_BYTES:
                self._transport.abort()
            return
        if self.state in (State.CLOSING, State.CLOSED):
            return
        self._reader.waiting += data
        if not self._advancing:
            self._advance()

    def _advance(self) -> None:
        """Go on with what has come, as far as it reaches."""
        self._advancing = False
        for _ in range(_STEPS_A_TURN):
            if self._transport.is_closing() or not self._reader.waiting:
                break
            if self.state is State.BODY:
                going = self._read_body()
            else:
                going = self.state in (State.IDLE, State.HEAD) and not self._last and self._read_head()
            if not going:
                break
        else:
            self._advance_soon()  # others have their turn first
        self._read_ahead()

    def _advance_soon(self) -> None:
        """Go on in the next turn of the event loop; one call is enough, however often it is asked for."""
        if not self._advancing:
            self._advancing = True
            self._loop.call_soon(self._advance)

    def _read_ahead(self) -> None:
        """Read no more from a client that is far ahead; go on when there is room."""
        unread, ahead = self._unread, len(self._reader.waiting)
        reading = unread <= _READ_AHEAD_BYTES and (
            self.state is State.BODY or ahead <= self.shared.settings.max_header_bytes
        )
        if unread + ahead > _UNCOUNTED_BYTES or self._kept:
            self._count_kept()
        if reading != self._reading and not self._transport.is_closing():
            self._reading = reading
            if reading:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    @property
    def _unread(self) -> int:
        """How many bytes of the body wait for the application."""
        return self._exchange.unread if self._exchange else 0

    def _count_kept(self) -> None:
        """Tell the crowd how much is kept for this client."""
        unsent = 0 if self._paused_since is None else self._transport.get_write_buffer_size()
        kept = unsent + self._unread + len(self._reader.waiting)
        self._kept = kept if kept > _UNCOUNTED_BYTES or unsent else 0
        self.shared.crowd.keep(self, self._kept)

    def _read_head(self) -> bool:
        """Take a head from what has come; False where there is no whole one."""
        try:
            head = self._reader.read_head()
        except ServiceError as error:
            self._end(error)
            return False
        if head is None:
            if self.state is State.IDLE and self._reader.waiting:  # for line breaks before it no clock is wound
                self._enter(State.HEAD)
            return False
        self._begin(head)
        return True

    def _begin(self, head: Head) -> None:
        """A request's head is there: ask the application, or refuse without it."""
        self._enter(State.BODY)
        # Under a flood those who are served must not pay for those who are not: the application is not even asked.
        refusal = self._no_room(head.length) if is_bounded(head.path) else None
        if refusal:
            self._refusing_since, self._refusal = self._loop.time(), refusal
            if head.expects_continue:
                self._refuse(refusal, close=True)
        else:
            self._exchange = Exchange(self, head)
            scope = scope_of(head, self._sockname, self._peername, self._app_state)
            task = self._loop.create_task(self._exchange.run(self._app, scope))
            self._server.tasks.add(task)
            task.add_done_callback(self._server.tasks.discard)
            self._server.total_requests += 1
        if self.body_done and self.state is State.BODY:
            self._body_ended()

    def _read_body(self) -> bool:
        """Take what there is of the body; False where the connection ends by it."""
        try:
            data = self._reader.read_body()
        except ServiceError as error:
            self._end(error)
            return False
        if self._exchange is None:
            if self._reader.body_taken > self.shared.settings.max_body_bytes:
                self._refuse(self._refusal, close=True)
                return False
        elif data:
            self._exchange.feed(data)
        if self.body_done:
            self._body_ended()
        return True

    def _body_ended(self) -> None:
        if self._exchange is None:
            head = self._reader.head
            close = head is not None and not head.keep_alive
            self._refuse(self._refusal, close=close)
        else:
            self._enter(State.ANSWERING)
            self._exchange.feed(b"")

    def _no_room(self, length: int | None) -> Overloaded | None:
        """Why there is no room for a prediction with a body of this length (None: not known), or None: there is."""
        admission, pool, limit = self.shared.admission, self.shared.pool, self.shared.settings.max_body_bytes
        if length is not None and length > limit:
            return None  # it has a fault of its own, for the application to say
        refusal = admission.refusal(self.address)
        if refusal is not None:
            return refusal
        if (length is None or length > INLINE_BYTES) and pool.turn_away(self.address):
            return Overloaded(pool.sentence)
        return None

    # What an exchange asks for.

    @property
    def gone(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport.is_closing()

    @property
    def body_done(self) -> bool:
        """Whether the whole body has come."""
        return self._reader.body_done

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """Headers of every answer: its date."""
        return self._server.default_headers

    def write(self, *pieces: bytes) -> None:
        """Send bytes, in one go."""
        if self._transport.is_closing():
            return
        if len(pieces) == 1:
            self._transport.write(pieces[0])
        elif sum(map(len, pieces)) <= _JOINED_BYTES:
            self._transport.write(b"".join(pieces))
        else:  # of a card that many ask for there is one copy, however many do not take it
            self._transport.writelines(pieces)

    async def taken(self) -> None:
        """Wait until the client has taken most of what was written, or is gone; whoever writes on waits for that."""
        if self._paused_since is not None and not self._transport.is_closing():
            self._taken = self._loop.create_future()
            await self._taken

    def _let_go_on(self) -> None:
        if self._taken is not None and not self._taken.done():
            self._taken.set_result(None)

    def wanted(self) -> None:
        """The application wants more of the body."""
        self._read_ahead()

    def answered(self, *, close: bool) -> None:
        """The answer has been given; the next request may come, or the connection ends."""
        self._exchange = None
        self._served = True
        self._read_ahead()  # what the application has not read of the body is kept no more, and holds nothing up
        if self._transport.is_closing():
            if self.state is not State.CLOSED:
                self._enter(State.CLOSING)
            return
        self._last |= close
        if self._paused_since is not None and not self._last:
            self._enter(State.SENDING)
        else:
            self._next()

    def _next(self) -> None:
        """Wait for the next request, or hang up after the last."""
        if self._last:
            self._hang_up()
            return
        self._enter(State.IDLE)
        if self._reader.waiting:
            # Not from here: else an answer given at once would be given from inside the answer before it.
            self._advance_soon()

    # The ends.

    def _refuse(self, error: ServiceError, *, close: bool) -> None:
        """Answer with a problem without asking the application, and note it."""
        self._refusing_since = None
        head = self._reader.head if self.state in (State.BODY, State.ANSWERING) else None
        seconds = self._loop.time() - self.since if head else 0.0
        content, record = refuse(error, head, seconds, self.default_headers, self.shared.cors, close=close)
        self.write(content)
        self.shared.access_log.refuse(record)
        self.answered(close=close)

    def _end(self, error: ServiceError) -> None:
        """Refuse whatever this is, and close; where the application is at work already, it is told and answers."""
        self._last = True
        if self._exchange is None:
            self._refuse(error, close=True)
        else:
            self._enter(State.ANSWERING)
            self._exchange.fail(error)

    def _hang_up(self) -> None:
        """Close after what has been written; whoever still sends is listened to for a moment, and not heard."""
        self._last = True
        if self.body_done and not self._reader.waiting and not self._transport.get_write_buffer_size():
            self._close()
        else:
            self._reader.waiting.clear()
            self._send_until = (self._paused_since or self._loop.time()) + self.shared.settings.send_seconds
            self._enter(State.LINGERING)
            if self._transport.can_write_eof():
                self._transport.write_eof()
            if not self._reading:
                self._reading = True
                self._transport.resume_reading()

    def _close(self) -> None:
        self._last = True
        self._enter(State.CLOSING)
        self._transport.close()

    def give_way(self) -> None:
        """Close at once, for somebody else needs the room."""
        self._last = True
        self._enter(State.CLOSED)  # its end is told later; until then it must not be chosen again
        self._transport.abort()

    def shutdown(self) -> None:
        """The server stops: close now, or after the answer that is being worked on."""
        if self.state in (State.IDLE, State.HEAD):
            self._close()
        elif self._refusing_since is not None:
            self._refuse(self._refusal, close=True)
        else:
            self._last = True


# Nothing more is owed to the client.
_ENDS = frozenset({State.LINGERING, State.CLOSING, State.CLOSED})


def make_protocol(shared: Shared) -> type[Connection]:
    """The protocol with what all its connections share; uvicorn makes the instances, so the class has to know it."""
    return type("Connection", (Connection,), {"shared": shared})
