"""Which models an operator has unloaded: with several workers, all know it by files in the folder that they share."""

import os
from pathlib import Path

from service import metrics

_PREFIX = "unloaded-"
REASON = "was unloaded by who runs the service"


class Unloaded:
    """The names of these models, for as long as the service runs."""

    def __init__(self) -> None:
        shared = os.environ.get(metrics.SHARED_FOLDER)
        self._folder = Path(shared) if shared else None
        self._names: set[str] = set()
        self.look()

    def __contains__(self, name: str) -> bool:
        """Whether this worker knows that the model is unloaded."""
        return name in self._names

    def look(self) -> None:
        """See what other workers have unloaded or loaded."""
        if self._folder is not None:
            self._names = {path.name.removeprefix(_PREFIX) for path in self._folder.glob(f"{_PREFIX}*")}

    def add(self, name: str) -> None:
        """Unload a model."""
        self._names.add(name)
        if self._folder is not None:
            (self._folder / f"{_PREFIX}{name}").touch()

    def discard(self, name: str) -> None:
        """Load it again."""
        self._names.discard(name)
        if self._folder is not None:
            (self._folder / f"{_PREFIX}{name}").unlink(missing_ok=True)
