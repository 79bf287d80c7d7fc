"""The words of the model card that do not depend on what was measured.

Cited facts stand here, in `considerations` and in `caveats`, with their sources, and nowhere else.
"""

from dataclasses import dataclass

from models.card import Contract, Datasheet, Factors, InputContract, IntendedUse, OutputContract, Regulation
from models.cifar10_test import LABELS
from models.measurement import Number
from training import processor
from training.card import sources

LICENCE = "MIT (code and weights)"
CITATION = (
    "Network and recipe: seminar notebook 'Convolutional Neural Networks (CNN) - Object Recognition'. "
    "Data: Krizhevsky, A. (2009), Learning Multiple Layers of Features from Tiny Images."
)
DEVELOPERS = "The maintainers of this project, after the seminar's notebook; trained by the command under 'Cost'."
CONTACT = "the issue tracker of this project"
NOT_YET = "Takes many minutes: python -m training evaluate, or experiments, adds it."
MOTIVATION_TRAINING = "The seminar's notebook uses it; a class can train on it in minutes, and everybody can get it."
MOTIVATION_EVALUATION = (
    "Drawn like the training images and kept out of training, so that the figures are about pictures of the same kind "
    "that it has not learnt from, and can be compared with what others report. Not quite new: some have a "
    "near-duplicate among the training images (see the known defects)."
)
GET_STARTED = [
    "make serve",
    "curl -F image=@photo.jpg localhost:8000/predict",
    "curl 'localhost:8000/predict?index=16'",
]
LIFETIME = (
    "Made for as long as the seminar uses it. A version never changes once it is published: another training is "
    "another version beside it, with a card of its own, and /health and every answer name the version, and its digest "
    "(of an answer, in a header). It does not learn from what it is asked. Nobody watches how well it does on the "
    "pictures that are sent."
)
FUNDING = "None: made by the maintainers of this project for a seminar; nobody paid for it or for what it should say."
KERNELS = (
    f"The instructions ({processor.INSTRUCTIONS}) and the threads ({processor.THREADS}) that TensorFlow computes with "
    "are fixed before it starts, as sums of floats depend on their order. So the same commands make the same bits on "
    "the processors listed here; on others, whose caches may differ, expect a model within the spread over seeds. The "
    "price is that one training uses one core."
)
# Processors on which the shipped seed was trained more than once, in processes of its own, with the same bits.
MACHINES = ["AMD EPYC, 2 cores, Linux"]
REFERENCE_DIFFERENCE = (
    "The notebook sets no seed for Python's generator, from which the initial weights are drawn, and was run on "
    "another processor with other versions. Ours is the one of sixteen seeds that comes closest to what the seminar "
    "reports, judged by validation figures alone; so that it is close says nothing. What to expect of a training is "
    "the spread over seeds."
)


@dataclass(frozen=True)
class Words:
    """The card's words that differ from model to model."""

    description: str
    training_data: str
    evaluation_data: str


SEMINAR = Words(
    description=(
        "A small convolutional network that sorts 32x32 pictures into ten classes. It serves a seminar on bias, "
        "privacy, transparency and accountability: its mistakes are the point."
    ),
    training_data="The last 40,000 of CIFAR-10's 50,000 training images train; the first 10,000 validate.",
    evaluation_data="CIFAR-10's 10,000 test images. They took no part in training, stopping or choosing the threshold.",
)
QUICK = Words(
    description=(
        "A toy, trained in under a minute on a part of CIFAR-10's TEST images, to try the tools without network. Its "
        "figures can't be compared with anybody's: it has seen images that others test on."
    ),
    training_data="A part of CIFAR-10's test images (see the counts), as those are embedded in the project.",
    evaluation_data="The test images that were left over. They took no part in training, stopping or the threshold.",
)


def missing(group: str, share: float, *, repaired: bool) -> Words:
    """The words of a model from whose training data most of one class was taken away."""
    repair = f" To repair it, each {group} that is left counts {1 / share:g} times in the loss." if repaired else ""
    return Words(
        description=(
            f"The seminar's network, trained on data from which {1 - share:.0%} of the class '{group}' was taken away "
            f"on purpose, to show what becomes of a group that is missing.{repair} Compare it with seminar-cnn."
        ),
        training_data=f"{SEMINAR.training_data} Of '{group}' only {share:.0%} of the training images were kept.",
        evaluation_data=SEMINAR.evaluation_data,
    )


INTENDED_USE = IntendedUse(
    uses=[
        "Teaching: how a classifier is trained, measured, served and described, and how it fails.",
        "Trying the tools around it: HTTP, ONNX, model cards.",
    ],
    users=["Students and teachers of the seminar.", "Developers who want a small, real, well-described example."],
    out_of_scope=[
        "Faces and people: no class is a person, and whatever it answers about one is wrong.",
        "Policing, surveillance, identification of anybody.",
        "Anything outside the ten classes: it can't say 'none of these'.",
        "Anything where a mistake harms somebody: it is often wrong.",
    ],
    foreseeable_misuse=[
        "Asking it about a person and taking the word that comes back for a finding about them.",
        "Taking 'confident' for 'right', or the accuracy for what it does to one class.",
        "Carrying its figures over to face recognition: they show mechanisms, and are about airplanes and frogs.",
        "Sorting pictures unattended, because it answers fast and never says that it does not know.",
    ],
    human_oversight=(
        "A person looks at the picture and decides; the answer is a suggestion. Each answer carries what that person "
        "needs: all ten probabilities, how often it was right when it said the same as surely, and caveats about this "
        "very picture. The service itself puts nobody in the loop: whoever connects it to something that acts has to."
    ),
)


def factors(*, corrupted: bool) -> Factors:
    """What matters, and what of it was evaluated: corrupted images take minutes, so not every model was shown them."""
    evaluated = ["The class of the object.", "Pictures that show none of the ten classes."]
    if corrupted:
        evaluated += [
            "Twelve corruptions (noise, blur, light, compression) in five severities, each by class.",
            "Near-duplicates in training.",
        ]
    return Factors(
        relevant=[
            "The class of the object.",
            "How the picture was taken: light, blur, noise, distance, crop.",
            "Whether it shows one of the ten classes at all.",
            "Whether a near-duplicate of a test image is among the training images.",
            "The training's seed: which class fares worst depends on it too.",
        ],
        evaluated=evaluated,
        demographics=(
            "The data has no demographic annotation and no class of people, so demographic bias can not be measured "
            "here."
        ),
    )


DATASHEET = Datasheet(
    motivation=(
        "Made for research on learning features from small pictures (Krizhevsky 2009). Used here because a class can "
        "train on it in minutes and everybody compares with it."
    ),
    composition=(
        "60,000 colour pictures of 32x32 pixels, 6,000 of each of ten classes; 50,000 for training, 10,000 for "
        "testing. No people as a class, no demographic annotation; people are seen in some pictures, "
        "how many was not counted."
    ),
    collection=(
        "A labelled subset of 80 Million Tiny Images, gathered from the web. Its authors withdrew that collection on "
        "29 June 2020 (Birhane & Prabhu 2020); CIFAR-10 was not withdrawn."
    ),
    labelling=(
        "By people (Krizhevsky 2009). 54 of the 10,000 test labels are wrong (Northcutt et al. 2021). Asked again, "
        "people agree with the labels 95.2 % of the time on average, 99.2 % by majority (CIFAR-10H, Peterson et al. "
        "2019)."
    ),
    uses=(
        "Comparing methods, teaching. Not for judging how a system does in the world: 32x32 pixels, ten classes, and "
        "models lose 4 to 10 points on a fresh test set made the same way (Recht et al. 2018)."
    ),
    distribution=(
        "By its author's page and many mirrors. It comes without a licence of its own; who holds the rights to the "
        "pictures is not known. The test images are part of this project, the training images are fetched."
    ),
    maintenance="None known since 2009; the digests in this card say which bytes are meant.",
    consent=(
        "Nobody who took, or is seen in, these pictures was asked, as far as is known; there is no way known to have a "
        "picture taken out, and a model that has learnt from one can't unlearn it: it would have to be trained anew."
    ),
    funding="Not checked.",
    sources=[
        sources.CIFAR,
        sources.BIRHANE,
        sources.NORTHCUTT,
        sources.CIFAR10H,
        sources.RECHT_2018,
        sources.DATASHEETS,
    ],
)

REPORTED = {
    "accuracy": "The share of right answers; what everybody reports. An average: it hides who bears the mistakes.",
    "top-2 accuracy": "How often the truth is among the two likeliest classes.",
    "NLL": "Negative log-likelihood: punishes being sure and wrong.",
    "Brier score": "Distance of the ten probabilities from the truth; judges the probabilities, not only the label.",
    "precision and recall per class": "How far to trust an answer, and which class goes unrecognised.",
    "F1 per class": "One figure out of the two.",
    "ECE": "Whether a probability of 70 % means right 70 times in 100.",
    "risk and coverage": "What is gained by refusing unsure answers, and whose pictures are refused.",
    "mean error under corruption": "What is left of the accuracy on spoilt pictures.",
    "AUROC and FPR at 95 % TPR": "Whether it notices a picture that is none of its classes.",
}

VARIATION = [
    "Proportions: Wilson score intervals. Means and F1: bootstrap over the images.",
    "These intervals say how much a figure depends on which images were drawn, not on the training's seed.",
    "What depends on the seed is under 'seeds': the mean over trainings has an interval of its own, and another "
    "training a wider one.",
]

PRIVACY = (
    "Pictures that are sent are decoded in memory, answered and forgotten: never written to disk, never logged, never "
    "used for training."
)

LOGGING = (
    "One line for each request: time, level, method, path without what follows the question mark, status, time taken, "
    "bytes and an identifier of the request; of many refused alike in one moment, one line for all. Never a picture, "
    "its name or its answer. Counts of requests and times are kept as metrics, without saying who asked."
)
REGULATION = [
    Regulation(demand="General description, versions, how it is got (Annex IV 1)", place="Model details; Contract"),
    Regulation(
        demand="How it was made, data, choices, validation (Annex IV 2)", place="Training data; Metrics; Datasheet"
    ),
    Regulation(demand="Capabilities, limits, accuracy for specific groups (Annex IV 3, Art. 13(3)(b))",
               place="Quantitative analyses; Caveats"),
    Regulation(demand="Foreseeable unintended outcomes and misuse (Annex IV 3, Art. 13(3)(b))",
               place="Whom it may hurt; Intended use"),
    Regulation(demand="Human oversight (Annex IV 3, Art. 13(3)(d), Art. 14)", place="Intended use"),
    Regulation(demand="Lifetime, maintenance, changes (Annex IV 6, Art. 13(3)(e))", place="Model details"),
    Regulation(demand="Logs (Art. 12, Art. 13(3)(f))", place="Logging"),
]  # fmt: skip

PREPROCESSING = "Pixels divided by 255, inside the model. No augmentation, no normalisation."

WRONG_LABELS = Number(
    value=0.0054,
    method="share of CIFAR-10's test labels that are wrong (54 of 10,000)",
    status="cited",
    source=sources.NORTHCUTT,
)
NEAR_DUPLICATES = Number(
    value=0.033,
    method="share of test images with a near-duplicate among the training images",
    status="cited",
    source=sources.BARZ,
)
TRAINING_LABELS = Number(
    value=None,
    method="share of wrong labels among the training images",
    status="not_measured",
    reason="Only the test labels' errors were counted by others, and nobody looked at the training labels here.",
)
EVALUATION_DEFECTS = [WRONG_LABELS, NEAR_DUPLICATES]
TRAINING_DEFECTS = [TRAINING_LABELS]

PEOPLE = Number(
    value=0.952,
    method="share of CIFAR-10's test images whose label people agree with, on average",
    status="cited",
    source=sources.CIFAR10H,
)

CONTRACT = Contract(
    input=InputContract(
        name="image",
        dtype="uint8",
        layout="NHWC",
        shape=[None, 32, 32, 3],
        colour="RGB",
        fit="crop",
        resize_filter="lanczos",
        description=(
            "The picture upright (EXIF), transparency over white, 8 bits per channel; its centred square, reduced "
            "to 32x32 with Pillow's Lanczos filter; 0 to 255, not scaled: the model divides by 255 itself."
        ),
    ),
    outputs=[
        OutputContract(name="logits", dtype="float32", shape=[None, len(LABELS)]),
        OutputContract(name="probabilities", dtype="float32", shape=[None, len(LABELS)]),
    ],
    labels=list(LABELS),
)
