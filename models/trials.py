"""The parts of a model card that rest on more trainings than the model's own."""

from pydantic import Field

from models.measurement import Number, Record


class SeedRun(Record):
    """One training of the whole recipe."""

    python_seed: int
    shift: int = Field(
        description="How far all three seeds are from those; 0: NumPy's and TensorFlow's are the notebook's."
    )
    epochs: int
    validation_accuracy: Number
    validation_loss: float
    test_accuracy: Number
    recalls: dict[str, float] = Field(description="Of each class on the test split.")
    worst: str = Field(description="The class with the lowest recall.")


class ClassSpread(Record):
    """One class over the trainings of the same recipe with other seeds."""

    recall: Number = Field(description="Mean over the trainings.")
    deviation: float = Field(description="Standard deviation over the trainings.")
    lowest: float
    highest: float
    times_worst: int = Field(description="In how many trainings no class had a lower recall.")


class SeedSpread(Record):
    """What another training of the same recipe would come to."""

    runs: list[SeedRun] = Field(description="With all three seeds moved; shift 0 is the shipped model.")
    candidates: list[SeedRun] = Field(description="Those among which the shipped seed was chosen.")
    choice: str = Field(description="How it was chosen.")
    classes: dict[str, ClassSpread]
    gap: Number = Field(description="Best recall minus worst of a training, mean over the trainings.")
    gaps: list[float] = Field(description="Of each training.")


class GroupRun(Record):
    """What becomes of a class of which only a share of the training images is left, over several trainings."""

    group: str
    share: float = Field(gt=0, le=1)
    repaired: bool = Field(description="Whether the loss counted what was left for as much as was taken away.")
    shifts: list[int] = Field(description="The seeds' shift in each training.")
    recall: Number
    recalls: list[float] = Field(description="Of each training.")
    accuracy: Number
    accuracies: list[float] = Field(description="Of each training, over all classes.")
    others: Number = Field(description="Mean accuracy over the images of the other nine classes.")


class Pair(Record):
    """Two models of the same seeds on the same test images: one as described, one on the whole data."""

    shift: int
    gained: int = Field(description="Test images that only this one gets right.")
    lost: int = Field(description="Test images that only the other gets right.")
    p: float = Field(description="McNemar's exact test, two-sided.")
    accuracy: Number = Field(description="Difference of the accuracies, this one minus the other.")
    recall: Number = Field(description="Difference of the group's recalls.")
    others: Number = Field(description="Difference of the accuracies over the other nine classes.")


class Comparison(Record):
    """A model that misses most of a class, against its kin."""

    compared_with: str
    pairs: list[Pair]
    bound: str = Field(description="Why the average can fall by so little.")
    verdict: str
