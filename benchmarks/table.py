"""The lines of the table of speed."""

import statistics


def tell(name: str, ours: list[float], theirs: list[float], form: str = "{:,.0f}") -> None:
    """One line: medians, and the ratio of each pair."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    middle = (form.format(statistics.median(values)) for values in (ours, theirs))
    print(
        f"{name:<44} {next(middle):>9} {next(middle):>9}   "
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})",
        flush=True,
    )
