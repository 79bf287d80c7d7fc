"""Keys from a file, where a Docker secret or the like puts them: an environment is shown by too many tools."""

from pathlib import Path

from pydantic import SecretStr

from service.settings import Settings, SettingsError

_NAME = "SERVICE_API_KEYS_FILE"


def add_keys(settings: Settings) -> Settings:
    """The settings with the keys of their file, if they name one, after those that they have.

    Raises:
        SettingsError: the file can't be read, or there is no key in it: the service would be open to everybody.
    """
    if settings.api_keys_file is None:
        return settings
    keys = tuple(SecretStr(line.strip()) for line in _lines(settings.api_keys_file) if line.strip())
    if not keys:
        raise SettingsError(f"{_NAME}: there is no key in {settings.api_keys_file}; write one in each line.")
    return settings.model_copy(update={"api_keys": settings.api_keys + keys})


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise SettingsError(f"{_NAME}: {path} can't be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{_NAME}: {path} is no text in UTF-8; write one key in each line.") from None
