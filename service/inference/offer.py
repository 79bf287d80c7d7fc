"""Which models there are to ask, by name and version, and which of them a request means."""

from collections.abc import Iterator

from models.repository import Model, ModelError
from service.errors import ModelNotFound, ModelUnavailable
from service.expectation import shown
from service.inference.announcement import announce
from service.inference.unloaded import REASON, Unloaded
from service.settings import Settings

Key = tuple[str, int]


def key_of(model: Model) -> Key:
    """A version's name and number."""
    return model.name, model.version


class Offer:
    """The versions that are served.

    Attributes:
        unloaded: the models that an operator has taken out of it for a while.
    """

    def __init__(self, models: dict[str, dict[int, Model]], settings: Settings) -> None:
        """Make it of what was found.

        Raises:
            ModelError: the default model, or its version, is not among it.
        """
        self._models = models
        self._default = settings.model
        self._default_version = settings.model_version
        self.unloaded = Unloaded()
        if self._default not in models:
            raise ModelError(
                f"There is no model '{self._default}' in {settings.models}, only {', '.join(models)}: "
                "set SERVICE_MODEL to one of them."
            )
        versions = models[self._default]
        if self._default_version is not None and self._default_version not in versions:
            raise ModelError(
                f"There is no version {self._default_version} of '{self._default}' in {settings.models}, only "
                f"{', '.join(map(str, versions))}: set SERVICE_MODEL_VERSION to one of them, or leave it out."
            )
        for model in self:
            announce(model, served=True)

    def __iter__(self) -> Iterator[Model]:
        return (model for versions in list(self._models.values()) for model in list(versions.values()))

    @property
    def default(self) -> Model:
        """The model that answers when a request names none."""
        versions = self._models[self._default]
        return versions[max(versions) if self._default_version is None else self._default_version]

    def choose(self, name: str | None, version: int | None) -> Model:
        """A model: the default one where no name is given, its highest version likewise.

        Raises:
            ModelNotFound: there is no such model or version.
            ModelUnavailable: it was unloaded.
        """
        if name is None and version is None:
            return self.default
        versions = self.known(self._default if name is None else name)
        if name is not None and name in self.unloaded:
            raise ModelUnavailable(f"{name} {REASON}. Ask another model.", field="model")
        if version is None:
            return self.default if name == self._default else versions[max(versions)]
        if version not in versions:
            message = f"That model has no such version. Choose one of {', '.join(map(str, versions))}."
            raise ModelNotFound(message, field="version", value=str(version), allowed=list(versions))
        return versions[version]

    def known(self, name: str) -> dict[int, Model]:
        """The versions of a model, unloaded or not.

        Raises:
            ModelNotFound: there is no such model.
        """
        versions = self._models.get(name)
        if versions is None:
            message = f"There is no such model. Choose one of {', '.join(self._models)}."
            raise ModelNotFound(message, field="model", value=shown(name), allowed=list(self._models))
        return versions

    def versions(self, name: str) -> list[int]:
        """The versions of a model that there is, lowest first."""
        return sorted(self._models[name])

    def get(self, key: Key) -> Model | None:
        """What is served as this version, if anything."""
        name, version = key
        return self._models.get(name, {}).get(version)

    def highest(self, name: str) -> Model | None:
        """The highest version of a model, if there is any."""
        versions = self._models.get(name)
        return versions[max(versions)] if versions else None

    def put(self, model: Model) -> None:
        """Serve a version, in place of what was served as it."""
        self._withdraw(key_of(model))
        versions = self._models.get(model.name, {}) | {model.version: model}
        self._models[model.name] = dict(sorted(versions.items()))
        announce(model, served=True)

    def remove(self, key: Key) -> None:
        """Serve a version no more."""
        self._withdraw(key)
        name, version = key
        self._models.get(name, {}).pop(version, None)
        if not self._models.get(name, True):
            del self._models[name]

    def _withdraw(self, key: Key) -> None:
        model = self.get(key)
        if model is not None:
            announce(model, served=False)

    def is_needed(self, key: Key) -> bool:
        """Whether there would be no default model without this version."""
        if self.get(key) is not self.default:
            return False
        return self._default_version is not None or len(self._models[self._default]) == 1
