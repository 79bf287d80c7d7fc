"""The query parameters of a prediction, and what to say when one of them is wrong."""

from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.cifar10_test import SIZE
from service.errors import IndexOutOfRange, InvalidParameter, ServiceError, UnknownField
from service.images.preprocess import Fit

Index = Annotated[int, Field(ge=0, lt=SIZE)]

# Longer queries are read anew each time: the few that are asked again and again are short, and what anybody may make up
# must not fill the memory.
_KEPT_BYTES = 128

# So many parameters are far more than there are; to name the mistake among thousands takes milliseconds.
_MAX_PARAMETERS = 32


class ModelOptions(BaseModel):
    """Which model is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model: str | None = Field(default=None, description="The model's name; the default model if absent.")
    version: int | None = Field(default=None, ge=1, description="Its version, a whole number; the highest if absent.")


class CardOptions(ModelOptions):
    """Which model's card is meant, and in which form."""

    format: Literal["json", "html", "markdown", "mct"] | None = Field(
        default=None,
        description="The card's form: json, html, markdown (with Hugging Face metadata) or mct (the fields of "
        "model-card-toolkit v0.0.2); what the Accept header would rather have if absent.",
    )


class PictureOptions(ModelOptions):
    """Which picture is meant, and how it is made square."""

    index: Index | None = Field(
        default=None, description="A CIFAR-10 test image: a whole number from 0 to 9999.", examples=[16]
    )
    fit: Fit = Field(
        default="crop", description="crop: the centred square; stretch: the whole picture squeezed into a square."
    )


class Options(PictureOptions):
    """The options of a prediction."""

    top: int | None = Field(
        default=None, ge=1, le=10, description="List only this many of the likeliest classes, from 1 to 10."
    )
    as_list: bool = Field(
        default=False,
        alias="list",
        description='true: answer {"predictions": [...]} even of one picture, as of several.',
    )
    strict: bool = Field(
        default=False,
        description="true: one picture that can't be read refuses all of its request; else only itself, unless none "
        "can be read.",
    )


def parse(query: bytes, kind: type[ModelOptions] = Options) -> ModelOptions:
    """The options in a query string; those of short ones without a mistake are kept.

    Raises:
        ServiceError: a parameter is unknown, repeated or wrong, or there are far too many.
    """
    return _parse_once(query, kind) if len(query) <= _KEPT_BYTES else _parse(query, kind)


def _parse(query: bytes, kind: type[ModelOptions]) -> ModelOptions:
    if query.count(b"&") >= _MAX_PARAMETERS:
        names = ", ".join(field.alias or name for name, field in kind.model_fields.items())
        raise InvalidParameter(f"There are too many query parameters. Those that exist are {names}; give each once.")
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    values = dict(pairs)
    if len(values) < len(pairs):
        raise InvalidParameter(
            'Give each query parameter once. For several test images POST JSON: {"indices": [1, 2]}.'
        )
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise describe_error(error, kind, "query parameter") from None


_parse_once = lru_cache(maxsize=1024)(_parse)


def describe_error(error: ValidationError, kind: type[BaseModel], what: str) -> ServiceError:
    """The first mistake that pydantic found, in words for the sender; repeats nothing that was sent."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    fields = {field.alias or name: field for name, field in kind.model_fields.items()}
    if first["type"] == "extra_forbidden":
        return UnknownField(f"There is a {what} that does not exist. Those that do are {', '.join(fields)}.")
    name = str(first["loc"][0]) if first["loc"] else "body"
    if name in ("index", "indices") and first["type"] in ("greater_than_equal", "less_than"):
        return IndexOutOfRange(f"There is no such test image: {name} goes from 0 to {SIZE - 1}.")
    meaning = fields[name].description if name in fields else None
    return InvalidParameter(f"{name}: {first['msg']}." + (f" What it is: {meaning}" if meaning else ""))
