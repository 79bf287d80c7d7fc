"""The query parameters of a prediction, and what to say when one of them is wrong."""

from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.cifar10_test import SIZE
from service.errors import IndexOutOfRange, InvalidParameter, ServiceError, UnknownField
from service.view import Fit

Index = Annotated[int, Field(ge=0, lt=SIZE)]


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


class Options(ModelOptions):
    """The options of a prediction."""

    index: Index | None = Field(
        default=None, description="A CIFAR-10 test image: a whole number from 0 to 9999.", examples=[16]
    )
    fit: Fit = Field(
        default="crop", description="crop: the centred square; stretch: the whole picture squeezed into a square."
    )
    top: int | None = Field(
        default=None, ge=1, le=10, description="List only this many of the likeliest classes, from 1 to 10."
    )


@lru_cache(maxsize=1024)
def parse(query: bytes, kind: type[ModelOptions] = Options) -> ModelOptions:
    """The options in a query string.

    Raises:
        ServiceError: a parameter is unknown, repeated or wrong.
    """
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    values = dict(pairs)
    if len(values) < len(pairs):
        raise InvalidParameter(
            'Give each query parameter once. For several test images POST JSON: {"indices": [1, 2]}.'
        )
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise explain(error, kind, "query parameter") from None


def explain(error: ValidationError, kind: type[BaseModel], what: str) -> ServiceError:
    """The first mistake that pydantic found, in words for the sender; repeats nothing that was sent."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    fields = {field.alias or name: field for name, field in kind.model_fields.items()}
    if first["type"] == "extra_forbidden":
        return UnknownField(f"There is a {what} that does not exist. Those that do are {', '.join(fields)}.")
    name = str(first["loc"][0]) if first["loc"] else "body"
    if name in ("index", "indices") and first["type"] in ("greater_than_equal", "less_than"):
        return IndexOutOfRange(f"There is no such test image: {name} goes from 0 to {SIZE - 1}.")
    meaning = fields[name].description if name in fields else None
    return InvalidParameter(f"{name}: {first['msg']}." + (f" It means: {meaning}" if meaning else ""))
