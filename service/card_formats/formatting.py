"""Numbers as a person reads them: rounded, with their unit, and with all that they rest on."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from models.measurement import Interval, Number, Source

NBSP = "\N{NO-BREAK SPACE}"
# What a number rests on: words, or a work with its address.
Detail = str | Source
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Below this a decimal fraction has too many zeros to be read.
_TINY = 1e-3


class Unit(Enum):
    """What a value is counted in; the text that follows it. A card's numbers are bare: their place tells the unit."""

    SHARE = NBSP + "%"
    POINTS = NBSP + "points"
    PLAIN = ""
    COUNT = " "
    NATS = NBSP + "nats"
    TIMES = NBSP + "times"
    BYTES = NBSP + "bytes"
    SECONDS = NBSP + "s"
    MICROSECONDS = NBSP + "µs"

    @property
    def suffix(self) -> str:
        """What follows the digits."""
        return self.value.rstrip(" ")


@dataclass(frozen=True)
class Datum:
    """A bare value of a series or a count."""

    kind: ClassVar[str] = "datum"
    value: float | None
    unit: Unit = Unit.PLAIN

    @property
    def text(self) -> str:
        """As a person reads it."""
        return "none" if self.value is None else digits(self.value, self.unit) + self.unit.suffix


@dataclass(frozen=True)
class Series:
    """Bare values of the same kind, one after the other."""

    kind: ClassVar[str] = "series"
    values: Sequence[float]
    unit: Unit = Unit.PLAIN

    @property
    def text(self) -> str:
        """As a person reads it."""
        return ", ".join(self.digits(value) for value in self.values) + self.unit.suffix

    def digits(self, value: float) -> str:
        """A value without its unit."""
        return digits(value, self.unit)


@dataclass(frozen=True)
class Measure:
    """A number of the card with its name and unit.

    Attributes:
        name: what it is called.
        number: as the card has it.
        unit: what it is counted in.
        note: what it means, for who has not met it before.
    """

    kind: ClassVar[str] = "measure"
    name: str
    number: Number
    unit: Unit = Unit.SHARE
    note: str = ""

    @property
    def measured(self) -> bool:
        """Whether there is a value."""
        return self.number.value is not None

    @property
    def on_scale(self) -> bool:
        """Whether it can be drawn on a scale from 0 to 100 %."""
        return self.unit is Unit.SHARE and self.number.value is not None and 0 <= self.number.value <= 1

    @property
    def text(self) -> str:
        """The value, or that there is none and why."""
        value = self.number.value
        if value is None:
            return f"not measured: {self.number.reason}"
        return digits(value, self.unit) + self.unit.suffix

    @property
    def interval(self) -> str:
        """The interval's ends, or nothing."""
        ci = self.number.ci
        return f"{digits(ci.lower, self.unit)} to {digits(ci.upper, self.unit)}{self.unit.suffix}" if ci else ""

    def digits(self, value: float) -> str:
        """A value without its unit."""
        return digits(value, self.unit)

    def details(self, without: Iterable[str] = ()) -> list[Detail]:
        """What the value rests on, save for these aspects and for what its name says already."""
        return [
            detail
            for aspect, detail in _aspects(self.number).items()
            if aspect not in without and (isinstance(detail, Source) or detail.lower() != self.name.lower())
        ]


def digits(value: float, unit: Unit) -> str:
    """A value rounded to what a person can use, without its unit."""
    return _digits(value, unit).replace("-", "\N{MINUS SIGN}")


def _digits(value: float, unit: Unit) -> str:
    if unit in (Unit.SHARE, Unit.POINTS):
        return _percent(value * 100)
    if unit in (Unit.COUNT, Unit.BYTES):
        return f"{value:,.0f}"
    if value and abs(value) < _TINY:
        exponent = math.floor(math.log10(abs(value)))
        power = "10" + str(exponent).translate(_SUPERSCRIPTS)
        return f"{value / 10**exponent:.1f}{NBSP}\N{MULTIPLICATION SIGN}{NBSP}{power}"
    return f"{value:,.1f}" if unit in (Unit.SECONDS, Unit.MICROSECONDS) else f"{value:.3f}"


def _percent(value: float) -> str:
    """One decimal; more where that would say 0 or 100 of what is neither."""
    places = 1 if not 0 < abs(value) < 1 else 2
    while round(value, places) in (0, 100) and value not in (0, 100) and places < 6:
        places += 1
    return f"{value:.{places}f}"


def shared(measures: Iterable[Measure]) -> dict[str, Detail]:
    """The aspects in which all of these numbers agree; to be said once."""
    every = [_aspects(measure.number) for measure in measures]
    first = every[0] if every else {}
    return {aspect: each for aspect, each in first.items() if all(other.get(aspect) == each for other in every)}


def _aspects(number: Number) -> dict[str, Detail]:
    aspects: dict[str, Detail] = {
        "method": number.method if number.value is not None else f"to be measured as: {number.method}",
        "n": f"n{NBSP}={NBSP}{number.n:,}" if number.n is not None else "",
        "split": f"{number.split} split" if number.split else "",
        "slice": number.slice or "",
        "interval": _interval(number.ci),
        "status": number.status if number.value is not None else "",
        "source": number.source or "",
    }
    return {aspect: detail for aspect, detail in aspects.items() if detail}


def _interval(ci: Interval | None) -> str:
    return f"{ci.level * 100:g}{NBSP}% interval by {ci.method}" if ci else ""
