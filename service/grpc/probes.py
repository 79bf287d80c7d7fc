"""What every gRPC server offers beside its own calls: grpc.health.v1 and reflection."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2
from starlette.requests import Request

from service.errors import ModelNotFound
from service.expectation import shown
from service.grpc import inference_pb2 as pb
from service.grpc.call import Messages
from service.grpc.decoding import decode
from service.grpc.reading import Reading, following
from service.limits.admission import Admission
from service.limits.client import client_of_request
from service.settings import Settings

NAME = pb.DESCRIPTOR.services_by_name["GRPCInferenceService"].full_name
HEALTH, REFLECTION = health.SERVICE_NAME, reflection.SERVICE_NAME

# A probe is small, and none should have to wait for room behind requests that are not.
_PLACES = 8


class Probes:
    """The two services. `Watch` is left out, as the health protocol allows: a call without an end keeps its room."""

    def __init__(self, admission: Admission, settings: Settings, over: asyncio.Event) -> None:
        self._admission = admission
        self._over = over
        self._seconds = settings.keep_alive_seconds
        self._reading = Reading(settings.body_seconds, _PLACES)
        # Of its own: who asks for reflection may ask on for as long as a connection is kept.
        self._reflecting = Reading(settings.body_seconds, _PLACES)
        self._reflection = reflection.aio.ReflectionServicer((NAME, HEALTH, REFLECTION))

    async def check(self, given: Messages, request: Request) -> health_pb2.HealthCheckResponse:
        """Whether the server, or one of its services, takes anything new."""
        with await self._reading.place(client_of_request(request)) as place:
            content = await place.message(given) or b""
        asked = decode(health_pb2.HealthCheckRequest, content).service
        if asked not in ("", NAME):
            raise ModelNotFound("There is no such service.", field="service", value=shown(asked), allowed=[NAME])
        kind = health_pb2.HealthCheckResponse
        return kind(status=kind.NOT_SERVING if self._admission.draining else kind.SERVING)

    async def reflect(self, given: Messages, request: Request) -> AsyncGenerator[Any]:
        """What the calls and their messages are."""
        with await self._reflecting.place(client_of_request(request)):
            async for reply in self._reflection.ServerReflectionInfo(self._questions(given), None):
                yield reply

    async def _questions(self, given: Messages) -> AsyncIterator[Any]:
        while (content := await following(given, self._seconds, self._over)) is not None:
            yield decode(reflection_pb2.ServerReflectionRequest, content)
