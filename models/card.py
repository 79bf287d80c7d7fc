"""The model card's schema, shared by training (which writes cards) and the service (which reads and shows them).

The sections are those of Mitchell et al., "Model Cards for Model Reporting", FAT* 2019. Every number that makes a claim
is a `Number`: a value with its interval, its n, its split and how it was got; one that nobody measured says why.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from models.evidence import (
    Calibration,
    ContractViolation,
    GroupRun,
    OutOfDistribution,
    Portrait,
    Robustness,
    SeedRun,
    Selective,
    TrackRecord,
)
from models.measurement import Number, Record, Sha256, Split


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
    developers: str = Field(description="Who made the model.")
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
    motivation: str = Field(description="Why this data.")
    counts: dict[Split, dict[str, int]] = Field(description="Images per class in each split.")
    sha256: dict[str, Sha256] = Field(description="Of each file, in the dataset's binary form.")
    preprocessing: str
    known_defects: list[Number]


class Datasheet(Record):
    """The questions of Gebru et al., "Datasheets for Datasets" (2021), answered for the data as far as is known."""

    motivation: str
    composition: str
    collection: str
    labelling: str
    uses: str
    distribution: str
    maintenance: str


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


class Quantities(Record):
    """The quantitative analyses: unitary, and intersectional where it was measured."""

    splits: dict[Split, SplitMetrics]
    generalisation_gap: Number
    learning_curve: list[Epoch]
    overfitting: str
    per_class: dict[str, ClassMetrics]
    class_gap: Number
    class_ratio: Number
    confusion_matrix: list[list[int]] = Field(description="Counts on the test split; rows are the truth.")
    confusions: list[Confusion]
    seed_runs: list[SeedRun] = Field(default=[], description="Trainings of the same recipe with other seeds.")
    missing_group: list[GroupRun] = Field(
        default=[], description="The missing-group experiment: it shows a mechanism and measures no demographic bias."
    )
    calibration: Calibration
    track_record: list[TrackRecord]
    selective: Selective
    robustness: Robustness
    out_of_distribution: OutOfDistribution
    contract_violations: list[ContractViolation]
    portrait: Portrait
    intersectional: Number = Field(description="The lowest recall of a class under a corruption.")
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

    schema_version: Literal[2] = 2
    model_details: ModelDetails
    intended_use: IntendedUse
    factors: Factors
    metrics: Metrics
    evaluation_data: Dataset
    training_data: Dataset
    datasheet: Datasheet
    quantitative_analyses: Quantities
    ethical_considerations: list[Consideration]
    caveats_and_recommendations: list[Caveat] = Field(description="Worst first: summaries show the first three.")
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
