"""Around every call: keys, errors as statuses, a clock for its answer, log and figures.

On the wire a stream of one message is what a single message is; as a stream it is asked for by who answers, so that a
slow one has a clock and a place.
"""

import asyncio
import ipaddress
import logging
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any
from urllib.parse import unquote

import grpc
from starlette.requests import Request

from service.errors import BufferFull, Overloaded, ServiceError
from service.http import problems
from service.limits.client import client_of_request
from service.limits.shares import Shares
from service.middleware.access_log import AccessLog, Record
from service.middleware.auth import Keys
from service.settings import Settings

_OK, _CANCELLED, _FAILED = 200, 499, 500
_STATUSES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    408: grpc.StatusCode.DEADLINE_EXCEEDED,
    503: grpc.StatusCode.UNAVAILABLE,
}

Context = Any  # grpc.aio.ServicerContext, which has no types
Messages = AsyncIterator[bytes]


def status_of(error: ServiceError) -> grpc.StatusCode:
    """The gRPC status of an error, by its HTTP status; what may succeed a little later is RESOURCE_EXHAUSTED."""
    if isinstance(error, Overloaded | BufferFull):
        return grpc.StatusCode.RESOURCE_EXHAUSTED
    status = problems.PROBLEM_TYPES[type(error)].status
    return _STATUSES.get(status, grpc.StatusCode.INVALID_ARGUMENT)


class Calls:
    """What all calls have in common. On the wire a stream of one message is what a single message is."""

    def __init__(self, settings: Settings, access_log: AccessLog) -> None:
        self._keys = Keys(settings)
        self._send_seconds = settings.send_seconds
        self._shares = Shares(settings.max_connections)
        self._access_log = access_log

    def one(
        self, path: str, sister: str, behaviour: Callable[[Messages, Request], Awaitable[Any]]
    ) -> grpc.RpcMethodHandler:
        """A call that answers with one message, with all that stands around it.

        Args:
            path: of the method, such as /inference.GRPCInferenceService/ModelInfer.
            sister: the path that tells the same over HTTP; where that needs no key, this needs none.
            behaviour: what answers; it reads its message itself.
        """

        async def reply(given: Messages, request: Request, _context: Context, passage: _Passage) -> bytes:
            content: bytes = (await behaviour(given, request)).SerializeToString()
            passage.bytes = len(content)
            return content

        return grpc.stream_unary_rpc_method_handler(self._around(path, sister, reply))

    def several(
        self, path: str, sister: str, behaviour: Callable[[Messages, Request], AsyncGenerator[Any]]
    ) -> grpc.RpcMethodHandler:
        """The same for a call that answers with several messages."""

        async def reply(given: Messages, request: Request, context: Context, passage: _Passage) -> None:
            async with aclosing(behaviour(given, request)) as replies:
                async for each in replies:
                    content = each.SerializeToString()
                    try:
                        async with asyncio.timeout(self._send_seconds):
                            await context.write(content)
                    except TimeoutError:
                        break
                    passage.bytes += len(content)
                else:
                    return
            # A status could not overtake the answer, and grpc.aio has no other way to end a call. So it holds nothing
            # but its place among its client's calls, until its connection ends.
            await asyncio.Event().wait()

        return grpc.stream_stream_rpc_method_handler(self._around(path, sister, reply))

    def _around(
        self, path: str, sister: str, reply: Callable[[Messages, Request, Context, "_Passage"], Awaitable[bytes | None]]
    ) -> Callable[[Messages, Context], Awaitable[bytes | None]]:
        async def answer(given: Messages, context: Context) -> bytes | None:
            request = _request_of(context.peer())
            client = client_of_request(request)
            passage = _Passage(path, client)
            task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment] # grpc makes one of each call
            # The first it may have in any case.
            has_room = not self._shares.of(client) or self._shares.has_room(client)
            self._shares.add(client)
            # When the answer has been taken too, which is grpc's to wait for: who takes none has that many calls less.
            task.add_done_callback(partial(self._end, passage))
            try:
                if not has_room:
                    raise Overloaded("There are as many calls from your address as may be. Make one after another.")
                if self._keys.wanted(sister):  # else its headers, made anew for each look, are not asked for
                    self._keys.check(sister, _authorization(context))
                content = await reply(given, request, context, passage)
                passage.status = _OK
                return content
            except ServiceError as error:
                found = problems.note({}, error)
                passage.status, passage.problem = found.status, found.name
                code, text = status_of(error), str(error)
                # The calls that it went through hold all of the message, and some hold the error too: a ring.
                error.__context__ = error.__traceback__ = None
            except Exception:
                passage.status, passage.problem = _FAILED, problems.INTERNAL.name
                logging.getLogger("service").exception("call %s failed", path)
                code, text = grpc.StatusCode.INTERNAL, problems.FAULT
            finally:
                passage.seconds = time.perf_counter() - passage.started
            # A status alone, which reaches those too who take no answer; one set for later has an empty message before
            # it.
            try:
                await context.abort(code, text)
            finally:
                # What it raises is kept by grpc in a ring, with this frame.
                del given, context, request, passage, task
            return None  # never: it has raised

        return answer

    def _end(self, passage: "_Passage", _task: Any) -> None:
        """Take note of a call that is over, however it ended."""
        self._shares.remove(passage.client)
        self._access_log.add(
            Record(
                b"%016x" % random.getrandbits(64),
                "POST",
                passage.path,
                passage.path,
                passage.status,
                passage.bytes,
                passage.seconds,
                passage.problem,
            )
        )


@dataclass
class _Passage:
    """What is known of a call for the log."""

    path: str
    client: str
    started: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0
    status: int = _CANCELLED
    problem: str | None = None
    bytes: int = 0


def _authorization(context: Context) -> bytes:
    for name, value in context.invocation_metadata() or ():
        if name == "authorization":
            return value if isinstance(value, bytes) else value.encode()
    return b""


@lru_cache(maxsize=4096)
def _request_of(peer: str) -> Request:
    """A call as the limits want to see a request: by its client's address; a client that goes cancels the call."""
    host, _, port = unquote(peer).partition(":")[2].rpartition(":")
    try:
        address = str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:  # such as a Unix socket
        address = "127.0.0.1"
    return Request({"type": "http", "client": (address, int(port) if port.isdigit() else 0)}, _never)


async def _never() -> Any:
    await asyncio.Event().wait()
