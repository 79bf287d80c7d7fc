"""The words of the model card, and the card put together from them and the measurements.

Cited facts stand here with their sources and nowhere else.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.card import (
    Caveat,
    Consideration,
    Contract,
    Dataset,
    Datasheet,
    Factors,
    InputContract,
    IntendedUse,
    OutputContract,
)
from models.cifar10_test import LABELS
from models.evidence import Robustness
from models.number import Number, Split
from training.data import SHA256, Data

LICENCE = "MIT (code and weights)"
CITATION = (
    "Network and recipe: seminar notebook 'Convolutional Neural Networks (CNN) - Object Recognition'. "
    "Data: Krizhevsky, A. (2009), Learning Multiple Layers of Features from Tiny Images."
)
DEVELOPERS = "The maintainers of this project, after the seminar's notebook; trained by the command under 'cost'."
CONTACT = "the issue tracker of this project"
NOT_YET = "Takes many minutes: python -m training evaluate, or experiments, adds it."

_NORTHCUTT = (
    "Northcutt, Athalye & Mueller (2021), Pervasive Label Errors in Test Sets Destabilize Machine Learning Benchmarks"
)
_BARZ = "Barz & Denzler (2020), Do We Train on Test Data? Purging CIFAR of Near-Duplicates"
_RECHT = "Recht, Roelofs, Schmidt & Shankar (2018), Do CIFAR-10 Classifiers Generalize to CIFAR-10?"
_BIRHANE = "Birhane & Prabhu (2020), Large Image Datasets: A Pyrrhic Win for Computer Vision?"
_GENDER_SHADES = "Buolamwini & Gebru (2018), Gender Shades"
_NIST = "Grother, Ngan & Hanaoka (2019), NISTIR 8280"
_BBC = "Wall (2019), Biased and wrong? Facial recognition tech in the dock, BBC News, 8 July"
_AI_ACT = "Regulation (EU) 2024/1689 (AI Act), Article 5(1)(e) and (h)"


@dataclass(frozen=True)
class Words:
    """What differs between the seminar's model and a quick one."""

    description: str
    training_data: str
    evaluation_data: str


SEMINAR = Words(
    description=(
        "A small convolutional network that sorts 32x32 pictures into ten classes. It serves a seminar on bias, "
        "privacy, transparency and accountability: its mistakes are the point, and it overfits."
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
)


def factors(robustness: Robustness | None) -> Factors:
    """What matters, and what of it was evaluated."""
    evaluated = ["The class of the object.", "Pictures that show none of the ten classes."]
    if robustness:
        evaluated += ["Twelve corruptions (noise, blur, light, compression) in five severities, each by class."]
    return Factors(
        relevant=[
            "The class of the object.",
            "How the picture was taken: light, blur, noise, distance, crop.",
            "Whether it shows one of the ten classes at all.",
            "Whether a near-duplicate of a test image is among the training images (others counted; not measured "
            "here).",
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
        "testing. No people as a class, no demographic annotation; whether people are seen in some pictures was not "
        "checked."
    ),
    collection=(
        "A labelled subset of 80 Million Tiny Images, gathered from the web by search words without asking anybody "
        f"({_BIRHANE}). Its authors withdrew that collection on 29 June 2020; CIFAR-10 was not withdrawn."
    ),
    labelling=(
        f"By people (Krizhevsky 2009). 54 of the 10,000 test labels are wrong ({_NORTHCUTT}). Asked again, people "
        "agree with the labels 95.2 % of the time on average, 99.2 % by majority (CIFAR-10H, Peterson et al. 2019)."
    ),
    uses=(
        "Comparing methods, teaching. Not for judging how a system does in the world: 32x32 pixels, ten classes, and "
        f"models lose 4 to 10 points on a fresh test set made the same way ({_RECHT})."
    ),
    distribution=(
        "By its author's page and many mirrors. It comes without a licence of its own; who holds the rights to the "
        "pictures is not known. The test images are part of this project, the training images are fetched."
    ),
    maintenance="None known since 2009; the digests in this card say which bytes are meant.",
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

PRIVACY = (
    "Pictures that are sent are decoded in memory, answered and forgotten: never written to disk, never logged, never "
    "used for training."
)

PREPROCESSING = "Pixels divided by 255, inside the model. No augmentation, no normalisation."


def cited(value: float, method: str, source: str) -> Number:
    """A figure from somebody else's work."""
    return Number(value=value, method=method, status="cited", source=source)


def unmeasured(method: str, reason: str) -> Number:
    """A figure that is missing, and why."""
    return Number(value=None, method=method, status="not_measured", reason=reason)


MOTIVATION_TRAINING = "The seminar's notebook uses it; a class can train on it in minutes, and everybody can get it."
MOTIVATION_EVALUATION = (
    "Drawn like the training images and never shown in training, so that the figures are about new pictures of the "
    "same kind, and can be compared with what others report."
)


def dataset(description: str, motivation: str, splits: dict[Split, Data], files: list[str]) -> Dataset:
    """The data of these splits: counts per class, digests, known defects."""
    return Dataset(
        name="CIFAR-10",
        description=description,
        motivation=motivation,
        counts={
            split: dict(zip(LABELS, np.bincount(data.labels, minlength=len(LABELS)).tolist(), strict=True))
            for split, data in splits.items()
        },
        sha256={name: SHA256[name] for name in files},
        preprocessing=PREPROCESSING,
        known_defects=[
            cited(0.0054, "share of CIFAR-10's test labels that are wrong (54 of 10,000)", _NORTHCUTT),
            cited(0.033, "share of test images with a near-duplicate among the training images", _BARZ),
        ],
    )


def contract() -> Contract:
    """What goes into model.onnx and what comes out."""
    shape = [None, len(LABELS)]
    return Contract(
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
            OutputContract(name="logits", dtype="float32", shape=shape),
            OutputContract(name="probabilities", dtype="float32", shape=shape),
        ],
        labels=list(LABELS),
    )


def considerations(facts: dict[str, str]) -> list[Consideration]:
    """Ethical considerations: each a source and what is measured here that shows the same mechanism."""
    return [
        Consideration(
            topic="Averages hide groups",
            text=(
                "Commercial systems that classify gender got darker-skinned women wrong up to 34.7 % of the time and "
                "lighter-skinned men at most 0.8 %. (Classifying gender is not identifying a person.) The overall "
                "figure says nothing about who bears the errors."
            ),
            source=_GENDER_SHADES,
            mechanism=f"{facts['gap']} The classes are no groups of people: this shows the mechanism, not its harm.",
        ),
        Consideration(
            topic="Error rates differ between groups, and between algorithms",
            text=(
                "Over 189 face recognition algorithms, false positive rates often vary by factors of 10 to beyond 100 "
                "between demographic groups; for some developers' identification algorithms no difference was "
                "detectable. Measuring is what tells them apart."
            ),
            source=_NIST,
            mechanism=facts["coverage"],
        ),
        Consideration(
            topic="Use by the police",
            text="What is at stake when a classifier's mistake stops a person in the street.",
            source=_BBC,
            mechanism=facts["confident"],
        ),
        Consideration(
            topic="A closed set has no room for who was not thought of",
            text=(
                "Whatever is shown, one of the listed answers comes out. A face recognition system asked about "
                "somebody who is in no database has the same trouble, and there somebody else bears the answer."
            ),
            source=_BBC,
            mechanism=facts["portrait"],
        ),
        Consideration(
            topic="Law",
            text=(
                "In the EU the untargeted scraping of facial images is banned, and so is real-time remote biometric "
                "identification in public for law enforcement save for listed exceptions; both since 2 February 2025. "
                "This model does neither; the sentence is for the discussion and claims no compliance with anything."
            ),
            source=_AI_ACT,
            mechanism="None: no measurement here bears on it.",
        ),
        Consideration(
            topic="Where the data comes from",
            text=(
                "CIFAR-10 is a labelled subset of 80 Million Tiny Images, gathered from the web without asking "
                "anybody. Its authors withdrew that collection on 29 June 2020 for offensive images and derogatory "
                "categories. CIFAR-10 itself was not withdrawn."
            ),
            source=f"Krizhevsky (2009); {_BIRHANE}",
            mechanism="The digests of the data are in this card: it is exactly that dataset, unchanged.",
        ),
    ]


def caveats(facts: dict[str, str]) -> list[Caveat]:
    """Caveats, worst first, each with what to do and the measurement it rests on."""
    return [
        Caveat(
            caveat="It is often wrong.",
            recommendation="Don't act on an answer. Look at the probability and at 'confident', and at the picture.",
            measurement=facts["accuracy"],
        ),
        Caveat(
            caveat="It is wrong about some classes much more often than about others.",
            recommendation="Read the recall of the class that matters to you, not the accuracy.",
            measurement=facts["gap"],
        ),
        Caveat(
            caveat="It does not notice a picture that is none of its classes.",
            recommendation="Ask yourself whether the picture shows one of the ten; the model can't.",
            measurement=facts["strangers"],
        ),
        Caveat(
            caveat="It overfits: it knows its training images better than the world.",
            recommendation="Never judge a model by its training accuracy.",
            measurement=facts["overfitting"],
        ),
        Caveat(
            caveat="It takes an automobile for a bird now and then.",
            recommendation="Look at the examples in the list of confusions and ask what the network may have seen.",
            measurement=facts["seminar"],
        ),
        Caveat(
            caveat="A confident answer can be wrong too.",
            recommendation="Treat 'confident' as a filter, not as a promise.",
            measurement=facts["confident"],
        ),
        Caveat(
            caveat="Its probabilities are too high or too low.",
            recommendation="Read the calibrated probability and the precision beside it.",
            measurement=facts["calibration"],
        ),
        Caveat(
            caveat="Noise, blur and bad light make it worse, and not for all classes alike.",
            recommendation="Don't carry its figures over to pictures taken otherwise.",
            measurement=facts["robustness"],
        ),
        Caveat(
            caveat="It is right only where pixels are prepared as the contract says.",
            recommendation="Leave decoding and scaling to the service, or to the graph.",
            measurement=facts["misuse"],
        ),
        Caveat(
            caveat="Fresh pictures are harder than the test images.",
            recommendation="Expect less on pictures of your own.",
            measurement=f"Not measured here. Others lost 4 to 10 points on a new test set ({_RECHT}).",
        ),
    ]


def facts(measured: dict[str, Any]) -> dict[str, str]:
    """The measurements that the card's sentences rest on, in words."""
    decision, seminar = measured["decision"], measured["seminar"]
    worst, best = measured["worst"], measured["best"]
    calibration, portrait, robustness = measured["calibration"], measured["portrait"], measured["robustness"]
    coverage = sorted(measured["selective"].coverage.items(), key=lambda item: item[1].value or 0)
    hardest = max(measured["strangers"].sets, key=lambda each: each.fpr95_energy.value or 0)
    return {
        "calibration": (
            f"On the test images the expected calibration error is {calibration.ece.value:.3f}; with the temperature "
            f"{calibration.temperature.value:.2f}, chosen on validation, {calibration.ece_calibrated.value:.3f}."
        ),
        "coverage": (
            f"A confident answer goes to {percent(coverage[-1][1])} of the test images of {coverage[-1][0]}, to "
            f"{percent(coverage[0][1])} of those of {coverage[0][0]}: who is refused depends on the class."
        ),
        "portrait": (
            f"The portrait of a person is called '{portrait.label}' with probability {portrait.probability.value:.2f}. "
            f"{portrait.text}"
        ),
        "strangers": (
            f"With 95 % of the test images let through, {percent(hardest.fpr95_energy)} of the {hardest.name} pass "
            f"too; {percent(hardest.confident)} of them get a confident answer."
        ),
        "robustness": (
            f"Mean error over twelve corruptions and five severities: {robustness.mean_error.value:.3f}."
            if robustness
            else "Not measured for this model."
        ),
        "misuse": "Accuracy, when pixels are prepared otherwise: "
        + "; ".join(f"{each.change}: {each.accuracy.value:.3f}" for each in measured["misuse"])
        + ".",
        "accuracy": f"Accuracy on the test images: {percent(measured['accuracy'])}.",
        "gap": f"Recall of {best[0]}: {percent(best[1])}; of {worst[0]}: {percent(worst[1])}.",
        "overfitting": measured["overfitting"],
        "seminar": f"{seminar.count} test automobiles are called a bird, such as images {seminar.examples}.",
        "confident": (
            f"Of the confident answers on the test images {percent(decision.test_error)} are wrong; "
            f"{percent(decision.test_coverage)} of the answers are confident."
        ),
    }


def percent(number: Number) -> str:
    """A share in words, with its interval."""
    if number.value is None:
        return "not measured"
    text = f"{number.value:.1%}"
    if number.ci:
        text += f" ({number.ci.level:.0%} interval {number.ci.lower:.1%} to {number.ci.upper:.1%}, n = {number.n:,})"
    return text
