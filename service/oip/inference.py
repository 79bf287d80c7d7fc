"""From what a request holds to the model's scores: what is small at once, the rest in its turn."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from service.inference import counting
from service.inference.classifier import Scores
from service.inference.predictor import Predictor
from service.limits.pool import Pool
from service.oip.request import Content, InferRequest
from service.oip.statistics import Watch

# As many images as are classified on the event loop, together with what others ask.
_FEW = 8


async def ask(
    predictor: Predictor,
    parse: Callable[[], tuple[InferRequest, Content]],
    pool: Pool,
    place: Callable[[], AbstractAsyncContextManager[None]],
    watch: Watch,
    *,
    small: bool,
) -> tuple[InferRequest, Scores]:
    """What a request asks, and the scores of its images; counted.

    Args:
        predictor: that is asked.
        parse: reads the request.
        pool: for what takes long.
        place: gives one in it.
        watch: that times it.
        small: whether the request may be read on the event loop.

    Raises:
        ServiceError: the request makes no sense, a picture can't be read, or there is no place.
    """
    if small:
        asked, sent = parse()
        watch.mark("compute_input")
        found = await _scores(predictor, sent, pool, place, watch)
    else:
        async with place():
            watch.mark("queue")
            asked, sent, known = await pool.run(_work, predictor, parse, watch)
            found = known or await _scores_in_place(predictor, sent, pool)
    watch.mark("compute_infer")
    watch.images = len(found.energies)
    # Whoever sends tensors has made them: of what, and whether as the card says, nobody here knows.
    counting.count_scores(predictor.model, "upload" if sent.pixels is None else "tensor", predictor.outputs, found)
    return asked, found


def _work(
    predictor: Predictor, parse: Callable[[], tuple[InferRequest, Content]], watch: Watch
) -> tuple[InferRequest, Content, Scores | None]:
    """What a request asks, and of pixels the scores at once: each way to a thread and back costs something."""
    asked, sent = parse()
    watch.mark("compute_input")
    return asked, sent, None if sent.pixels is None else predictor.classify(sent.pixels)


async def _scores(
    predictor: Predictor,
    sent: Content,
    pool: Pool,
    place: Callable[[], AbstractAsyncContextManager[None]],
    watch: Watch,
) -> Scores:
    """The scores of a request's images: of a few at once, of more in a place of the pool."""
    if sent.pixels is not None and len(sent.pixels) <= _FEW:
        return await predictor.classify_batched(sent.pixels)
    if sent.pictures:
        asked = predictor.ask([], sent.pictures)
        if asked.cheap:
            return await predictor.classify_batched(predictor.load(asked).images)
    async with place():
        watch.mark("queue")
        return await _scores_in_place(predictor, sent, pool)


async def _scores_in_place(predictor: Predictor, sent: Content, pool: Pool) -> Scores:
    pixels = sent.pixels
    if pixels is None:
        asked = predictor.ask([], sent.pictures)
        batch = await (pool.run(predictor.load, asked) if asked.plain else predictor.load_apart(asked, "crop"))
        pixels = batch.images
    return await pool.run(predictor.classify, pixels)
