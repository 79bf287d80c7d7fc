"""The calls of `inference.GRPCInferenceService`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from service.errors import MalformedBody, Overloaded, ServiceError
from service.grpc import inference_pb2 as pb
from service.grpc import messages
from service.grpc.call import Context, as_request
from service.grpc.reading import Reading
from service.inference.registry import ModelRegistry
from service.limits.admission import INLINE_BYTES, Admission
from service.limits.client import client_of_request
from service.limits.pool import Pool
from service.oip import answer, inference, metadata
from service.oip.request import content_of
from service.oip.statistics import counted
from service.oip.version import parse_version
from service.settings import Settings

Messages = AsyncIterator[Any]

# Each may hold a message of the largest size.
_MOST_STREAMS = 16


class Inference:
    """The service. Each call reads its message itself, so that a slow one has a clock and a place."""

    def __init__(self, registry: ModelRegistry, admission: Admission, pool: Pool, settings: Settings) -> None:
        self._registry = registry
        self._admission = admission
        self._pool = pool
        self._settings = settings
        self._reading = Reading(settings.body_seconds)
        self._streams = 0

    async def _read(self, given: Messages, context: Context) -> Any:
        """The one message of a call.

        Raises:
            MalformedBody: there is none.
            ServiceError: it comes too slowly, or there is no room for it.
        """
        async with self._hold(given, context) as message:
            return message

    @asynccontextmanager
    async def _hold(self, given: Messages, context: Context) -> AsyncIterator[Any]:
        """The same; a large message keeps its place until the block ends."""
        async with self._reading.place(client_of_request(as_request(context))) as place:
            async with place.arriving():
                message = await anext(given, None)
            if message is None:
                raise MalformedBody("The call has no message.")
            if message.ByteSize() <= INLINE_BYTES:
                place.leave()
            yield message

    async def server_live(self, given: Messages, context: Context) -> pb.ServerLiveResponse:
        """That it answers."""
        await self._read(given, context)
        return pb.ServerLiveResponse(live=True)

    async def server_ready(self, given: Messages, context: Context) -> pb.ServerReadyResponse:
        """Whether it takes anything new."""
        await self._read(given, context)
        return pb.ServerReadyResponse(ready=not self._admission.draining)

    async def model_ready(self, given: Messages, context: Context) -> pb.ModelReadyResponse:
        """Whether a model can be asked; it is opened to find out."""
        message = await self._read(given, context)
        try:
            await self._registry.predictor(message.name, parse_version(message.version or None))
        except ServiceError:
            return pb.ModelReadyResponse(ready=False)
        return pb.ModelReadyResponse(ready=True)

    async def server_metadata(self, given: Messages, context: Context) -> pb.ServerMetadataResponse:
        """What this server is, and which extensions it has."""
        await self._read(given, context)
        return pb.ServerMetadataResponse(**metadata.server_metadata())

    async def model_metadata(self, given: Messages, context: Context) -> pb.ModelMetadataResponse:
        """A model's inputs and outputs, and where its card is."""
        message = await self._read(given, context)
        found = self._registry.choose(message.name, parse_version(message.version or None))
        return messages.metadata(metadata.model_metadata(found, self._registry.versions(found.name)))

    async def repository_index(self, given: Messages, context: Context) -> pb.RepositoryIndexResponse:
        """Every version, whether it can be asked, and why not."""
        message = await self._read(given, context)
        made = pb.RepositoryIndexResponse()
        for name, version, state, reason in self._registry.index(ready=message.ready):
            made.models.add(name=name, version=str(version), state=state, reason=reason)
        return made

    async def model_infer(self, given: Messages, context: Context) -> pb.ModelInferResponse:
        """Classify the images of a tensor, or the pictures in one."""
        async with self._hold(given, context) as message:
            return await self._infer(message, context)

    async def _infer(self, message: pb.ModelInferRequest, context: Context) -> pb.ModelInferResponse:
        predictor = await self._registry.predictor(message.model_name, parse_version(message.model_version or None))
        place = partial(self._pool.place, as_request(context))

        def parse() -> tuple[Any, Any]:
            asked = messages.read(message, predictor.outputs)
            return asked, content_of(asked, predictor.model.card, self._settings.max_images)

        with self._admission, counted(predictor.model) as watch:
            if message.ByteSize() <= INLINE_BYTES:
                asked, sent = parse()
                watch.mark("compute_input")
                scores = await inference.scores(predictor, sent, self._pool, place, watch)
            else:
                async with place():
                    watch.mark("queue")
                    asked, sent = await self._pool.run(parse)
                    watch.mark("compute_input")
                    scores = await inference.scores_in_place(predictor, sent, self._pool)
            watch.mark("compute_infer")
            watch.images = len(scores.energies)
            inference.count(predictor, scores)
            made = messages.answer(predictor, asked, answer.tensors(predictor.outputs, scores, asked.outputs))
            watch.mark("compute_output")
        return made

    async def model_stream_infer(self, given: Messages, context: Context) -> AsyncIterator[pb.ModelStreamInferResponse]:
        """The same for one request after another of a stream; what is wrong with one is said of that one."""
        if self._streams >= _MOST_STREAMS:
            raise Overloaded(f"There are {_MOST_STREAMS} streams, the limit. Close one, or call ModelInfer.")
        self._streams += 1
        try:
            async for reply in self._reply(given, context):
                yield reply
        finally:
            self._streams -= 1

    async def _reply(self, given: Messages, context: Context) -> AsyncIterator[pb.ModelStreamInferResponse]:
        while True:
            try:
                message = await self._next(given)
                if message is None:
                    return
                yield pb.ModelStreamInferResponse(infer_response=await self._infer(message, context))
            except ServiceError as error:
                yield pb.ModelStreamInferResponse(error_message=str(error))

    async def _next(self, given: Messages) -> Any:
        """The next message of a stream, which may be silent as long as an idle connection; None at its end."""
        try:
            async with asyncio.timeout(self._settings.keep_alive_seconds):
                return await anext(given)
        except (StopAsyncIteration, TimeoutError):
            return None
