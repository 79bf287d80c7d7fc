"""What a field takes, in words for whoever filled it in; from the JSON Schema that pydantic makes of its type."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

# Of what was sent, an answer repeats no more than this.
_SHOWN_CHARACTERS = 64
# Names that are longer are no misspelling of ours.
_LONGEST_NAME = 40


def expectation(schema: Mapping[str, Any]) -> str:
    """What a value must be, such as "a whole number from 0 to 9999"."""
    allowed = choices(schema)
    if allowed:
        return " or ".join(filter(None, [", ".join(map(str, allowed[:-1])), str(allowed[-1])]))
    match _concrete(schema).get("type"):
        case "integer":
            return f"a whole number{_range(schema)}"
        case "number":
            return f"a number{_range(schema)}"
        case "array":
            of = choices(_concrete(schema)["items"])
            what = f"one or more of {', '.join(map(str, of))}" if of else "texts, in quotes"
            if _concrete(_concrete(schema)["items"]).get("type") == "integer":
                what = f"whole numbers{_range(_concrete(schema)['items'])}, at least one"
            return f"a list of {what}"
        case _:
            return f"text: {schema['description'].rstrip('.')}"


def choices(schema: Mapping[str, Any]) -> list[Any]:
    """The values that a field may have, where they are few; else none."""
    concrete = _concrete(schema)
    if concrete.get("type") == "boolean":
        return ["true", "false"]
    return list(concrete.get("enum", ()))


def limit(schema: Mapping[str, Any], *, upper: bool) -> float | None:
    """The highest or the lowest number that a field takes; None where there is no such bound."""
    concrete = _concrete(schema)
    if "exclusiveMaximum" in concrete and upper:
        return concrete["exclusiveMaximum"] - 1  # type: ignore[no-any-return] # only whole numbers have one
    found: float | None = concrete.get("maximum" if upper else "minimum")
    return found


def nearest(name: str, names: Collection[str]) -> str | None:
    """The name that was probably meant; None where none is close."""
    if len(name) > _LONGEST_NAME:
        return None
    return next(iter(difflib.get_close_matches(name, names, 1)), None)


def shown(value: object) -> str:
    """A value as an answer may repeat it: cut, and with its control characters escaped."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    cut = text[:_SHOWN_CHARACTERS]
    safe = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in cut)
    return safe if len(text) <= _SHOWN_CHARACTERS else f"{safe}…"


def listed(names: Sequence[object]) -> str:
    """Names in one line."""
    return ", ".join(map(str, names))


def _concrete(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a value that may be left out, without the null that stands for that."""
    for each in schema.get("anyOf", ()):
        if each.get("type") != "null":
            return each  # type: ignore[no-any-return] # a schema
    return schema


def _range(schema: Mapping[str, Any]) -> str:
    lower, upper = limit(schema, upper=False), limit(schema, upper=True)
    above = _concrete(schema).get("exclusiveMinimum")
    if above is not None:
        return f" above {above:g}"
    if lower is None:
        return ""
    return f" from {lower:g} on" if upper is None else f" from {lower:.0f} to {upper:.0f}"
