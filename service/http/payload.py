"""The body of a request to what it asks about: test indices or picture files. Nothing touches the disk."""

from dataclasses import dataclass, field
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.cifar10_test import SIZE
from service.errors import (
    AmbiguousInput,
    MalformedBody,
    NoInput,
    TooManyImages,
    UnsupportedContentType,
)
from service.expectation import shown
from service.http import multipart
from service.http.query import Index, describe_error, unknown_field
from service.images.decode_worker import unwrap_base64
from service.images.decoder import NO_ADDRESSES, is_address
from service.settings import Settings

_WAYS = (
    f'Send a picture ({multipart.CURL}), its bytes with an image/* content type, or JSON such as {{"index": 16}}; '
    "or GET /predict?index=16."
)
_TYPES = ("multipart/form-data", "image/*", "application/json")

# As much as the largest list of test indices can need; a longer body may only hold a picture, and is not read here.
_MAX_JSON_BYTES = 256 * 1024


class JsonBody(BaseModel):
    """A prediction asked for in JSON: exactly one of the three."""

    model_config = ConfigDict(extra="forbid")

    index: Index | None = Field(
        default=None, strict=True, description="A CIFAR-10 test image: a whole number from 0 to 9999.", examples=[16]
    )
    indices: list[Annotated[int, Field(strict=True, ge=0, lt=SIZE)]] | None = Field(
        default=None,
        strict=True,
        min_length=1,
        fail_fast=True,
        description="Several test images.",
        examples=[[16, 1, 2]],
    )
    image: str | None = Field(default=None, description="A picture file in base64; a data URL will do.")


@dataclass
class Payload:
    """What a request asks about: either indices or contents has something in it.

    Attributes:
        indices: test indices.
        contents: picture files.
        in_json: whether the one content is a JSON body that holds the picture; it is too large to be read at once.
        batch: whether the answer is a list even of one.
    """

    indices: list[int] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    in_json: bool = False
    batch: bool = False


def is_read_through(content_type: str) -> bool:
    """Whether what a body asks about is found by going through all of it; else it is one picture, or nothing."""
    return _kind(content_type) in ("multipart/form-data", "application/json")


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def read_payload(body: bytes, content_type: str, index: int | None, settings: Settings) -> Payload:
    """What a request asks about, by its body or by the query parameter `index`.

    Raises:
        ServiceError: neither or both, or a body that can't be read.
    """
    if index is not None:
        if body:
            raise AmbiguousInput("The request has both ?index= and a body. Send one of them.")
        return Payload(indices=[index])
    kind = _kind(content_type)
    if kind == "multipart/form-data":
        return _from_form(body, content_type, settings.max_images)
    if kind.startswith("image/"):
        return Payload(contents=[body])
    if not body:
        raise NoInput(f"There is nothing to classify. {_WAYS}")
    if kind == "application/json":
        return _from_json(body, settings.max_indices)
    what = f"This is an address. {NO_ADDRESSES}" if is_address(body) else "This content type can't be read here."
    raise UnsupportedContentType(f"{what} {_WAYS}", field="Content-Type", value=shown(kind), allowed=_TYPES)


def _from_json(body: bytes, max_indices: int) -> Payload:
    if len(body) > _MAX_JSON_BYTES:
        return Payload(contents=[body], in_json=True)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MalformedBody('The body is not valid JSON. Send an object such as {"index": 16}.') from None
    fields = JsonBody.model_fields
    if isinstance(document, dict) and document.keys() - fields:
        name = next(name for name in document if name not in fields)
        raise unknown_field(name, list(fields), "JSON field", f" ({multipart.IN_THE_QUERY})")
    indices = document.get("indices") if isinstance(document, dict) else None
    if isinstance(indices, list) and len(indices) > max_indices:
        message = f"There are more than {max_indices:,} indices, the limit. Send them in several requests."
        raise TooManyImages(message, field="indices", limit=max_indices)
    try:
        asked = JsonBody.model_validate(document)
    except ValidationError as error:
        sent = document if isinstance(document, dict) else {}
        raise describe_error(error, JsonBody, "JSON field", sent) from None
    given = [name for name in fields if getattr(asked, name) is not None]
    if not given:
        raise NoInput(f"There is nothing to classify. {_WAYS}")
    if len(given) > 1:
        raise AmbiguousInput(f"The JSON has {' and '.join(given)}. Send one of them.")
    if asked.index is not None:
        return Payload(indices=[asked.index])
    if asked.indices is not None:
        return Payload(indices=asked.indices, batch=True)
    return Payload(contents=[unwrap_base64(asked.image or "")])


def _from_form(body: bytes, content_type: str, max_images: int) -> Payload:
    contents = multipart.parse(body, content_type, max_images)
    if not contents:
        raise NoInput(f"The form is empty. Send a picture in the field image: {multipart.CURL}")
    return Payload(contents=contents, batch=len(contents) > 1)
