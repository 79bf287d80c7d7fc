"""The query parameters of a prediction, and what to say when one of them is wrong."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from models.cifar10_test import SIZE
from service.errors import IndexOutOfRange, InvalidParameter, ServiceError, UnknownField
from service.expectation import choices, expectation, limit, listed, nearest, shown
from service.images.preprocess import Fit

# A whole number as everybody writes it, and in one way only: no 1.0, +4, 016 or 1_000, which pydantic takes too.
_PLAIN = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)


def _plain(value: object) -> object:
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        raise ValueError
    return value


PLAIN = BeforeValidator(_plain)
Index = Annotated[int, Field(ge=0, lt=SIZE), PLAIN]
# As pydantic reads 1.0, +4 and 016: what is no plain number, and looks like one to whoever wrote it.
_ALMOST = re.compile(r"\s*[-+]?[0-9][0-9_]*(\.0*)?\s*", re.ASCII)

# Larger whole numbers in JSON may be read as others, with a fraction or without.
_EXACT = 2**53

# Longer queries are read anew each time: the few that are asked again and again are short, and what anybody may make up
# must not fill the memory.
_KEPT_BYTES = 128

# So many parameters are far more than there are; to name the mistake among thousands takes milliseconds.
_MAX_PARAMETERS = 32


class ModelOptions(BaseModel):
    """Which model is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model: str | None = Field(default=None, description="The model's name; the default model if absent.")
    version: Annotated[int, Field(ge=1), PLAIN] | None = Field(
        default=None, description="Its version, a whole number; the highest if absent."
    )


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

    top: Annotated[int, Field(ge=1, le=10), PLAIN] | None = Field(
        default=None, description="List only this many of the likeliest classes, from 1 to 10."
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


def parse(query: bytes, kind: type[BaseModel] = Options) -> Any:
    """The options in a query string; those of short ones without a mistake are kept.

    Raises:
        ServiceError: a parameter is unknown, repeated or wrong, or there are far too many.
    """
    return _parse_once(query, kind) if len(query) <= _KEPT_BYTES else _parse(query, kind)


def _parse(query: bytes, kind: type[BaseModel]) -> BaseModel:
    if query.count(b"&") >= _MAX_PARAMETERS:
        names = list(_properties(kind))
        message = f"There are too many query parameters. Those that exist are {listed(names)}; give each once."
        raise InvalidParameter(message, allowed=names, limit=len(names))
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        message = 'Give each query parameter once. For several test images POST JSON: {"indices": [1, 2]}.'
        raise InvalidParameter(message, field=shown(twice))
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise describe_error(error, kind, "query parameter", values) from None


_parse_once = lru_cache(maxsize=1024)(_parse)


def describe_error(
    error: ValidationError, kind: type[BaseModel], what: str, sent: Mapping[str, object] = {}
) -> ServiceError:
    """The first mistake that pydantic found, in our words for the sender.

    Args:
        error: pydantic's.
        kind: the model that does not fit.
        what: its fields are called, such as "query parameter".
        sent: what was given, by the fields' names; of it a text or a number may be repeated.
    """
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    properties = _properties(kind)
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        return unknown_field(name, list(properties), what)
    if name not in properties:
        return InvalidParameter('The body must be a JSON object, such as {"index": 16}.', field="body")
    schema = properties[name]
    given = _given(sent, first["loc"])
    value = None if given is None else shown(given)
    position = int(first["loc"][1]) + 1 if name == "indices" and len(first["loc"]) > 1 else None
    below = first["type"] == "greater_than_equal"
    if name in ("index", "indices") and (below or first["type"] == "less_than"):
        message = f"There is no such test image: they go from 0 to {SIZE - 1}."
        if position is not None:
            message = f"Number {position} of the indices: {message}"
        return IndexOutOfRange(message, field=name, value=value, limit=0 if below else SIZE - 1, position=position)
    bound = limit(schema, upper=not below) if below or first["type"] in ("less_than", "less_than_equal") else None
    message = f"{name} must be {expectation(schema)}"
    if position is not None:
        message = f"Number {position} of the indices must be {expectation(properties['index'])}"
    if isinstance(given, str) and first["type"] == "int_type":
        message += ", without quotes"
    elif isinstance(given, float) or (first["type"] == "value_error" and _ALMOST.fullmatch(str(given))):
        message += ", in plain digits: 4, not 4.0 or 04"
    allowed = choices(schema) or None
    return InvalidParameter(f"{message}.", field=name, value=value, allowed=allowed, limit=bound, position=position)


def _given(sent: Mapping[str, object], place: Sequence[int | str]) -> bool | int | float | str | None:
    """What was given at this place; None where there is nothing, or what an answer does not repeat, such as a list."""
    found = sent.get(str(place[0]))
    if isinstance(found, list) and len(place) > 1:
        found = found[int(place[1])]
    if isinstance(found, float) and abs(found) >= _EXACT:
        return None  # it is not what was sent
    return found if isinstance(found, bool | int | float | str) else None


def unknown_field(name: str, names: Sequence[str], what: str, note: str = "") -> UnknownField:
    """What to say of a field that does not exist.

    Args:
        name: of the field.
        names: of those that do.
        what: they are called.
        note: what else to say at the end.
    """
    meant = nearest(name, names)
    guess = f" Did you mean {meant}?" if meant else ""
    message = f"There is a {what} that does not exist.{guess} Those that do are {listed(names)}{note}."
    return UnknownField(message, field=shown(name), allowed=names)


@cache
def _properties(kind: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of each field, by the name that a client gives it."""
    found: dict[str, Any] = kind.model_json_schema()["properties"]
    return found
