"""The parts of a model card that hold its evidence: what was measured beyond accuracy, and on what."""

from pydantic import Field

from models.measurement import Number, Record


class SeedRun(Record):
    """One training of the whole recipe; seed 0 stands for the shipped model's seeds, seed i for those plus i."""

    seed: int
    epochs: int
    validation_accuracy: Number
    test_accuracy: Number


class GroupRun(Record):
    """What becomes of a class of which only a share of the training images is left, over several trainings."""

    group: str
    share: float = Field(gt=0, le=1)
    repaired: bool = Field(description="Whether the loss counted what was left for as much as was taken away.")
    recall: Number
    recalls: list[float] = Field(description="Of each training.")
    accuracy: Number
    accuracies: list[float] = Field(description="Of each training, over all classes.")


class Bin(Record):
    """Answers whose confidence lies in one interval: above `lower`, at most `upper`."""

    lower: float
    upper: float
    count: int
    confidence: float | None = Field(description="Mean confidence; null where the bin is empty.")
    accuracy: float | None = Field(description="Share of right answers; null where the bin is empty.")


class Calibration(Record):
    """Whether an answer given with probability p is right in a share p of the cases, on the test split."""

    temperature: Number = Field(description="By which the logits are divided for the calibrated probability.")
    ece: Number
    ece_calibrated: Number
    nll_calibrated: Number
    bins: list[Bin]
    bins_calibrated: list[Bin]


class TrackRecord(Record):
    """How often answers of one label at one confidence were right on the validation split."""

    label: str
    lower: float = Field(description="Least confidence.")
    upper: float = Field(description="Confidence that it stays below, save for the last, which 1 belongs to.")
    precision: Number


class RiskPoint(Record):
    """What accepting only answers at or above a threshold comes to."""

    threshold: float
    coverage: float = Field(description="Share of answers accepted.")
    error: float = Field(description="Share of accepted answers that are wrong.")


class Selective(Record):
    """Selective prediction on the test split: the risk-coverage curve, and who gets refused at the card's threshold."""

    curve: list[RiskPoint]
    coverage: dict[str, Number] = Field(description="Share of each class's images that get a confident answer.")


class Corrupted(Record):
    """Accuracy and each class's recall on the test images spoilt in one way."""

    corruption: str
    severity: int = Field(ge=1, le=5)
    accuracy: Number
    recalls: dict[str, float]


class Robustness(Record):
    """Test images spoilt in the style of CIFAR-10-C (Hendrycks & Dietterich 2019), recomputed here."""

    mean_error: Number = Field(description="Over corruptions and severities; not the mCE, which AlexNet's errors norm.")
    corruptions: list[Corrupted]


class OutOfDistributionSet(Record):
    """Pictures that show none of the classes, and how well two scores tell them from test images."""

    name: str
    description: str
    source: str
    auroc_softmax: Number
    fpr95_softmax: Number
    auroc_energy: Number
    fpr95_energy: Number
    confident: Number = Field(description="Share of them answered confidently all the same.")


class OutOfDistribution(Record):
    """Whether the model notices pictures that are none of its classes."""

    energy_threshold: Number = Field(description="Energy that 95 % of the validation images stay at or below.")
    sets: list[OutOfDistributionSet]


class ContractViolation(Record):
    """Accuracy when a client prepares the pixels in another way than the contract says."""

    change: str
    accuracy: Number


class Portrait(Record):
    """What a closed set of ten classes calls a human face."""

    picture: str
    source: str
    label: str
    probability: Number
    probabilities: dict[str, float]
    confident: bool
    energy: float
    text: str
