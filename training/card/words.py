"""How the card says numbers: one style for all of its sentences."""

from collections.abc import Iterable

from models.measurement import Number

NBSP = "\N{NO-BREAK SPACE}"


def share(value: float | None, digits: int = 1) -> str:
    """A share as per cent, such as 64.3 %; what was rounded to 0 or 100 and is neither gets more digits."""
    if value is None:
        return "not measured"
    while digits < 6 and 0 < value < 1 and float(f"{100 * value:.{digits}f}") in (0, 100):
        digits += 1
    return f"{100 * value:.{digits}f}{NBSP}%"


def points(value: float, digits: int = 1) -> str:
    """The size of a difference of two shares, in percentage points."""
    return f"{abs(100 * value):.{digits}f} points"


def measured(number: Number, digits: int = 1) -> str:
    """A share with its interval and n."""
    if number.value is None:
        return "not measured"
    inside = []
    if number.ci:
        inside.append(
            f"{100 * number.ci.level:g}{NBSP}% interval {share(number.ci.lower, digits).removesuffix(f'{NBSP}%')} to "
            f"{share(number.ci.upper, digits)}"
        )
    if number.n is not None:
        inside.append(f"n{NBSP}={NBSP}{number.n:,}")
    return share(number.value, digits) + (f" ({', '.join(inside)})" if inside else "")


def listed(items: Iterable[str]) -> str:
    """Items as an English list."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last
