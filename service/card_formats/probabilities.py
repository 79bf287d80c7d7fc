"""Whether the probabilities can be believed, and what refusing unsure answers comes to."""

from models.card import Quantities
from models.evidence import Bin, Calibration
from service.card_formats.blocks import Block, Fold, Heading, Numbers, Table, Text, if_any
from service.card_formats.figure import Drawings
from service.card_formats.formatting import NBSP, Datum, Measure, Unit


def blocks(quantities: Quantities, drawings: Drawings) -> list[Block]:
    """Calibration, the track record by label and confidence, and the risk-coverage curve."""
    return [
        *_calibration(quantities, drawings),
        *_track_record(quantities),
        *_selective(quantities, drawings),
    ]


def _calibration(quantities: Quantities, drawings: Drawings) -> list[Block]:
    calibration = quantities.calibration
    return [
        Heading("Can its probabilities be believed?"),
        Text(
            f"A probability of 70{NBSP}% should mean: right 70 times in 100. The expected calibration error (ECE) says "
            f"how far it is from that. {_scaled(calibration)}".rstrip()
        ),
        Numbers([Measure("ECE, as the model says", calibration.ece, Unit.PLAIN)]),
        Fold(
            "Calibration: the diagram, the temperature, and the bins",
            [
                Numbers(
                    [
                        Measure("ECE, after temperature scaling", calibration.ece_calibrated, Unit.PLAIN),
                        Measure("ECE of perfectly calibrated answers", calibration.ece_floor, Unit.PLAIN,
                                "what chance alone makes of it, with as many images"),
                        Measure("ECE, bins of equally many answers", calibration.ece_equal_mass, Unit.PLAIN),
                        Measure("NLL, after temperature scaling", calibration.nll_calibrated, Unit.NATS),
                        Measure("Temperature", calibration.temperature, Unit.PLAIN),
                    ]
                ),
                *drawings.draw(
                    "reliability",
                    _bins("As the model says", calibration.bins),
                    _bins("After temperature scaling", calibration.bins_calibrated),
                ),
            ],
        ),
    ]  # fmt: skip


def _scaled(calibration: Calibration) -> str:
    """What temperature scaling does to this model's answers, as far as its numbers say."""
    temperature, before, after = (
        calibration.temperature.value, calibration.ece.value, calibration.ece_calibrated.value,
    )  # fmt: skip
    said = []
    if temperature is not None and temperature != 1:
        less = "less" if temperature > 1 else "more"
        said.append(f"Dividing by the temperature makes it {less} sure of itself, without changing an answer.")
    if before is not None and after is not None and before != after:
        said.append(
            "For this model that lowers the ECE."
            if after < before
            else "For this model that raises the ECE: read its own probability, not the calibrated one."
        )
    return " ".join(said)


def _bins(caption: str, bins: list[Bin]) -> Table:
    return Table(
        f"{caption}: answers by confidence",
        ["Confidence above", "At most", "Answers", "Mean confidence", "Right"],
        [
            [
                Datum(each.lower, Unit.SHARE), Datum(each.upper, Unit.SHARE), Datum(each.count, Unit.COUNT),
                Datum(each.confidence, Unit.SHARE), Datum(each.accuracy, Unit.SHARE),
            ]
            for each in bins
        ],
        long=True,
    )  # fmt: skip


def _track_record(quantities: Quantities) -> list[Block]:
    table = Table(
        "Answers on the validation split",
        ["Answer", "Least confidence", "Confidence below", "Right"],
        [
            [
                each.label, Datum(each.lower, Unit.SHARE), Datum(each.upper, Unit.SHARE),
                Measure("Right", each.precision),
            ]
            for each in quantities.track_record
        ],
    )  # fmt: skip
    return [Fold("How often it was right, by label and confidence", [if_any(table)])]


def _selective(quantities: Quantities, drawings: Drawings) -> list[Block]:
    selective = quantities.selective
    return [
        Fold(
            "Who is refused a confident answer, and what refusing gains",
            [
                *drawings.draw(
                    "risk_coverage",
                    Table(
                        "Images of each class that get a confident answer",
                        ["Class", "Confident"],
                        [[label, Measure("Confident", number)] for label, number in selective.coverage.items()],
                    ),
                    Table(
                        "If only answers at or above a threshold were accepted",
                        ["Threshold", "Accepted", "Wrong among those"],
                        [
                            [Datum(point.threshold), Datum(point.coverage, Unit.SHARE), Datum(point.error, Unit.SHARE)]
                            for point in selective.curve
                        ],
                        long=True,
                    ),
                ),
                Numbers([Measure("Area under the risk-coverage curve", selective.aurc, Unit.PLAIN)]),
            ],
        )
    ]
