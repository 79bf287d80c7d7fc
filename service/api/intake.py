"""From a request to images ready for the model: read within bounds, the cheap at once, the others in their turn."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import NamedTuple

from starlette.requests import Request

from service.http.payload import is_read_through, read_payload
from service.http.query import PictureOptions
from service.images.preprocess import Fit
from service.inference.batch import Batch
from service.inference.predictor import Asked, Predictor
from service.limits.admission import INLINE_BYTES, Admission
from service.limits.body import BodyBuffer, BodyReader
from service.limits.client import client_of_request
from service.limits.pool import Pool
from service.settings import Settings


class Submitted(NamedTuple):
    """What a request has sent.

    Attributes:
        asked: what it asks about.
        several: whether the answer is a list.
        place: gives one in the pool, for the work on what is not cheap; one that was needed before is this one.
    """

    asked: Asked
    several: bool
    place: Callable[[], AbstractAsyncContextManager[None]]


class Intake:
    """What the endpoints that take pictures have in common.

    Attributes:
        admission: to them.
        pool: for what of their work takes long.
        cache_control: how answers may be kept that have an ETag: asked again each time.
    """

    def __init__(self, settings: Settings, admission: Admission, pool: Pool) -> None:
        self._settings = settings
        self._buffer = BodyBuffer(settings)
        # Where keys are wanted, an answer is for who has one: no cache that others share may keep it.
        self.cache_control = "private, no-cache" if settings.api_keys else "no-cache"
        self.admission = admission
        self.pool = pool

    @asynccontextmanager
    async def read(self, request: Request, predictor: Predictor, options: PictureOptions) -> AsyncIterator[Submitted]:
        """What a request has sent; its body is held, and it counts as being worked on, until the block ends.

        Raises:
            ServiceError: the body breaks a bound or makes no sense, or there is no room.
        """
        async with self.hold(request) as content:
            content_type = request.headers.get("content-type", "")
            sent = content, content_type, options.index
            if len(content) <= INLINE_BYTES or not is_read_through(content_type):
                yield Submitted(*self._look(predictor, *sent), partial(self.pool.place, request))
            else:
                async with self.pool.place(request):
                    yield Submitted(*await self.pool.run(self._look, predictor, *sent), nullcontext)

    @asynccontextmanager
    async def hold(self, request: Request) -> AsyncIterator[bytes]:
        """The body of a request; it is held, and the request counts as being worked on, until the block ends.

        Raises:
            ServiceError: the body breaks a bound, or there is no room.
        """
        with BodyReader(self._buffer) as body:
            content = await body.read(request)
            with self.place(request):
                yield content

    def place(self, request: Request) -> AbstractContextManager[None]:
        """A place for a request, as long as it is worked on.

        Raises:
            Overloaded: there is none.
        """
        return self.admission.place(client_of_request(request))

    def _look(self, predictor: Predictor, content: bytes, content_type: str, index: int | None) -> tuple[Asked, bool]:
        """What a body asks about, and whether the answer is a list."""
        payload = read_payload(content, content_type, index, self._settings)
        return predictor.ask(payload.indices, payload.contents, in_json=payload.in_json), payload.batch

    async def load(self, predictor: Predictor, asked: Asked, fit: Fit, *, strict: bool = True) -> Batch:
        """The images of what is not cheap; for those who have a place in the pool.

        Args:
            predictor: that loads them.
            asked: which.
            fit: how they are made square.
            strict: whether one bad picture refuses all.

        Raises:
            ServiceError: as `Predictor.load_apart` does.
        """
        if asked.plain:
            return await self.pool.run(partial(predictor.load, asked, fit, strict=strict))
        return await predictor.load_apart(asked, fit, strict=strict)
