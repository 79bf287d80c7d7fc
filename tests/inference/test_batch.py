"""The pictures of one request, as they are read."""

import gc
import weakref

from service.errors import NotAnImage, ServiceError
from service.images.preprocess import SIDE, Picture
from service.inference.batch import Gathering

READ = Picture(bytes(SIDE * SIDE * 3), 300, 200, "JPEG", "crop", grey=False)


class Content:
    """Stands for the bytes of a picture."""


def test_what_is_wrong_with_a_picture_does_not_hold_it() -> None:
    """Of a batch in which one can't be read, all are gone with its answer, without the garbage collector."""

    def fail(gathered: Gathering) -> "weakref.ref[Content]":
        content = Content()
        try:
            error = NotAnImage("No picture.")
            raise error
        except ServiceError as caught:
            gathered.fail(0, caught)
        return weakref.ref(content)

    gc.disable()
    try:
        gathered = Gathering(2, strict=False)
        content = fail(gathered)
        gathered.add(1, READ)
        batch = gathered.batch(0)
        assert str(batch.failures[0]) == "No picture."
        del gathered, batch
        assert content() is None
    finally:
        gc.enable()
