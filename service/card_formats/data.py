"""The two sets of data, and the datasheet."""

from models.card import Card, Dataset
from service.card_formats.blocks import Block, Facts, Fold, Heading, Numbers, Table, Text, fold
from service.card_formats.cells import Cell, Code, Works
from service.card_formats.formatting import Datum, Measure, Unit


def dataset(found: Dataset) -> list[Block]:
    """One set of data, after the split."""
    splits = list(found.counts)
    classes = list(dict.fromkeys(label for counts in found.counts.values() for label in counts))
    rows: list[list[Cell]] = [
        [label, *(Datum(found.counts[split].get(label), Unit.COUNT) for split in splits)] for label in classes
    ]
    digests: list[tuple[str, Cell]] = [(f"SHA-256 of {name}", Code(digest)) for name, digest in found.sha256.items()]
    facts: list[tuple[str, Cell]] = [
        ("Name", found.name),
        ("Why this data", found.motivation),
        ("Preprocessing", found.preprocessing),
    ]
    defects = Numbers([Measure(_sentence(number.method), number) for number in found.known_defects])
    counts = Table("Images of each class", ["Class", *splits], rows)
    known: list[Block] = [Heading("Known defects"), defects] if defects.measures else []
    return [
        Text(found.description),
        Fold("Why this data, preprocessing, known defects", [Facts(facts), *known]),
        fold(
            "Images of each class, and the digests of the files",
            [*([counts] if rows else []), *([Facts(digests)] if digests else [])],
        ),
    ]


def datasheet(card: Card) -> list[Block]:
    """Gebru et al.'s questions."""
    found = card.datasheet
    answers: list[tuple[str, Cell]] = [
        ("Consent, and taking it back" if name == "consent" else name.capitalize(), answer)
        for name, answer in found
        if isinstance(answer, str)
    ]
    if found.sources:
        answers.append(("Sources", Works(found.sources)))
    return [
        Text("The questions of Gebru et al., Datasheets for Datasets (2021)."),
        Fold("The answers: from motivation to consent", [Facts(answers)]),
    ]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
