"""The calls of `inference.GRPCInferenceService`."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Any

from starlette.requests import Request

from service.errors import BodyTooLarge, MalformedBody, Overloaded, ServiceError
from service.grpc import inference_pb2 as pb
from service.grpc import messages
from service.grpc.call import Messages
from service.grpc.decoding import decode
from service.grpc.reading import Place, Reading, following
from service.inference.registry import ModelRegistry
from service.limits.admission import INLINE_BYTES, Admission
from service.limits.client import client_of_request
from service.limits.pool import Pool
from service.limits.shares import Shares
from service.oip import answer, inference, metadata
from service.oip.request import Content, InferRequest, content_of
from service.oip.statistics import Counted, Watch
from service.oip.version import parse_version
from service.settings import Settings

# The messages of a call that its client cancels end a moment before the call does; within so much it has, and is no
# faulty one.
_CANCELLING_SECONDS = 0.1

# Each may hold a message of the largest size.
_MOST_STREAMS = 16


class Inference:
    """The service. Each call reads its message itself, so that a slow one has a clock and a place."""

    def __init__(
        self, registry: ModelRegistry, admission: Admission, pool: Pool, settings: Settings, over: asyncio.Event
    ) -> None:
        self._registry = registry
        self._admission = admission
        self._pool = pool
        self._settings = settings
        self._over = over
        self._reading = Reading(settings.body_seconds)
        self._streams = Shares(_MOST_STREAMS)

    async def _read(self, kind: Any, given: Messages, request: Request) -> Any:
        """The one message of a call, of this kind, none of which is large.

        Raises:
            MalformedBody: there is none.
            BodyTooLarge: it is large nevertheless.
            ServiceError: it comes too slowly, or there is no room for it.
        """
        with await self._reading.place(client_of_request(request)) as place:
            content = await self._arrive(given, place)
            if len(content) > INLINE_BYTES:
                raise BodyTooLarge(f"A message of this call has at most {INLINE_BYTES:,} bytes.", limit=INLINE_BYTES)
            return decode(kind, content)

    @staticmethod
    async def _arrive(given: Messages, place: Place) -> bytes:
        """The bytes of the same; a small message leaves its place at once."""
        content = await place.message(given)
        if content is None:
            place.leave()
            await asyncio.sleep(_CANCELLING_SECONDS)
            raise MalformedBody("The call has no message.")
        if len(content) <= INLINE_BYTES:
            place.leave()
        return content

    # Those that a prober asks read no message: theirs say nothing, and none has to wait for room to arrive in.

    async def server_live(self, _given: Messages, _request: Request) -> pb.ServerLiveResponse:
        """That it answers."""
        return pb.ServerLiveResponse(live=True)

    async def server_ready(self, _given: Messages, _request: Request) -> pb.ServerReadyResponse:
        """Whether it takes anything new."""
        return pb.ServerReadyResponse(ready=not self._admission.draining)

    async def model_ready(self, given: Messages, request: Request) -> pb.ModelReadyResponse:
        """Whether a model can be asked; it is opened to find out."""
        message = await self._read(pb.ModelReadyRequest, given, request)
        try:
            await self._registry.predictor(message.name, parse_version(message.version or None))
        except ServiceError:
            return pb.ModelReadyResponse(ready=False)
        return pb.ModelReadyResponse(ready=True)

    async def server_metadata(self, _given: Messages, _request: Request) -> pb.ServerMetadataResponse:
        """What this server is, and which extensions it has."""
        return pb.ServerMetadataResponse(**metadata.server_metadata(metadata.GRPC_EXTENSIONS))

    async def model_metadata(self, given: Messages, request: Request) -> pb.ModelMetadataResponse:
        """A model's inputs and outputs, and where its card is."""
        message = await self._read(pb.ModelMetadataRequest, given, request)
        found = self._registry.choose(message.name, parse_version(message.version or None))
        return messages.metadata(metadata.model_metadata(found, self._registry.versions(found.name)))

    async def repository_index(self, given: Messages, request: Request) -> pb.RepositoryIndexResponse:
        """Every version, whether it can be asked, and why not."""
        message = await self._read(pb.RepositoryIndexRequest, given, request)
        made = pb.RepositoryIndexResponse()
        for name, version, state, reason in self._registry.index(ready=message.ready):
            made.models.add(name=name, version=str(version), state=state, reason=reason)
        return made

    async def model_infer(self, given: Messages, request: Request) -> pb.ModelInferResponse:
        """Classify the images of a tensor, or the pictures in one."""
        with await self._reading.place(client_of_request(request)) as place:
            return await self._infer(await self._arrive(given, place), request)

    async def _infer(self, content: bytes, request: Request) -> pb.ModelInferResponse:
        watch = Watch()
        with self._admission.place(client_of_request(request)):
            place = partial(self._pool.place, request)
            if len(content) <= INLINE_BYTES:
                return await self._answer(decode(pb.ModelInferRequest, content), place, watch, small=True)
            async with place():
                watch.mark("queue")
                message = await self._pool.run(decode, pb.ModelInferRequest, content)
                watch.mark("compute_input")
                return await self._answer(message, nullcontext, watch, small=False)

    async def _answer(
        self, message: Any, place: Callable[[], AbstractAsyncContextManager[None]], watch: Watch, *, small: bool
    ) -> pb.ModelInferResponse:
        predictor = await self._registry.predictor(message.model_name, parse_version(message.model_version or None))

        def parse() -> tuple[InferRequest, Content]:
            asked = messages.read(message, predictor.outputs)
            return asked, content_of(asked, predictor.model.card, self._settings.max_images)

        with Counted(predictor.model, watch):
            asked, scores = await inference.ask(predictor, parse, self._pool, place, watch, small=small)
            made = messages.answer(predictor, asked, answer.tensors(predictor.outputs, scores, asked.outputs))
            watch.mark("compute_output")
        return made

    async def model_stream_infer(
        self, given: Messages, request: Request
    ) -> AsyncGenerator[pb.ModelStreamInferResponse]:
        """The same for one request after another of a stream; what is wrong with one is said of that one."""
        client = client_of_request(request)
        if not self._streams.has_room(client):
            raise Overloaded("There are as many streams as may be. Close one, or call ModelInfer.", limit=_MOST_STREAMS)
        self._streams.add(client)
        try:
            while (content := await following(given, self._settings.keep_alive_seconds, self._over)) is not None:
                try:
                    reply = pb.ModelStreamInferResponse(infer_response=await self._infer(content, request))
                except ServiceError as error:
                    reply = pb.ModelStreamInferResponse(error_message=str(error))
                yield reply
        finally:
            self._streams.remove(client)
