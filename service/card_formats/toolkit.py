"""The card in the fields of model-card-toolkit v0.0.2, for programs that read those.

That schema is smaller than ours: every value is a string, there is no place for n, split, method or status, so that a
metric's slice says them in words. Its graphics must be PNG files in base64. Ours are SVG, nothing here can draw those
as pixels, and an SVG that claims to be a PNG would be a lie: the collection is left out, and its description says what
the figures show. Its references must be addresses: they are those of the sources, whose titles stand where they are
cited.
"""

from collections.abc import Iterator

from models.card import Card, Consideration, Dataset
from models.measurement import Number, Record, Source
from service.card_formats.formatting import NBSP, Measure
from service.card_formats.links import address, works
from service.card_formats.toolkit_schema import (
    Analysis,
    Bounds,
    Citation,
    Considerations,
    Data,
    Described,
    Details,
    Graphics,
    KeyValue,
    Licence,
    Metric,
    Owner,
    Parameters,
    Risk,
    ToolkitCard,
    ToolkitReference,
    Version,
)

# What tells the elements of the card's lists apart, as far as their kind has it.
_NAMES = (
    "name", "label", "topic", "python_seed", "shift", "group", "share", "repaired", "corruption", "severity", "epsilon",
    "change", "lower", "upper",
)  # fmt: skip


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
            f"{details.training.loss}. SHA-256 of model.onnx: {details.sha256}. Human oversight: "
            f"{card.intended_use.human_oversight} Lifetime: {details.lifetime} Privacy: {card.privacy} Logging: "
            f"{card.logging}"
        ),
        owners=[Owner(name=details.developers, contact=details.contact)],
        version=Version(name=str(details.version), date=details.date),
        licenses=[Licence(custom_text=details.licence)],
        references=[ToolkitReference(reference=url) for url in dict.fromkeys(map(address, works(card))) if url],
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
        + [Described(description=f"Out of scope: {text}") for text in use.out_of_scope]
        + [Described(description=f"Foreseeable misuse: {text}") for text in use.foreseeable_misuse],
        limitations=[
            Described(
                description=" ".join([each.caveat, each.recommendation, each.measurement, *_titles(each.sources)])
            )
            for each in card.caveats_and_recommendations
        ],
        tradeoffs=[Described(description=text) for text in _tradeoffs(card)],
        ethical_considerations=[
            Risk(name=_risk(each), mitigation_strategy=each.mitigation) for each in card.ethical_considerations
        ],
    )


def _risk(each: Consideration) -> str:
    said = [f"{each.topic}: {each.harm}", f"Who bears it: {each.who_bears_it}", f"Seen here: {each.mechanism}"]
    return " ".join([*said, *_titles(each.sources)])


def _titles(sources: list[Source]) -> list[str]:
    return [f"({'; '.join(source.title for source in sources)})"] if sources else []


def _tradeoffs(card: Card) -> list[str]:
    """What is gained and what it costs, with the numbers of both."""
    decision, by_label = card.metrics.decision, card.quantitative_analyses.label_thresholds
    found = [f"Mistakes against coverage: {decision.rule} {_bargain(decision.test_coverage, decision.test_error)}"]
    if by_label.coverage.value is not None:
        bargain = _bargain(by_label.coverage, by_label.error)
        found.append(f"One threshold for all labels against a threshold for each label. Of the latter: {bargain}")
    comparison = card.quantitative_analyses.comparison
    if comparison is not None:
        found.append(f"The group against the average. Compared with {comparison.compared_with}. {comparison.verdict}")
    return found


def _bargain(coverage: Number, error: Number) -> str:
    accepted, wrong = Measure("", coverage).text, Measure("", error).text
    return f"Test answers accepted: {accepted}; wrong among those: {wrong}."


def _figures(card: Card) -> str:
    figures = [f"{name}: {text}" for name, text in card.quantitative_analyses.figures.items()]
    return " ".join(["The figures are SVG files and stand in the HTML form of this card.", *figures])


def _metric(path: str, number: Number) -> Metric:
    aspects = [
        number.slice, number.split and f"{number.split} split", number.n and f"n = {number.n}", number.method,
        number.ci and f"{number.ci.level * 100:g}{NBSP}% interval by {number.ci.method}", number.status,
        number.source and number.source.title,
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
