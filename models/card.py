"""The model card's schema, shared by training (which writes cards) and the service (which reads and shows them).

The sections are those of Mitchell et al., "Model Cards for Model Reporting", FAT* 2019. Every number that makes a claim
is a `Number`: a value with its interval, its n, its split and how it was got; one that nobody measured says why.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from models.evidence import (
    Attacked,
    BaseRate,
    Calibration,
    ContractViolation,
    Exercise,
    LabelThresholds,
    Membership,
    NearDuplicates,
    OutOfDistribution,
    Portrait,
    Robustness,
    Selective,
    TrackRecord,
)
from models.measurement import Number, Record, Sha256, Source, Split
from models.trials import Comparison, GroupRun, SeedSpread


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
    kernels: str = Field(description="What was fixed so that other machines make the same bits, and what it costs.")
    machines: list[str] = Field(description="Processors seen to make the same bits.")


class Reference(Record):
    """What the seminar reports of its own run, and this model beside it."""

    source: Source
    epochs: Number
    validation_accuracy: Number
    validation_loss: Number
    own_epochs: int
    own_validation_accuracy: Number
    own_validation_loss: Number
    difference: str = Field(description="Why they differ.")


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
    reference: Reference | None = Field(default=None, description="Of the seminar's recipe alone.")
    get_started: list[str] = Field(description="Commands.")
    lifetime: str = Field(description="How long it is meant to serve, what changes, and who says so.")
    funding: str
    licence: str
    citation: str
    sources: list[Source]
    contact: str


class IntendedUse(Record):
    """What the model is for, for whom, and what it is not for."""

    uses: list[str]
    users: list[str]
    out_of_scope: list[str]
    foreseeable_misuse: list[str]
    human_oversight: str


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
    chosen_anew: Number = Field(description="The test error with the threshold's own choice in its interval.")


class Metrics(Record):
    """Which figures are reported and why, the decision threshold, and the variation."""

    reported: dict[str, str] = Field(description="Metric and why it is reported.")
    decision: Decision
    variation: list[str]
    seed_spread: Number
    next_training: Number = Field(description="Where the test accuracy of another training will lie.")


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
    consent: str = Field(description="Whether those concerned were asked, and how they could take their consent back.")
    funding: str
    sources: list[Source]


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
    exercise: list[Exercise] = Field(description="The seminar's exercise: the first test images, one by one.")
    people: Number = Field(description="How often people are right about such pictures.")
    seeds: SeedSpread | None = Field(default=None, description="Trainings of the same recipe with other seeds.")
    missing_group: list[GroupRun] = Field(
        default=[], description="The missing-group experiment: it shows a mechanism and measures no demographic bias."
    )
    comparison: Comparison | None = Field(default=None, description="Of a model that misses most of a class.")
    label_thresholds: LabelThresholds
    base_rate: BaseRate | None
    membership: Membership | None = None
    near_duplicates: NearDuplicates | None = None
    adversarial: list[Attacked] = Field(default=[], description="Accuracy under the fast gradient sign method.")
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
    """A point of the discussion about what such a technology does to people, and what this model shows of it."""

    topic: str
    harm: str = Field(description="What happens; of a benefit, what is gained.")
    who_bears_it: str
    mechanism: str = Field(description="What is measured here that works the same way, or that nothing here shows it.")
    numbers: dict[str, Number] = Field(description="That the mechanism rests on, by what they are.")
    mitigation: str = Field(description="What this service does about it, and what it can't.")
    sources: list[Source]


class Caveat(Record):
    """A caveat, what to do about it, and the measurement it rests on."""

    caveat: str
    recommendation: str
    measurement: str
    sources: list[Source] = Field(default=[], description="Works that it cites.")


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
    percentiles: dict[str, float] = Field(description="Of the single calls, in microseconds.")


class Regulation(Record):
    """One demand of a law, and where this card says something of it: a voluntary mapping, no claim of compliance."""

    demand: str
    place: str


class Card(Record):
    """A whole model card."""

    schema_version: Literal[3] = 3
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
    logging: str = Field(description="What is written down of a request, and what never is.")
    regulation: list[Regulation]
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
