"""The card in Markdown, with the metadata that the Hugging Face Hub reads at its head (`model-index` and the rest).

The head is YAML of the simplest kind: every string in quotes, every number so that no reader takes it for a string.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from models.card import Card, SplitMetrics
from models.measurement import Number, Split
from service.card_formats.formatting import Detail
from service.card_formats.links import address
from service.card_formats.sections import sections
from service.card_formats.source import CardSource
from service.card_formats.summary import summarise

_TEMPLATES = Path(__file__).parent / "templates"
_SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_<|"})

# What the Hub calls the licences that a card may name first; any other is "other" to it.
_LICENCES = {"MIT": "mit", "Apache-2.0": "apache-2.0", "BSD-3-Clause": "bsd-3-clause", "CC0-1.0": "cc0-1.0"}

# The Hub's name for a figure of ours.
_METRICS = {"top2_accuracy": "top_2_accuracy", "brier": "brier_score"}


@dataclass(frozen=True)
class Metric:
    """One of the Hub's metrics: what it is called there, what for people, and the number."""

    type: str
    name: str
    number: Number


def render(source: CardSource) -> str:
    """The document; the figures themselves are not in it, their data is."""
    card = source.card
    return _template().render(
        card=card,
        licence=_LICENCES.get(card.model_details.licence.split()[0].strip("(),;"), "other"),
        dataset=card.evaluation_data.name.lower().replace("-", "").replace(" ", "-"),
        results=_results(card),
        summary=summarise(card),
        sections=sections(card, source.figures),
    )


def _results(card: Card) -> dict[Split, list[Metric]]:
    """The measured figures of each split; the Hub has no way to say that something was not measured."""
    quantities = card.quantitative_analyses
    results: dict[Split, list[Metric]] = {}
    for split, figures in quantities.splits.items():
        metrics = [
            Metric(_METRICS.get(name, name), _METRICS.get(name, name).replace("_", " "), getattr(figures, name))
            for name in SplitMetrics.model_fields
        ]
        if split == "test":
            metrics.append(Metric("expected_calibration_error", "ECE", quantities.calibration.ece))
            for label, each in quantities.per_class.items():
                metrics += [
                    Metric(name, f"{name} of {label}", getattr(each, name)) for name in ("precision", "recall", "f1")
                ]
        metrics = [metric for metric in metrics if metric.number.value is not None]
        if metrics:
            results[split] = metrics
    return results


def quote(value: str | float) -> str:
    """A string or number in YAML."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    text = repr(value)
    # YAML 1.1 takes 1e-06 for a string, 1.0e-06 for a number.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def escape(text: str) -> str:
    """Text without Markdown's special characters."""
    return text.translate(_SPECIAL)


def detail(each: Detail) -> str:
    """What a number rests on; a work is a link."""
    if isinstance(each, str):
        return escape(each)
    url = address(each)
    return f"[{_bracketed(each.title)}](<{url}>)" if url else escape(each.title)


def _bracketed(text: str) -> str:
    return escape(text).replace("[", "\\[").replace("]", "\\]")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=False, undefined=StrictUndefined, trim_blocks=True,  # noqa: S701 - no HTML; `escape` is for Markdown
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"yaml": quote, "md": escape, "detail": detail}
    return environment.get_template("card.md.jinja")
