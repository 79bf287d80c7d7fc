"""The models of a folder, by name and version: verified, each opened when it is first asked, and kept up to date.

A version that is put into the folder, replaced or taken away is noticed by whoever calls `refresh`; requests are
answered by what was there until what is new is verified, opened and warm.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Literal, NamedTuple

from models import repository
from models.cifar10_test import TestSplit
from models.repository import Model, ModelError, Stamp
from service.errors import InvalidParameter, ModelNotFound, ModelUnavailable
from service.expectation import shown
from service.images.decode_processes import DecodeProcesses
from service.inference.announcement import announce
from service.inference.predictor import Predictor
from service.inference.unloaded import Unloaded
from service.settings import Settings

# A model that could not be opened is not tried again for this long: each try reads the whole file.
_RETRY_SECONDS = 10
# Of the open models those that nobody has asked for so long are closed, down to so many.
_IDLE_SECONDS = 600
_KEPT_OPEN = 8
# A version that is replaced may be away for a moment: it is given up when it is missing so many times in a row.
_LOOKS = 2
_UNLOADED = "was unloaded by who runs the service"

Key = tuple[str, int]


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

    def __init__(self, settings: Settings, processes: DecodeProcesses) -> None:
        """Verify every model's card and digest, and open the default one (with `preload` all).

        Raises:
            ModelError: a model, or the default one, is missing or wrong.
        """
        self._settings = settings
        self._processes = processes
        self._stamps: dict[Key, Stamp] = repository.stamps(settings.models)
        self._models = {
            name: {version: repository.verify(settings.models, name, version) for version in versions}
            for name, versions in repository.find(settings.models).items()
        }
        if settings.model not in self._models:
            raise ModelError(
                f"There is no model '{settings.model}' in {settings.models}, only {', '.join(self._models)}: "
                "set SERVICE_MODEL to one of them."
            )
        versions = self._models[settings.model]
        if settings.model_version is not None and settings.model_version not in versions:
            raise ModelError(
                f"There is no version {settings.model_version} of '{settings.model}' in {settings.models}, only "
                f"{', '.join(map(str, versions))}: set SERVICE_MODEL_VERSION to one of them, or leave it out."
            )
        self.test_split = TestSplit()
        self.changes = 0
        self._open: dict[Model, Predictor] = {}
        self._opening: dict[Model, asyncio.Task[Predictor]] = {}
        self._asked: dict[Model, float] = {}
        self._failed: dict[Model, tuple[float, str]] = {}
        self._faults: dict[Key, str] = {}
        self._missing: dict[Key, int] = {}
        self._unloaded = Unloaded()
        self._refreshing = asyncio.Lock()
        for model in self if settings.preload else [self.default]:
            self._open[model] = self._make(model)
        for model in self:
            announce(model, served=True)

    @property
    def default(self) -> Model:
        """The model that answers when a request names none."""
        versions = self._models[self._settings.model]
        return versions[max(versions) if self._settings.model_version is None else self._settings.model_version]

    @property
    def default_predictor(self) -> Predictor:
        """That of the default model, which is open from the start."""
        return self._open[self.default]

    def choose(self, name: str | None, version: int | None) -> Model:
        """A model: the default one where no name is given, its highest version likewise.

        Raises:
            ModelNotFound: there is no such model or version.
            ModelUnavailable: it was unloaded.
        """
        if name is None and version is None:
            return self.default
        versions = self._models.get(self._settings.model if name is None else name)
        if versions is None:
            message = f"There is no such model. Choose one of {', '.join(self._models)}."
            raise ModelNotFound(message, field="model", value=shown(name), allowed=list(self._models))
        if name is not None and name in self._unloaded:
            raise ModelUnavailable(f"{name} {_UNLOADED}. Ask another model.", field="model")
        if version is None:
            return self.default if name == self._settings.model else versions[max(versions)]
        if version not in versions:
            message = f"That model has no such version. Choose one of {', '.join(map(str, versions))}."
            raise ModelNotFound(message, field="version", value=str(version), allowed=list(versions))
        return versions[version]

    def versions(self, name: str) -> list[int]:
        """The versions of a model that there is, lowest first."""
        return sorted(self._models[name])

    async def predictor(self, name: str | None, version: int | None) -> Predictor:
        """The predictor of the model that `choose` gives, opened in a thread if nobody has asked it before.

        Raises:
            ModelNotFound: there is no such model or version.
            ModelUnavailable: it was unloaded, or can't be opened.
        """
        model = self.choose(name, version)
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
            made = await asyncio.to_thread(self._make, model)
        except ModelError as error:
            reason = f"{model.name} version {model.version} can't be used: {error.reason}. Ask another model."
            self._failed[model] = time.monotonic(), reason
            raise ModelUnavailable(reason) from error
        finally:
            del self._opening[model]
        if self._models.get(model.name, {}).get(model.version) is model:  # else it has gone meanwhile
            self._open[model] = made
        self._failed.pop(model, None)
        return made

    def _make(self, model: Model) -> Predictor:
        predictor = Predictor(model, self.test_split, self._settings, self._processes)
        predictor.warm_up()
        return predictor

    def __iter__(self) -> Iterator[Model]:
        return (model for versions in list(self._models.values()) for model in list(versions.values()))

    def index(self, *, ready: bool = False) -> list[Entry]:
        """Every version that lies in the folder or is still served, and whether it can be asked.

        Args:
            ready: only those that can.
        """
        failed = {(model.name, model.version): reason for model, (_, reason) in self._failed.items()}
        served = {(model.name, model.version) for model in self} - set(failed)
        entries = []
        for key in sorted(served | set(failed) | set(self._faults)):
            name, version = key
            unloaded = name in self._unloaded
            available = key in served and not unloaded
            reason = f"it {_UNLOADED}" if unloaded else failed.get(key) or self._faults.get(key, "")
            if available or not ready:
                entries.append(Entry(name, version, "READY" if available else "UNAVAILABLE", reason))
        return entries

    async def load(self, name: str) -> None:
        """Take up what has changed, and let a model that was unloaded be asked again; its highest version is opened.

        Raises:
            ModelNotFound: there is no such model.
            ModelUnavailable: it can't be opened.
        """
        self._unloaded.discard(name)
        await self.refresh()
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
        if name not in self._unloaded:
            self.choose(name, None)
            self._unloaded.add(name)
        self._close_unloaded()

    def _close_unloaded(self) -> None:
        for model in [model for model in self._open if model.name in self._unloaded]:
            del self._open[model]

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
            self._unloaded.look()
            self._close_unloaded()
            self._close_idle()
            if self.default not in self._open:  # the one before has gone
                with suppress(ModelUnavailable):
                    await self.predictor(None, None)

    async def _take_up(self, key: Key, stamp: Stamp) -> None:
        name, version = key
        try:
            model = await asyncio.to_thread(repository.verify, self._settings.models, name, version)
            # What it replaces is open: it comes into its place when it is warm.
            predictor = await asyncio.to_thread(self._make, model) if self._is_awaited(key) else None
        except ModelError as error:
            if self._stamps.get(key) != stamp and self._faults.get(key) != str(error):
                logging.getLogger("service").warning("%s version %d is not taken up: %s", name, version, error)
            self._faults[key], self._stamps[key] = error.reason, stamp
            return
        self._drop(key)
        self._models.setdefault(name, {})[version] = model
        self._models[name] = dict(sorted(self._models[name].items()))
        self._faults.pop(key, None)
        self._stamps[key] = stamp
        self.changes += 1
        if predictor is not None:
            self._open[model] = predictor
        announce(model, served=True)
        logging.getLogger("service").info("%s version %d is taken up", name, version)

    def _is_awaited(self, key: Key) -> bool:
        """Whether a version will be asked at once: it replaces one that is open, or stands before one."""
        name, version = key
        served = self._models.get(name, {})
        highest = served.get(max(served)) if served else None
        return (version in served and served[version] in self._open) or (
            highest is not None and version > highest.version and highest in self._open
        )

    def _give_up(self, gone: list[Key]) -> None:
        """Let go of versions whose folders have gone; a request that one is answering keeps it until its end."""
        for key in gone:
            self._missing[key] = self._missing.get(key, 0) + 1
            if self._missing[key] < _LOOKS:
                continue
            name, version = key
            served = self._models.get(name, {}).get(version)
            if served is not None and served is self.default and not self._has_other_default(version):
                self._faults.setdefault(key, "its folder has gone; it is the default model, and served on")
                continue
            self._drop(key)
            self._models.get(name, {}).pop(version, None)
            if not self._models.get(name, True):
                del self._models[name]
            for kept in (self._stamps, self._faults, self._missing):
                kept.pop(key, None)
            self.changes += 1
            logging.getLogger("service").info("%s version %d has gone", name, version)

    def _has_other_default(self, version: int) -> bool:
        return self._settings.model_version is None and any(
            each != version for each in self._models[self._settings.model]
        )

    def _drop(self, key: Key) -> None:
        """Let go of what was served as this version."""
        name, version = key
        model = self._models.get(name, {}).get(version)
        if model is None:
            return
        for kept in (self._open, self._asked, self._failed):
            kept.pop(model, None)
        announce(model, served=False)

    def _close_idle(self) -> None:
        now = time.monotonic()
        idle = [
            model
            for model in self._open
            if model is not self.default and now - self._asked.get(model, now) > _IDLE_SECONDS
        ]
        idle.sort(key=lambda model: self._asked[model])
        for model in idle[: max(0, len(self._open) - _KEPT_OPEN)]:
            del self._open[model]
