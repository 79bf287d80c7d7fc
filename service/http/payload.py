"""The body of a request to what it asks about: test indices or picture files. Nothing touches the disk."""

import base64
import binascii
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service import form
from service.errors import (
    AmbiguousInput,
    InvalidParameter,
    MalformedBody,
    NoInput,
    TooManyImages,
    UnsupportedContentType,
)
from service.options import Index, explain
from service.settings import Settings

_WAYS = (
    f'Send a picture ({form.CURL}), its bytes with an image/* content type, or JSON such as {{"index": 16}}; '
    "or GET /predict?index=16."
)


class JsonBody(BaseModel):
    """A prediction asked for in JSON: exactly one of the three."""

    model_config = ConfigDict(extra="forbid")

    index: Index | None = Field(
        default=None, strict=True, description="A CIFAR-10 test image: a whole number from 0 to 9999.", examples=[16]
    )
    indices: list[Index] | None = Field(
        default=None, strict=True, min_length=1, description="Several test images.", examples=[[16, 1, 2]]
    )
    image: str | None = Field(default=None, description="A picture file in base64; a data URL will do.")


@dataclass
class Submission:
    """What a request asks about: either indices or contents has something in it.

    Attributes:
        indices: test indices.
        contents: picture files.
        batch: whether the answer is a list even of one.
    """

    indices: list[int] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    batch: bool = False


def read_submission(body: bytes, content_type: str, index: int | None, settings: Settings) -> Submission:
    """What a request asks about, by its body or by the query parameter `index`.

    Raises:
        ServiceError: neither or both, or a body that can't be read.
    """
    if index is not None:
        if body:
            raise AmbiguousInput("The request has both ?index= and a body. Send one of them.")
        return Submission(indices=[index])
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _from_form(body, content_type, settings.max_images)
    if kind.startswith("image/"):
        return Submission(contents=[body])
    if not body:
        raise NoInput(f"There is nothing to classify. {_WAYS}")
    if kind == "application/json":
        return _from_json(body, settings.max_indices)
    raise UnsupportedContentType(f"This content type can't be read here. {_WAYS}")


def _from_json(body: bytes, max_indices: int) -> Submission:
    try:
        asked = JsonBody.model_validate_json(body)
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
            raise MalformedBody('The body is not valid JSON. Send an object such as {"index": 16}.') from None
        raise explain(error, JsonBody, "JSON field") from None
    given = [name for name in JsonBody.model_fields if getattr(asked, name) is not None]
    if not given:
        raise NoInput(f"There is nothing to classify. {_WAYS}")
    if len(given) > 1:
        raise AmbiguousInput(f"The JSON has {' and '.join(given)}. Send one of them.")
    if asked.index is not None:
        return Submission(indices=[asked.index])
    if asked.indices is not None:
        if len(asked.indices) > max_indices:
            raise TooManyImages(
                f"There are more than {max_indices:,} indices, the limit. Send them in several requests."
            )
        return Submission(indices=asked.indices, batch=True)
    text = asked.image or ""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return Submission(contents=[base64.b64decode(text, validate=True)])
    except (binascii.Error, ValueError):
        raise InvalidParameter(
            "image: not valid base64. Send the picture file's bytes in base64, no line breaks."
        ) from None


def _from_form(body: bytes, content_type: str, max_images: int) -> Submission:
    contents = form.parse(body, content_type, max_images)
    if not contents:
        raise NoInput(f"The form is empty. Send a picture in the field image: {form.CURL}")
    return Submission(contents=contents, batch=len(contents) > 1)
