"""The models of a folder: verified, opened when they are first asked, and kept up to date.

A version that is put into the folder, replaced or taken away is noticed by whoever calls `refresh`; requests are
answered by what was there until what is new is verified, opened and warm.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Literal, NamedTuple

from models import repository
from models.cifar10_test import TestSplit
from models.repository import Model, ModelError, Stamp
from service.errors import InvalidParameter, ModelUnavailable
from service.expectation import shown
from service.images.decode_processes import DecodeProcesses
from service.inference.offer import Key, Offer, key_of
from service.inference.opened import OpenModels
from service.inference.predictor import Predictor
from service.inference.unloaded import REASON
from service.settings import Settings

# A version that is replaced may be away for a moment: it is given up when it is missing so many times in a row.
_LOOKS = 2


class Entry(NamedTuple):
    """A version as the registry lists it.

    Attributes:
        name: the model's.
        version: its number.
        state: as the Open Inference Protocol's index calls it.
        reason: why it can't be asked, else nothing.
    """

    name: str
    version: int
    state: Literal["READY", "UNAVAILABLE"]
    reason: str


class ModelRegistry:
    """Every model of the settings' folder.

    Attributes:
        test_split: the embedded test images, which all models are asked about.
        changes: how often what there is has changed.
    """

    def __init__(self, settings: Settings, processes: DecodeProcesses, *, strict: bool = True) -> None:
        """Verify every model's card and digest, and open the default one (with `preload` all).

        Args:
            settings: the service's.
            processes: that decode pictures.
            strict: whether a version that can't be used is an error; else it is left aside, as `refresh` does.

        Raises:
            ModelError: a model, or the default one, is missing or wrong.
        """
        self._settings = settings
        self._processes = processes
        self._stamps: dict[Key, Stamp] = repository.stamps(settings.models)
        self._faults: dict[Key, str] = {}
        self._offer = Offer(self._verified() if strict else self._usable(), settings)
        self.test_split = TestSplit()
        self.changes = 0
        self._opened = OpenModels(self._make, lambda model: self._offer.get(key_of(model)) is model)
        self._missing: dict[Key, int] = {}
        self._refreshing = asyncio.Lock()
        for model in self if settings.preload and strict else [self.default]:
            self._opened.open(model)

    def _verified(self) -> dict[str, dict[int, Model]]:
        root = self._settings.models
        return {
            name: {version: repository.verify(root, name, version) for version in versions}
            for name, versions in repository.find(root).items()
        }

    def _usable(self) -> dict[str, dict[int, Model]]:
        found: dict[str, dict[int, Model]] = {}
        for name, version in self._stamps:
            try:
                found.setdefault(name, {})[version] = repository.verify(self._settings.models, name, version)
            except ModelError as error:
                self._faults[name, version] = error.reason
        return {name: versions for name, versions in found.items() if versions}

    def _make(self, model: Model) -> Predictor:
        predictor = Predictor(model, self.test_split, self._settings, self._processes)
        predictor.warm_up()
        return predictor

    def __iter__(self) -> Iterator[Model]:
        return iter(self._offer)

    @property
    def default(self) -> Model:
        """The model that answers when a request names none."""
        return self._offer.default

    @property
    def default_predictor(self) -> Predictor:
        """That of the default model, which is open from the start."""
        return self._opened[self.default]

    def choose(self, name: str | None, version: int | None) -> Model:
        """As `Offer.choose`."""
        return self._offer.choose(name, version)

    def versions(self, name: str) -> list[int]:
        """The versions of a model that there is, lowest first."""
        return self._offer.versions(name)

    async def predictor(self, name: str | None, version: int | None) -> Predictor:
        """The predictor of the model that `choose` gives, opened in a thread if nobody has asked it before.

        Raises:
            ModelNotFound: there is no such model or version.
            ModelUnavailable: it was unloaded, or can't be opened.
        """
        return await self._opened.ask(self._offer.choose(name, version))

    def index(self, *, ready: bool = False) -> list[Entry]:
        """Every version that lies in the folder or is still served, and whether it can be asked.

        Args:
            ready: only those that can.
        """
        failed = self._opened.failures
        served = {key_of(model) for model in self} - set(failed)
        entries = []
        for key in sorted(served | set(failed) | set(self._faults)):
            name, version = key
            unloaded = name in self._offer.unloaded
            available = key in served and not unloaded
            reason = f"it {REASON}" if unloaded else failed.get(key) or self._faults.get(key, "")
            if available or not ready:
                entries.append(Entry(name, version, "READY" if available else "UNAVAILABLE", reason))
        return entries

    async def load(self, name: str) -> None:
        """Take up what has changed, and let a model that was unloaded be asked again; its highest version is opened.

        Raises:
            ModelNotFound: there is no such model.
            ModelUnavailable: it can't be opened.
        """
        await self.refresh()
        self._offer.known(name)
        self._offer.unloaded.discard(name)
        await self.predictor(name, None)

    def unload(self, name: str) -> None:
        """Let a model be asked no more; a request that it is answering has its answer.

        Raises:
            ModelNotFound: there is no such model.
            InvalidParameter: it is the default model.
        """
        if name == self._settings.model:
            message = f"{name} answers requests that name no model, so that it can't be unloaded."
            raise InvalidParameter(message, field="model", value=shown(name))
        if name not in self._offer.unloaded:
            self.choose(name, None)
            self._offer.unloaded.add(name)
        self._opened.close(lambda model: model.name in self._offer.unloaded)

    async def watch(self) -> None:
        """Look at the folder every few seconds, for as long as nobody cancels it."""
        while True:
            await asyncio.sleep(self._settings.poll_seconds)
            try:
                await self.refresh()
            except Exception:
                logging.getLogger("service").exception("looking at the models failed; what was served is served on")

    async def refresh(self) -> None:
        """Take up what has changed in the folder. What can't be used is logged once; what it replaces is served on."""
        async with self._refreshing:
            found = await asyncio.to_thread(repository.stamps, self._settings.models)
            for key in [key for key, stamp in found.items() if self._stamps.get(key) != stamp]:
                await self._take_up(key, found[key])
            self._give_up([key for key in self._stamps if key not in found])
            self._missing = {key: times for key, times in self._missing.items() if key not in found}
            self._offer.unloaded.look()
            self._opened.close(lambda model: model.name in self._offer.unloaded)
            self._opened.close_idle(self.default)
            if self.default not in self._opened:  # the one before has gone
                with suppress(ModelUnavailable):
                    await self.predictor(None, None)

    async def _take_up(self, key: Key, stamp: Stamp) -> None:
        try:
            model = await asyncio.to_thread(repository.verify, self._settings.models, *key)
            # Opened before what it replaces, or stands before, is let go: it comes into its place when it is warm.
            predictor = await self._opened.aside(model) if self._offer.highest(key[0]) is not None else None
        except ModelError as error:
            logging.getLogger("service").warning("%s version %d is not taken up: %s", *key, error)
            self._faults[key], self._stamps[key] = error.reason, stamp
            return
        except Exception:
            logging.getLogger("service").exception("%s version %d is not taken up", *key)
            self._faults[key], self._stamps[key] = ModelError("").reason, stamp
            return
        awaited = self._is_awaited(key)
        self._opened.drop(self._offer.get(key))
        self._offer.put(model)
        if predictor is not None and awaited:
            self._opened.keep(model, predictor)
        self._faults.pop(key, None)
        self._stamps[key] = stamp
        self.changes += 1
        logging.getLogger("service").info("%s version %d is taken up", *key)

    def _is_awaited(self, key: Key) -> bool:
        """Whether a version will be asked at once: it replaces one that is open, or stands before one."""
        name, version = key
        served, highest = self._offer.get(key), self._offer.highest(name)
        return (served is not None and served in self._opened) or (
            highest is not None and version > highest.version and highest in self._opened
        )

    def _give_up(self, gone: list[Key]) -> None:
        """Let go of versions whose folders have gone; a request that one is answering keeps it until its end."""
        for key in gone:
            self._missing[key] = self._missing.get(key, 0) + 1
            if self._missing[key] < _LOOKS:
                continue
            if self._offer.is_needed(key):
                self._faults.setdefault(key, "its folder has gone; it is the default model, and served on")
                continue
            self._opened.drop(self._offer.get(key))
            self._offer.remove(key)
            for kept in (self._stamps, self._faults, self._missing):
                kept.pop(key, None)
            self.changes += 1
            logging.getLogger("service").info("%s version %d has gone", *key)
