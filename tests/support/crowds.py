"""Clients that keep the service busy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.patience import until
from tests.support.serving import Service, newcomer


@contextmanager
def occupied(service: Service, images: int = 3000) -> Iterator[list[int]]:
    """While the block runs, a client sends one long request after another; gives their statuses so far.

    Between two of them there is a moment in which the service is free: whoever waits for it to be busy tries again.

    Args:
        service: that is kept busy.
        images: test images in each request; a thousand take it some twentieth of a second.
    """
    asked = {"indices": list(range(images))}
    over = threading.Event()
    statuses: list[int] = []

    def ask() -> None:
        with newcomer(service.url) as client:
            while not over.is_set():
                statuses.append(client.post("/predict", json=asked).status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        until(service.figures, "the first request", lambda now: statuses or now["seminar_cnn_in_flight"])
        yield statuses
    finally:
        over.set()
        thread.join()
