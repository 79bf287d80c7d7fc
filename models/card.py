"""The model card's schema, shared by training (which writes cards) and the service (which reads and shows them).

The sections are those of Mitchell et al., "Model Cards for Model Reporting", FAT* 2019. Every number that makes a claim
is a `Number`: a value with its interval, its n, its split and how it was got; one that nobody measured says why.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Split = Literal["train", "validation", "test"]
Status = Literal["measured", "cited", "declared", "not_measured"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Record(BaseModel):
    """Base of every part of a card: unknown fields are refused, values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Interval(Record):
    """A confidence interval."""

    lower: float
    upper: float
    level: float = Field(gt=0, lt=1, examples=[0.95])
    method: str = Field(examples=["Wilson score"])


class Number(Record):
    """One figure and what it rests on."""

    value: float | None
    ci: Interval | None = None
    n: int | None = Field(default=None, description="How many images (or runs) the value was computed from.")
    split: Split | None = None
    slice: str | None = Field(default=None, description="The part of the split, such as 'class = automobile'.")
    method: str = Field(description="How the value was computed; for a number not measured, how it would be.")
    status: Status
    source: str | None = Field(default=None, description="Where a cited number stands.")
    reason: str | None = Field(default=None, description="Why a number was not measured.")

    @model_validator(mode="after")
    def _status_agrees(self) -> Self:
        if (self.status == "not_measured") != (self.value is None):
            raise ValueError("a number has a value exactly when its status is not 'not_measured'")
        if self.status == "not_measured" and not self.reason:
            raise ValueError("a number that was not measured says why in 'reason'")
        if self.status == "cited" and not self.source:
            raise ValueError("a cited number names its source")
        if self.status == "measured" and self.n is None:
            raise ValueError("a measured number says its n")
        return self


class Layer(Record):
    """One operation of the network, read from the ONNX graph."""

    name: str
    operation: str = Field(description="The ONNX operator, such as Conv or MatMul.")
    output_shape: list[int | None] = Field(description="None stands for the batch size.")
    parameters: int


class Agreement(Record):
    """How closely the exported ONNX model follows the Keras model it came from."""

    max_probability_difference: Number
    argmax_agreement: Number
    ties: list[int] = Field(description="Test indices whose two likeliest classes are equally likely in either model.")


class Training(Record):
    """The training algorithm and its settings."""

    optimizer: str
    loss: str
    batch_size: int
    max_epochs: int
    stopping: str
    scaling: str
    python_seed: int
    numpy_seed: int
    tensorflow_seed: int


class ModelDetails(Record):
    """What the model is and where it comes from."""

    name: str
    version: int = Field(ge=1)
    date: str
    type: str
    description: str
    layers: list[Layer]
    parameters: Number
    training: Training
    sha256: Sha256 = Field(description="Of model.onnx.")
    bytes: int = Field(description="Size of model.onnx.")
    agreement: Agreement
    licence: str
    citation: str
    contact: str


class IntendedUse(Record):
    """What the model is for, for whom, and what it is not for."""

    uses: list[str]
    users: list[str]
    out_of_scope: list[str]


class Factors(Record):
    """Which groups and conditions matter, and which of them were evaluated."""

    relevant: list[str]
    evaluated: list[str]
    demographics: str


class Decision(Record):
    """The rule that calls an answer confident."""

    rule: str
    threshold: Number
    validation_error: Number
    validation_coverage: Number
    test_error: Number
    test_coverage: Number


class Metrics(Record):
    """Which figures are reported and why, the decision threshold, and the variation."""

    reported: dict[str, str] = Field(description="Metric and why it is reported.")
    decision: Decision
    variation: list[str]
    seed_spread: Number


class Dataset(Record):
    """One of the two sets of data, after the split."""

    name: str
    description: str
    counts: dict[Split, dict[str, int]] = Field(description="Images per class in each split.")
    sha256: dict[str, Sha256] = Field(description="Of each file, in the dataset's binary form.")
    preprocessing: str
    known_defects: list[Number]


class SplitMetrics(Record):
    """The overall figures on one split."""

    accuracy: Number
    top2_accuracy: Number
    nll: Number
    brier: Number


class ClassMetrics(Record):
    """The figures of one class on the test split."""

    precision: Number
    recall: Number
    f1: Number


class Confusion(Record):
    """One kind of mistake on the test split."""

    truth: str
    answer: str
    count: int
    examples: list[int] = Field(description="Test indices, lowest first.")


class Epoch(Record):
    """The learning curve's figures after one epoch, as the fit itself reported them."""

    epoch: int
    accuracy: float
    loss: float
    val_accuracy: float
    val_loss: float


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


class Quantities(Record):
    """The quantitative analyses: unitary, and intersectional where it was measured."""

    splits: dict[Split, SplitMetrics]
    generalisation_gap: Number
    learning_curve: list[Epoch]
    overfitting: str
    per_class: dict[str, ClassMetrics]
    class_gap: Number
    confusion_matrix: list[list[int]] = Field(description="Counts on the test split; rows are the truth.")
    confusions: list[Confusion]
    seed_runs: list[SeedRun] = []
    missing_group: list[GroupRun] = Field(
        default=[], description="The missing-group experiment: it shows a mechanism and measures no demographic bias."
    )
    intersectional: Number
    figures: dict[str, str] = Field(description="File under the model's folder and what it shows.")


class Consideration(Record):
    """An ethical consideration, its source, and the figure here that shows the mechanism."""

    topic: str
    text: str
    source: str
    mechanism: str


class Caveat(Record):
    """A caveat, what to do about it, and the measurement it rests on."""

    caveat: str
    recommendation: str
    measurement: str


class InputContract(Record):
    """What model.onnx takes, and how a picture becomes that."""

    name: str
    dtype: Literal["uint8"]
    layout: Literal["NHWC"]
    shape: list[int | None]
    colour: Literal["RGB"]
    fit: Literal["crop", "stretch"]
    resize_filter: Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
    description: str


class OutputContract(Record):
    """One output of model.onnx."""

    name: Literal["logits", "probabilities"]
    dtype: Literal["float32"]
    shape: list[int | None]


class Contract(Record):
    """What goes in and what comes out."""

    input: InputContract
    outputs: list[OutputContract]
    labels: list[str] = Field(min_length=2, description="In the order of the outputs.")


class Run(Record):
    """The record of the training run that made this model."""

    command: str
    started: str
    machine: str
    versions: dict[str, str]
    epochs: int
    wall_seconds: Number
    cpu_seconds: Number


class Cost(Record):
    """What a prediction costs."""

    prediction_microseconds: Number


class Card(Record):
    """A whole model card."""

    schema_version: Literal[1] = 1
    model_details: ModelDetails
    intended_use: IntendedUse
    factors: Factors
    metrics: Metrics
    evaluation_data: Dataset
    training_data: Dataset
    quantitative_analyses: Quantities
    ethical_considerations: list[Consideration]
    caveats_and_recommendations: list[Caveat]
    contract: Contract
    privacy: str
    run: Run
    cost: Cost

    @classmethod
    def read(cls, path: Path) -> "Card":
        """The card in a JSON file.

        Raises:
            OSError: the file can't be read.
            pydantic.ValidationError: it is no card of this schema.
        """
        return cls.model_validate_json(path.read_bytes())
