"""Around every call: keys, errors as statuses, log and figures."""

import asyncio
import ipaddress
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import grpc
from starlette.requests import Request

from service.errors import BufferFull, Overloaded, ServiceError
from service.http import problems
from service.middleware.access_log import AccessLog, Record
from service.middleware.auth import Keys

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


def status_of(error: ServiceError) -> grpc.StatusCode:
    """The gRPC status of an error, by its HTTP status; what may succeed a little later is RESOURCE_EXHAUSTED."""
    if isinstance(error, Overloaded | BufferFull):
        return grpc.StatusCode.RESOURCE_EXHAUSTED
    status = problems.PROBLEM_TYPES[type(error)].status
    return _STATUSES.get(status, grpc.StatusCode.INVALID_ARGUMENT)


class Calls:
    """What all calls have in common."""

    def __init__(self, keys: Keys, access_log: AccessLog) -> None:
        self._keys = keys
        self._access_log = access_log

    def handler(
        self, path: str, behaviour: Callable[[AsyncIterator[Any], Context], Awaitable[Any]], *, is_open: bool
    ) -> Callable[[AsyncIterator[Any], Context], Awaitable[Any]]:
        """A call's behaviour with all that stands around it.

        Args:
            path: of the method, such as /inference.GRPCInferenceService/ModelInfer.
            behaviour: what answers; it reads the one message itself.
            is_open: whether it needs no key.
        """

        async def answer(messages: AsyncIterator[Any], context: Context) -> Any:
            async with self._around(path, context, is_open=is_open) as passage:
                reply = await behaviour(messages, context)
                passage.bytes = reply.ByteSize()
            return reply

        return answer

    def stream(
        self, path: str, behaviour: Callable[[AsyncIterator[Any], Context], AsyncIterator[Any]]
    ) -> Callable[[AsyncIterator[Any], Context], AsyncIterator[Any]]:
        """The same for a call that answers with several messages."""

        async def answer(messages: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            async with self._around(path, context, is_open=False) as passage:
                async for reply in behaviour(messages, context):
                    passage.bytes += reply.ByteSize()
                    yield reply

        return answer

    @asynccontextmanager
    async def _around(self, path: str, context: Context, *, is_open: bool) -> AsyncIterator["_Passage"]:
        passage = _Passage()
        try:
            try:
                if not is_open:
                    self._keys.check(path, _authorization(context))
                yield passage
                passage.status = _OK
                return
            except ServiceError as error:
                found = problems.note({}, error)
                passage.status, passage.problem = found.status, found.name
                code, text = status_of(error), str(error)
            except Exception:
                passage.status, passage.problem = _FAILED, problems.INTERNAL.name
                logging.getLogger("service").exception("call %s failed", path)
                code, text = grpc.StatusCode.INTERNAL, problems.FAULT
            await context.abort(code, text)
        finally:
            seconds = time.perf_counter() - passage.started
            name = b"%016x" % random.getrandbits(64)
            self._access_log.add(
                Record(name, "POST", path, path, passage.status, passage.bytes, seconds, passage.problem)
            )


@dataclass
class _Passage:
    """What is known of a call for the log."""

    started: float = field(default_factory=time.perf_counter)
    status: int = _CANCELLED
    problem: str | None = None
    bytes: int = 0


def _authorization(context: Context) -> bytes:
    for name, value in context.invocation_metadata() or ():
        if name == "authorization":
            return value if isinstance(value, bytes) else value.encode()
    return b""


def as_request(context: Context) -> Request:
    """The call as the limits want to see a request: by its client's address; a client that goes cancels the call."""
    host, _, port = unquote(context.peer()).partition(":")[2].rpartition(":")
    try:
        address = str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:  # such as a Unix socket
        address = "127.0.0.1"
    return Request({"type": "http", "client": (address, int(port) if port.isdigit() else 0)}, _never)


async def _never() -> Any:
    await asyncio.Event().wait()
