"""The service's settings: environment variables that begin with SERVICE_, checked at start-up."""

import os
from pathlib import Path

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from models import repository
from service.image import Format

PREFIX = "SERVICE_"


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence for the operator."""


class Settings(BaseSettings):
    """Every setting, its default and its meaning."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("SERVICE_PORT", "PORT"),
        description="Port to listen on; PORT works too. 0 takes any free port.",
    )
    models: Path = Field(default=repository.FOLDER, description="Folder that holds `<name>/<version>/model.onnx`.")
    model: str = Field(default="seminar-cnn", description="The model that answers when a request names none.")
    formats: tuple[Format, ...] = Field(
        default=("PNG", "JPEG", "WEBP", "GIF", "BMP"), min_length=1, description="Picture formats accepted, as JSON."
    )
    max_body_bytes: int = Field(default=16 * 1024**2, ge=1024, description="Largest request body, in bytes.")
    max_pixels: int = Field(default=64_000_000, ge=1024, description="Largest picture, in pixels (width x height).")
    max_images: int = Field(default=64, ge=1, description="Most pictures in one request.")
    decode_threads: int = Field(default=1, ge=1, description="Threads for large pictures and large batches.")
    max_indices: int = Field(default=10_000, ge=1, description="Most test indices in one request.")


def read() -> Settings:
    """The settings from the environment.

    Raises:
        SettingsError: a variable has a wrong value, or its name begins with SERVICE_ and is no setting.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]} is no setting of this service; there are {', '.join(sorted(known))}.")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        raise SettingsError(f"{name if name.isupper() else PREFIX + name.upper()}: {first['msg']}.") from None
    except Exception as error:  # noqa: BLE001 - pydantic-settings raises its own error for a value that is no JSON
        raise SettingsError(f"A {PREFIX} variable can't be read: {error}.") from None
