"""The models of a folder, by name and version: all verified at the start, each opened when it is first asked."""

import asyncio
import time
from collections.abc import Iterator

from models import repository
from models.cifar10_test import TestSplit
from models.repository import Model, ModelError
from service.errors import ModelNotFound, ModelUnavailable
from service.expectation import shown
from service.images.decode_processes import DecodeProcesses
from service.inference.predictor import Predictor
from service.settings import Settings

# A model that could not be opened is not tried again for this long: each try reads the whole file.
_RETRY_SECONDS = 10


class ModelRegistry:
    """Every model of the settings' folder.

    Attributes:
        default: the model that answers when a request names none.
        test_split: the embedded test images, which all models are asked about.
    """

    def __init__(self, settings: Settings, processes: DecodeProcesses) -> None:
        """Verify every model's card and digest, and open the default one (with `preload` all).

        Raises:
            ModelError: a model, or the default one, is missing or wrong.
        """
        self._settings = settings
        self._processes = processes
        self._models = {
            name: {version: repository.verify(settings.models, name, version) for version in versions}
            for name, versions in repository.find(settings.models).items()
        }
        if settings.model not in self._models:
            raise ModelError(
                f"There is no model '{settings.model}' in {settings.models}, only {', '.join(self._models)}: "
                "set SERVICE_MODEL to one of them."
            )
        self.test_split = TestSplit()
        versions = self._models[settings.model]
        self.default = versions[max(versions)]
        self._open: dict[Model, Predictor] = {}
        self._opening: dict[Model, asyncio.Task[Predictor]] = {}
        self._failed: dict[Model, tuple[float, str]] = {}
        for model in self if settings.preload else [self.default]:
            self._open[model] = self._make(model)

    @property
    def default_predictor(self) -> Predictor:
        """That of the default model, which is open from the start."""
        return self._open[self.default]

    def choose(self, name: str | None, version: int | None) -> Model:
        """A model: the default one where no name is given, its highest version likewise.

        Raises:
            ModelNotFound: there is no such model or version.
        """
        if name is None and version is None:
            return self.default
        versions = self._models.get(self.default.name if name is None else name)
        if versions is None:
            message = f"There is no such model. Choose one of {', '.join(self._models)}."
            raise ModelNotFound(message, field="model", value=shown(name), allowed=list(self._models))
        if version is None:
            return versions[max(versions)]
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
            ModelUnavailable: it can't be opened.
        """
        model = self.choose(name, version)
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
            made = self._open[model] = await asyncio.to_thread(self._make, model)
        except ModelError as error:
            reason = f"{model.name} version {model.version} can't be used: {error.reason}. Ask another model."
            self._failed[model] = time.monotonic(), reason
            raise ModelUnavailable(reason) from error
        finally:
            del self._opening[model]
        return made

    def _make(self, model: Model) -> Predictor:
        predictor = Predictor(model, self.test_split, self._settings, self._processes)
        predictor.warm_up()
        return predictor

    def __iter__(self) -> Iterator[Model]:
        return (model for versions in self._models.values() for model in versions.values())
