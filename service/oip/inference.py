"""From what a request holds to the model's scores: what is small at once, the rest in its turn."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from service.inference import counting
from service.inference.classifier import Scores
from service.inference.predictor import Predictor
from service.limits.pool import Pool
from service.oip.request import Content
from service.oip.statistics import Watch

# As many images as are classified on the event loop, together with what others ask.
_FEW = 8


async def scores(
    predictor: Predictor,
    sent: Content,
    pool: Pool,
    place: Callable[[], AbstractAsyncContextManager[None]],
    watch: Watch,
) -> Scores:
    """The scores of a request's images.

    Args:
        predictor: that is asked.
        sent: the images.
        pool: for what takes long.
        place: gives one in it.
        watch: that times it.

    Raises:
        ServiceError: a picture can't be read, or there is no place.
    """
    if sent.pixels is not None and len(sent.pixels) <= _FEW:
        return await predictor.classify_batched(sent.pixels)
    if sent.pictures:
        asked = predictor.ask([], sent.pictures)
        if asked.cheap:
            return await predictor.classify_batched(predictor.load(asked).images)
    async with place():
        watch.mark("queue")
        return await scores_in_place(predictor, sent, pool)


async def scores_in_place(predictor: Predictor, sent: Content, pool: Pool) -> Scores:
    """The same for those who have a place in the pool.

    Raises:
        ServiceError: a picture can't be read.
    """
    pixels = sent.pixels
    if pixels is None:
        asked = predictor.ask([], sent.pictures)
        batch = await (pool.run(predictor.load, asked) if asked.plain else predictor.load_apart(asked, "crop"))
        pixels = batch.images
    return await pool.run(predictor.classify, pixels)


def count(predictor: Predictor, sent: Content, found: Scores) -> None:
    """Count what is answered."""
    model, outputs = predictor.model, predictor.outputs
    # Whoever sends tensors has made them: of what, and whether as the card says, nobody here knows.
    source = "upload" if sent.pixels is None else "tensor"
    counting.count_answers(
        counting.Answer(model.name, str(model.version), source, label.decode(), bool(sure), bool(strange))
        for label, sure, strange in zip(
            outputs.compute("label", found),
            outputs.compute("confident", found),
            outputs.out_of_distribution(found),
            strict=True,
        )
    )
