"""The parts of a model card that hold its evidence: what was measured beyond accuracy, and on what."""

from pydantic import Field

from models.measurement import Number, Record


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
    ece_floor: Number = Field(description="What the ECE of perfectly calibrated answers would be with as many images.")
    ece_equal_mass: Number = Field(description="The ECE over bins of equally many answers.")
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
    aurc: Number = Field(description="Area under the risk-coverage curve: the mean error over all coverages.")
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
    lowest: list[str] = Field(default=[], description="Each class and corruption at which a recall is lowest of all.")


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


# The share of the validation images whose energy is at most a card's threshold: it is chosen for that.
ENERGY_KEPT = 0.95


class OutOfDistribution(Record):
    """Whether the model notices pictures that are none of its classes."""

    energy_threshold: Number = Field(description="Energy that 95 % of the validation images stay at or below.")
    sets: list[OutOfDistributionSet]


class LabelTrust(Record):
    """How far to trust one label, as an answer and as the truth, on the test split."""

    label: str
    wrong_as_answer: Number = Field(description="Of the confident answers of this label, the share that is wrong.")
    wrong_as_truth: Number = Field(description="Of this class's images answered confidently, the share that is wrong.")
    false_positive_rate: Number = Field(description="Of the images of other classes, the share that gets this answer.")
    ece: Number = Field(description="Expected calibration error of the answers of this label.")
    threshold: Number = Field(description="From which confidence answers of this label would be wrong one time in ten.")
    threshold_error: Number = Field(description="Error on the test split of the answers of this label from there on.")


class LabelThresholds(Record):
    """What a threshold for each label would do beside the one for all, on the test split."""

    labels: list[LabelTrust]
    coverage: Number = Field(description="Share of answers at or above their label's own threshold.")
    error: Number = Field(description="Share of those that are wrong.")
    unreliable: list[str] = Field(
        description="Labels of whose confident answers on the validation split more than one in ten is wrong, the "
        "whole interval above it."
    )


class BaseRate(Record):
    """An illustration: of the alarms of a search for something rare, how many would be true."""

    label: str
    recall: Number = Field(description="Share of the label's images that get it as a confident answer.")
    false_positive_rate: Number = Field(description="Share of other images that get it as a confident answer.")
    prevalence: Number = Field(description="Assumed: one in so many is what is sought.")
    true_alarms: Number = Field(description="Share of alarms that are true, from the three above.")
    arithmetic: str
    limits: str


class Membership(Record):
    """What the model gives away about whose pictures it learnt from: membership inference."""

    loss_accuracy: Number = Field(description="Of the loss threshold, over as many members as others; 0.5 is guessing.")
    loss_auroc: Number
    likelihood_auroc: Number = Field(description="Of the likelihood-ratio attack, with models trained on halves.")
    likelihood_tpr: Number = Field(description="Members found where 1 % of the others are taken for members.")
    shadows: int = Field(description="How many models on halves of the training images the second attack used.")
    text: str


class NearDuplicates(Record):
    """Test images with a near-duplicate among the training images, against the rest."""

    method: str
    least_similarity: float
    share: Number = Field(description="Of the test images.")
    accuracy_with: Number
    accuracy_without: Number
    difference: Number
    examples: list[int] = Field(description="Test indices, the most similar first.")


class Attacked(Record):
    """Accuracy when every pixel moves a little in the direction that hurts most."""

    epsilon: int = Field(description="By how much each value of 0 to 255 moves at most.")
    accuracy: Number


class Exercise(Record):
    """One test image of the seminar's exercise."""

    index: int
    truth: str
    answer: str
    probability: float
    confident: bool
    correct: bool


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
