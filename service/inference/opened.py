"""The models that are open: each when it is first asked, and closed when many are and it is long idle."""

import asyncio
import logging
import time
from collections.abc import Callable

from models.repository import Model, ModelError
from service.errors import ModelUnavailable
from service.inference.offer import Key, key_of
from service.inference.predictor import Predictor

# A model that could not be opened is not tried again for this long: each try reads the whole file.
_RETRY_SECONDS = 10
# Of the open models those that nobody has asked for so long are closed, down to so many.
_IDLE_SECONDS = 600
_KEPT_OPEN = 8


class OpenModels:
    """A predictor for each model that is open."""

    def __init__(self, make: Callable[[Model], Predictor], is_served: Callable[[Model], bool]) -> None:
        """Make it, with none.

        Args:
            make: opens a model and warms it up, in the thread that calls.
            is_served: whether it is still to be kept when it is open.
        """
        self._make = make
        self._is_served = is_served
        self._open: dict[Model, Predictor] = {}
        self._opening: dict[Model, asyncio.Task[Predictor]] = {}
        self._asked: dict[Model, float] = {}
        self._failed: dict[Model, tuple[float, str]] = {}

    def __contains__(self, model: Model) -> bool:
        return model in self._open

    def __getitem__(self, model: Model) -> Predictor:
        return self._open[model]

    def open(self, model: Model) -> None:
        """Open a model at once.

        Raises:
            ModelError: it can't be.
        """
        self._open[model] = self._make(model)

    async def aside(self, model: Model) -> Predictor:
        """A model's predictor, made in a thread; `keep` makes it that by which it is asked.

        Raises:
            ModelError: it can't be opened.
        """
        return await asyncio.to_thread(self._make, model)

    def keep(self, model: Model, predictor: Predictor) -> None:
        """Ask a model by this."""
        self._open[model] = predictor

    async def ask(self, model: Model) -> Predictor:
        """The predictor of a model, opened in a thread if nobody has asked it before.

        Raises:
            ModelUnavailable: it can't be opened.
        """
        self._asked[model] = time.monotonic()
        found = self._open.get(model)
        return found if found is not None else await self._first_asked(model)

    async def _first_asked(self, model: Model) -> Predictor:
        failed, reason = self._failed.get(model, (0.0, ""))
        if reason and time.monotonic() - failed < _RETRY_SECONDS:
            raise ModelUnavailable(reason)
        if model not in self._opening:
            self._opening[model] = asyncio.create_task(self._open_aside(model))
        # It goes on if whoever asked first does not wait for it.
        return await asyncio.shield(self._opening[model])

    async def _open_aside(self, model: Model) -> Predictor:
        try:
            made = await self.aside(model)
        except Exception as error:
            why = error.reason if isinstance(error, ModelError) else ModelError("").reason
            if not isinstance(error, ModelError):
                logging.getLogger("service").exception("%s version %d can't be opened", model.name, model.version)
            reason = f"{model.name} version {model.version} can't be used: {why}. Ask another model."
            self._failed[model] = time.monotonic(), reason
            raise ModelUnavailable(reason) from error
        finally:
            del self._opening[model]
        if self._is_served(model):  # else it has gone meanwhile
            self._open[model] = made
        self._failed.pop(model, None)
        return made

    @property
    def failures(self) -> dict[Key, str]:
        """Why models could not be opened when they were last asked, by name and version."""
        return {key_of(model): reason for model, (_, reason) in self._failed.items()}

    def drop(self, model: Model | None) -> None:
        """Let go of a model, if there is one; a request that it is answering keeps it until its end."""
        if model is not None:
            for kept in (self._open, self._asked, self._failed):
                kept.pop(model, None)

    def close(self, unwanted: Callable[[Model], bool]) -> None:
        """Close those that are unwanted; they may be opened again."""
        for model in [model for model in self._open if unwanted(model)]:
            del self._open[model]

    def close_idle(self, default: Model) -> None:
        """Close those that nobody has asked for long, but the default one, where many are open."""
        now = time.monotonic()
        idle = [
            model for model in self._open if model is not default and now - self._asked.get(model, now) > _IDLE_SECONDS
        ]
        idle.sort(key=lambda model: self._asked[model])
        for model in idle[: max(0, len(self._open) - _KEPT_OPEN)]:
            del self._open[model]
