"""The card in the fields of model-card-toolkit v0.0.2, for programs that read those.

That schema is smaller than ours: every value is a string, there is no place for n, split, method or status, so that a
metric's slice says them in words. Its graphics must be PNG files in base64. Ours are SVG, nothing here can draw those
as pixels, and an SVG that claims to be a PNG would be a lie: the collection is left out, and its description says what
the figures show. Its references must be addresses; our sources are titles, which stand where they are cited.
"""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from models.card import Card, Dataset
from models.measurement import Number, Record

# What tells the elements of the card's lists apart, as far as their kind has it.
_NAMES = (
    "name", "label", "seed", "group", "share", "repaired", "corruption", "severity", "change", "lower", "upper",
)  # fmt: skip


class Part(BaseModel):
    """Base of every part: unknown fields are refused, and what is None is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Owner(Part):
    """Who answers for the model."""

    name: str
    contact: str


class Version(Part):
    """The model's version."""

    name: str
    date: str


class Licence(Part):
    """The licence in the card's own words."""

    custom_text: str


class Citation(Part):
    """How to cite the model."""

    citation: str


class Details(Part):
    """What the model is."""

    name: str
    overview: str
    documentation: str
    owners: list[Owner]
    version: Version
    licenses: list[Licence]
    citations: list[Citation]
    path: str


class KeyValue(Part):
    """A pair."""

    key: str
    value: str


class Data(Part):
    """A set of data."""

    name: str
    description: str


class Parameters(Part):
    """How the model is made, and what goes in and comes out."""

    model_architecture: str
    data: list[Data]
    input_format: str
    input_format_map: list[KeyValue]
    output_format: str
    output_format_map: list[KeyValue]


class Bounds(Part):
    """A confidence interval."""

    lower_bound: str
    upper_bound: str


class Metric(Part):
    """One number."""

    type: str
    value: str
    slice: str
    confidence_interval: Bounds | None = None


class Graphics(Part):
    """The figures, in words."""

    description: str


class Analysis(Part):
    """Every number of the card."""

    performance_metrics: list[Metric]
    graphics: Graphics


class Described(Part):
    """A user, use or limitation."""

    description: str


class Risk(Part):
    """A risk and what to do about it."""

    name: str
    mitigation_strategy: str


class Considerations(Part):
    """What to bear in mind."""

    users: list[Described]
    use_cases: list[Described]
    limitations: list[Described]
    tradeoffs: list[Described]
    ethical_considerations: list[Risk]


class ToolkitCard(Part):
    """A model card of model-card-toolkit v0.0.2."""

    schema_version: str = "0.0.2"
    model_details: Details
    model_parameters: Parameters
    quantitative_analysis: Analysis
    considerations: Considerations


def translate(card: Card) -> ToolkitCard:
    """The card in the toolkit's fields."""
    return ToolkitCard(
        model_details=_details(card),
        model_parameters=_parameters(card),
        quantitative_analysis=Analysis(
            performance_metrics=[_metric(path, number) for path, number in _numbers("", card)],
            graphics=Graphics(description=_figures(card)),
        ),
        considerations=_considerations(card),
    )


def _details(card: Card) -> Details:
    details = card.model_details
    return Details(
        name=details.name,
        overview=details.description,
        documentation=(
            f"{details.description} Type: {details.type}. Trained with {details.training.optimizer}, "
            f"{details.training.loss}. SHA-256 of model.onnx: {details.sha256}. Privacy: {card.privacy}"
        ),
        owners=[Owner(name=details.developers, contact=details.contact)],
        version=Version(name=str(details.version), date=details.date),
        licenses=[Licence(custom_text=details.licence)],
        citations=[Citation(citation=details.citation)],
        path=f"models/{details.name}/{details.version}/model.onnx",
    )


def _parameters(card: Card) -> Parameters:
    contract = card.contract
    layers = " > ".join(layer.operation for layer in card.model_details.layers)
    return Parameters(
        model_architecture=f"{card.model_details.type}: {layers}" if layers else card.model_details.type,
        data=[_data("Evaluation", card.evaluation_data), _data("Training", card.training_data)],
        input_format=contract.input.description,
        input_format_map=[KeyValue(key=key, value=_text(value)) for key, value in contract.input],
        output_format=f"For each label, in this order: {', '.join(contract.labels)}.",
        output_format_map=[
            KeyValue(key=output.name, value=f"{output.dtype} {_text(output.shape)}") for output in contract.outputs
        ],
    )


def _data(role: str, dataset: Dataset) -> Data:
    counts = "; ".join(f"{split}: {sum(counts.values()):,} images" for split, counts in dataset.counts.items())
    return Data(
        name=dataset.name,
        description=f"{role} data. {dataset.description} {dataset.preprocessing}" + (f" {counts}." if counts else ""),
    )


def _considerations(card: Card) -> Considerations:
    use = card.intended_use
    return Considerations(
        users=[Described(description=text) for text in use.users],
        use_cases=[Described(description=text) for text in use.uses]
        + [Described(description=f"Out of scope: {text}") for text in use.out_of_scope],
        limitations=[
            Described(description=f"{each.caveat} {each.recommendation} {each.measurement}")
            for each in card.caveats_and_recommendations
        ],
        tradeoffs=[Described(description=card.metrics.decision.rule)],
        ethical_considerations=[
            Risk(name=f"{each.topic}: {each.text} ({each.source})", mitigation_strategy=each.mechanism)
            for each in card.ethical_considerations
        ],
    )


def _figures(card: Card) -> str:
    figures = [f"{name}: {text}" for name, text in card.quantitative_analyses.figures.items()]
    return " ".join(["The figures are SVG files and stand in the HTML form of this card.", *figures])


def _metric(path: str, number: Number) -> Metric:
    aspects = [
        number.slice, number.split and f"{number.split} split", number.n and f"n = {number.n}", number.method,
        number.ci and f"{number.ci.level:.0%} interval by {number.ci.method}", number.status, number.source,
    ]  # fmt: skip
    return Metric(
        type=path,
        value=str(number.value) if number.value is not None else f"not measured: {number.reason}",
        slice="; ".join(str(aspect) for aspect in aspects if aspect),
        confidence_interval=Bounds(lower_bound=str(number.ci.lower), upper_bound=str(number.ci.upper))
        if number.ci
        else None,
    )


def _numbers(path: str, value: object) -> Iterator[tuple[str, Number]]:
    """Every number of the card and where it stands."""
    if isinstance(value, Number):
        yield path, value
    elif isinstance(value, Record):
        for name, inner in value:
            yield from _numbers(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _numbers(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            names = [f"{name}={_text(getattr(inner, name))}" for name in _NAMES if hasattr(inner, name)]
            yield from _numbers(f"{path}[{', '.join(names) or position}]", inner)


def _text(value: object) -> str:
    return "N" if value is None else str(value).replace("None", "N")
