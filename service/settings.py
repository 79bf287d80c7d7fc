"""The service's settings: environment variables that begin with SERVICE_, checked at start-up."""

import json
import os
import re
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from models import repository
from service.expectation import expectation, listed, nearest
from service.images.decoder import Format

PREFIX = "SERVICE_"
_MIB = 1024**2

# Mistakes that are found and told here; the words for the others are made from what a field takes.
_NO_LIST, _EMPTY_KEY, _NO_ORIGIN, _NO_PATH = "no_list", "empty_key", "no_origin", "no_path"
_OWN = (_NO_LIST, _EMPTY_KEY, _NO_ORIGIN, _NO_PATH)

# What a page's origin looks like (RFC 6454, section 6.1) when a browser names it: no path, not even a slash at its end,
# the host in small letters, and no port that goes without saying. Another way to write it would never fit.
_HOST = r"([a-z0-9._-]+|\[[0-9a-f:.]+\])"
_ORIGIN = re.compile(rf"http://{_HOST}(:(?!80$)[1-9][0-9]*)?|https://{_HOST}(:(?!443$)[1-9][0-9]*)?", re.ASCII)


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence for the operator."""


class Settings(BaseSettings):
    """Every setting, its default and its meaning. Bounds are per worker process."""

    # Lists are read from their JSON here: pydantic-settings would not say which variable it can't read.
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True, enable_decoding=False)

    host: str = Field(default="127.0.0.1", description="Address to listen on; `::` is IPv6 only.")
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("SERVICE_PORT", "PORT"),
        description="Port to listen on; PORT works too, where this is not set. 0 takes any free port.",
    )
    grpc_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port for gRPC, on the same address; none: no gRPC."
    )
    workers: int = Field(default=1, ge=1, le=64, description="Worker processes.")
    models: Path = Field(default=repository.FOLDER, description="Folder that holds `<name>/<version>/model.onnx`.")
    model: str = Field(default="seminar-cnn", description="The model that answers when a request names none.")

    model_version: int | None = Field(
        default=None, ge=1, description="The version of it that answers then; none: always the highest."
    )
    poll_seconds: float = Field(
        default=5, gt=0, description="Time between two looks at the models folder for versions that came or went."
    )
    preload: bool = Field(
        default=False, description="Open every model at the start; else each but the default one when first asked."
    )

    formats: tuple[Format, ...] = Field(
        default=("PNG", "JPEG", "WEBP", "GIF", "BMP"),
        min_length=1,
        description="Picture formats accepted, as JSON.",
        examples=['["PNG","JPEG"]'],
    )
    max_pixels: int = Field(default=64_000_000, ge=1024, description="Largest picture, in pixels (width x height).")
    max_frames: int = Field(default=1000, ge=1, description="Most frames of an animation; the first is looked at.")
    max_decode_bytes: int = Field(default=256 * _MIB, ge=_MIB, description="Most memory to decode one picture.")
    max_images: int = Field(default=64, ge=1, description="Most pictures in one request.")
    max_indices: int = Field(default=10_000, ge=1, description="Most test indices in one request.")

    max_connections: int = Field(default=2000, ge=1, description="Most open connections.")
    max_header_bytes: int = Field(default=16_384, ge=1024, description="Largest request head, in bytes.")
    header_seconds: float = Field(default=10, gt=0, description="Longest time for a request's head to arrive.")
    keep_alive_seconds: float = Field(
        default=75,
        gt=0,
        description="Longest time that an idle connection is kept; longer than a proxy before it keeps it.",
    )
    send_seconds: float = Field(
        default=60,
        gt=0,
        description="Longest time for an answer to be taken by its client; over gRPC those of streams.",
    )
    max_kept_bytes: int = Field(
        default=64 * _MIB,
        ge=1024,
        description="Most bytes that wait in connections: answers not taken yet, requests ahead of their turn.",
    )
    max_body_bytes: int = Field(default=16 * _MIB, ge=1024, description="Largest request body, in bytes.")
    body_seconds: float = Field(default=30, gt=0, description="Longest time for a request's body to arrive.")
    max_buffered_bytes: int = Field(default=128 * _MIB, ge=1024, description="Most bytes of bodies held at one time.")

    max_in_flight: int = Field(
        default=48,
        ge=1,
        description="Most predictions worked on at one time; an eighth more for addresses that have few of them.",
    )
    decode_processes: int = Field(
        default=0,
        ge=0,
        description="Processes that decode pictures; 0: the cores divided by the workers, less one, at least one.",
    )
    decode_seconds: float = Field(default=2, gt=0, description="Longest time that a request's pictures may take.")
    max_queue: int = Field(
        default=16, ge=1, description="Most requests that wait for those processes, or for a thread."
    )
    queue_seconds: float = Field(default=5, gt=0, description="Longest time that they wait.")

    drain_seconds: float = Field(default=1, ge=0, description="Time from SIGTERM (`/health` says 503) to the stop.")
    stop_seconds: int = Field(default=20, ge=1, description="Longest time that requests in flight may take to finish.")

    hang_seconds: float = Field(
        default=15, gt=1, description="With several workers, the time after which one that does not move is replaced."
    )

    api_keys: tuple[SecretStr, ...] = Field(
        default=(), description="Keys of who may ask, as JSON; none: everybody.", examples=['["a-long-random-text"]']
    )
    api_keys_file: Path | None = Field(
        default=None, description="File with more of them, one a line, such as a Docker secret; read at the start."
    )
    admin_keys: tuple[SecretStr, ...] = Field(
        default=(), description="Keys of who may load and unload models, as JSON.", examples=['["a-long-random-text"]']
    )
    metrics_keys: tuple[SecretStr, ...] = Field(
        default=(),
        description="Keys of who may read `/metrics`, as JSON; none: those of SERVICE_API_KEYS.",
        examples=['["a-long-random-text"]'],
    )
    open_paths: tuple[str, ...] = Field(
        default=(
            "/", "/page/*", "/health", "/share", "/model-card", "/model-card/*", "/models", "/docs", "/docs/*",
            "/openapi.json", "/problems", "/problems/*", "/v2", "/v2/health/*",
        ),
        description="Paths that need no key, as JSON; `*` at the end: all that begin so.",
        examples=['["/health"]'],
    )  # fmt: skip
    cors_origins: tuple[str, ...] = Field(
        default=(), description="Web origins whose pages may ask, as JSON.", examples=['["https://seminar.example"]']
    )
    log_level: Literal["info", "warning", "error"] = Field(
        default="info",
        description="info: a line for every request; warning: for those that failed; error: for faults of the service.",
    )
    log_format: Literal["json", "text"] = Field(default="json", description="Form of the log's lines: json or text.")
    tracing: bool = Field(default=False, description="OpenTelemetry spans, sent as the OTEL_ variables say.")

    @field_validator("formats", "api_keys", "admin_keys", "metrics_keys", "open_paths", "cors_origins", mode="before")
    @classmethod
    def _read_list(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            return value
        try:
            decoded = json.loads(value)
        except (ValueError, RecursionError):
            decoded = None
        if not isinstance(decoded, list):
            name = info.field_name or ""
            (example,) = cls.model_fields[name].examples or [""]
            raise PydanticCustomError(_NO_LIST, f"this is no list in JSON; write {PREFIX}{name.upper()}='{example}'")
        return decoded

    @field_validator("api_keys", "admin_keys", "metrics_keys")
    @classmethod
    def _keys_are_long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(not key.get_secret_value().strip() for key in keys):
            raise PydanticCustomError(_EMPTY_KEY, 'a key is empty; give keys such as ["a-long-random-text"], or none')
        return keys

    @field_validator("open_paths")
    @classmethod
    def _paths_are_paths(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        for path in paths:
            # With a slash at its end none would ever fit: the gateway takes that away from what is asked.
            if not path.startswith("/") or "*" in path[:-1] or (path.endswith("/") and path != "/"):
                raise PydanticCustomError(
                    _NO_PATH,
                    "every path begins with /, and * stands at the end only, as in /docs/*; no other ends in /",
                )
        return paths

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if any(origin != "*" and not _ORIGIN.fullmatch(origin) for origin in origins):
            raise PydanticCustomError(
                _NO_ORIGIN,
                "an origin is https:// or http:// and a host in small letters, such as https://seminar.example, with a "
                "port only where it is not the usual one, or *",
            )
        return origins


def read() -> Settings:
    """The settings from the environment.

    Raises:
        SettingsError: a variable has a wrong value, or its name begins with SERVICE_ and is no setting.
    """
    known = sorted(PREFIX + name.upper() for name in Settings.model_fields)
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        # Without what all begin with, which would make any two alike.
        meant = nearest(unknown[0].removeprefix(PREFIX), [name.removeprefix(PREFIX) for name in known])
        guess = f"did you mean {PREFIX}{meant}? There" if meant else "there"
        raise SettingsError(f"{unknown[0]} is no setting of this service; {guess} are {listed(known)}.")
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_describe(error.errors(include_url=False, include_input=False)[0])) from None


def _describe(mistake: ErrorDetails) -> str:
    """What pydantic found, in our words."""
    name = str(mistake["loc"][0]).removeprefix(PREFIX).lower()
    variable = PREFIX + name.upper()
    if name == "port" and variable not in os.environ:
        variable = "PORT"
    if mistake["type"] in _OWN:
        return f"{variable}: {mistake['msg']}."
    schema = Settings.model_json_schema(by_alias=False)["properties"][name]
    return f"{variable} must be {expectation(schema)}."
