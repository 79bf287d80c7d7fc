"""How long a test waits for what has to come, and how it waits for what nobody tells it of."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

_Found = TypeVar("_Found")

# So long that a machine which is busy with other things, or slow, fails no test. Whoever mends a test that waits in
# vain will want less: PATIENCE_S=5 python -m pytest ...
PATIENCE_S = float(os.environ.get("PATIENCE_S", "300"))

_PAUSE_S = 0.02


def until(find: Callable[[], _Found], what: str, fits: Callable[[_Found], object] = bool) -> _Found:
    """What `find` gives, as soon as it gives something that fits: something true, where nothing else is said.

    Raises:
        AssertionError: it did not in time; the message says that `what` never came.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not fits(found := find()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come in {PATIENCE_S:g} s; the last found: {found!r}")
        time.sleep(_PAUSE_S)
    return found
