"""What was found, in words: sentences that are made from a card's numbers, and say only what these say."""

from itertools import pairwise

from models.card import Card, ClassMetrics, Epoch
from models.evidence import LabelTrust
from models.measurement import Number
from training.card import seeds
from training.card.words import NBSP, listed, measured, points, share

# Of fewer answers a share says next to nothing.
_LEAST = 20


def value(number: Number) -> float:
    """A number's value; 0 where there is none, which its sentence is then not made for."""
    return number.value or 0.0


def worst_and_best(card: Card) -> tuple[str, str]:
    """The classes with the lowest and the highest recall on the test images."""
    classes = card.quantitative_analyses.per_class
    worst, *_, best = sorted(classes, key=lambda label: value(classes[label].recall))
    return worst, best


def accuracy(card: Card) -> str:
    """The average, and what people reach."""
    found = card.quantitative_analyses
    text = f"Accuracy on the test images: {measured(found.splits['test'].accuracy)}."
    if found.people.value is not None and found.splits["test"].accuracy.value is not None:
        text += f" People agree with the label of {share(found.people.value)} of such pictures on average."
    return text


def recalls(card: Card) -> str:
    """Best and worst class of this file."""
    classes: dict[str, ClassMetrics] = card.quantitative_analyses.per_class
    worst, best = worst_and_best(card)
    return f"Recall of {best}: {measured(classes[best].recall)}; of {worst}: {measured(classes[worst].recall)}."


def lesson(card: Card) -> str:
    """Whom the errors hit by seed, or nothing where the other trainings were not made."""
    found = card.quantitative_analyses.seeds
    return "" if found is None else seeds.lesson(found)


def coverage(card: Card) -> str:
    """Who gets a confident answer."""
    shares = card.quantitative_analyses.selective.coverage
    (least, refused), *_, (most, accepted) = sorted(shares.items(), key=lambda item: value(item[1]))
    return (
        f"A confident answer goes to {measured(accepted)} of the test images of {most}, to {measured(refused)} of "
        f"those of {least}: who is refused depends on the class."
    )


def confident(card: Card) -> str:
    """What a confident answer is worth on average."""
    decision = card.metrics.decision
    return (
        f"Of the confident answers on the test images {measured(decision.test_error)} are wrong; "
        f"{share(decision.test_coverage.value)} of the answers are confident."
    )


def confident_by_label(card: Card) -> str:
    """What it is worth by answer and by truth."""
    labels = card.quantitative_analyses.label_thresholds.labels
    answered = [each for each in labels if (each.wrong_as_answer.n or 0) >= _LEAST]
    shown = [each for each in labels if (each.wrong_as_truth.n or 0) >= _LEAST]
    if len(answered) < 2 or len(shown) < 2:
        return f"Of fewer than two labels there are {_LEAST} confident answers, too few to compare them."
    by_answer, by_truth = _ends(answered, "wrong_as_answer"), _ends(shown, "wrong_as_truth")
    return (
        f"Among labels with {_LEAST} or more such answers: "
        f"of the confident answers '{by_answer[1].label}' {measured(by_answer[1].wrong_as_answer)} are wrong, of those "
        f"'{by_answer[0].label}' {measured(by_answer[0].wrong_as_answer)}. Of the test images of {by_truth[1].label} "
        f"that get a confident answer {measured(by_truth[1].wrong_as_truth)} get a wrong one, of those of "
        f"{by_truth[0].label} {measured(by_truth[0].wrong_as_truth)}."
    )


def unreliable(card: Card) -> str:
    """The labels that the one threshold does not keep its promise for."""
    labels = card.quantitative_analyses.label_thresholds.unreliable
    if not labels:
        return "No label's confident answers are wrong clearly more often than one time in ten."
    return (
        f"Confident answers {listed(repr(label) for label in labels)} were wrong more than one time in ten on the "
        "validation images, by their whole intervals; /predict adds the caveat 'unreliable-label' to them."
    )


def _ends(labels: list[LabelTrust], name: str) -> tuple[LabelTrust, LabelTrust]:
    ordered = sorted(labels, key=lambda each: value(getattr(each, name)))
    return ordered[0], ordered[-1]


def false_positives(card: Card) -> str:
    """How often other things are taken for a class, and how much that differs between classes."""
    low, high = _ends(card.quantitative_analyses.label_thresholds.labels, "false_positive_rate")
    text = (
        f"Of the test images of other classes {measured(high.false_positive_rate)} are taken for {high.label}, "
        f"{measured(low.false_positive_rate)} for {low.label}"
    )
    if value(low.false_positive_rate) > 0:
        text += f": a factor of {value(high.false_positive_rate) / value(low.false_positive_rate):.1f}"
    return text + "."


def overfitting(epochs: list[Epoch], gap: Number, *, weighted: bool = False) -> str:
    """What the learning curve and the gap say; overfitting is named where both show it and the losses compare."""
    best = min(epochs, key=lambda epoch: epoch.val_loss)
    last = epochs[-1]
    text = f"Accuracy on the training images is {points(value(gap))} {'above' if value(gap) >= 0 else 'below'} "
    text += f"that on the test images{f' ({gap.slice})' if gap.slice else ''}."
    if best is last:
        return f"{text} The validation loss was still falling when training stopped, after {len(epochs)} epochs."
    text += (
        f" The validation loss was lowest ({best.val_loss:.3f}) in epoch {best.epoch}; in the last, epoch "
        f"{last.epoch}, it was {last.val_loss:.3f}"
    )
    if weighted:
        return (
            f"{text}; the training loss counts what is left of one class for as much as was taken away, so that it "
            "does not compare with that."
        )
    after = epochs[epochs.index(best) :]
    if value(gap) > 0 and all(later.loss < earlier.loss for earlier, later in pairwise(after)):
        text += ", while the training loss kept falling: overfitting"
    return text + "."


def automobile_for_bird(card: Card) -> str:
    """The seminar's own example, or nothing where no automobile is called a bird."""
    confusions = card.quantitative_analyses.confusions
    seminar = next(each for each in confusions if (each.truth, each.answer) == ("automobile", "bird"))
    if not seminar.count:
        return ""
    some = f" such as image{'s' * (len(seminar.examples) > 1)} {listed(map(str, seminar.examples))}"
    return f"{seminar.count} of the test images of an automobile are called a bird,{some}."


def calibration(card: Card) -> str:
    """Whether the temperature helps."""
    found = card.quantitative_analyses.calibration
    text = (
        f"On the test images the expected calibration error is {value(found.ece):.3f} (perfectly calibrated answers "
        f"would come to {value(found.ece_floor):.3f}); with the temperature {value(found.temperature):.2f}, chosen on "
        f"validation, {value(found.ece_calibrated):.3f}"
    )
    if not temperature_helps(card):
        text += ": for this model the temperature makes it no better"
    return text + "."


def temperature_helps(card: Card) -> bool:
    """Whether the calibrated probability is nearer to the truth than the model's own."""
    found = card.quantitative_analyses.calibration
    return value(found.ece_calibrated) < value(found.ece)


def robustness(card: Card) -> str:
    """What corruption does."""
    found = card.quantitative_analyses.robustness
    if found.mean_error.value is None:
        return "Not measured for this model."
    clean = 1 - value(card.quantitative_analyses.splits["test"].accuracy)
    return (
        f"Mean error over twelve corruptions and five severities: {measured(found.mean_error)}; without corruption "
        f"{share(clean)}."
    )


def out_of_distribution(card: Card) -> str:
    """What passes for one of the classes, and where the energy is no help at all."""
    sets = card.quantitative_analyses.out_of_distribution.sets
    most = max(value(each.fpr95_energy) for each in sets)
    hardest = [each for each in sets if value(each.fpr95_energy) == most]
    passing = measured(hardest[0].fpr95_energy) if len(hardest) == 1 else share(most)
    text = (
        f"With 95{NBSP}% of the test images let through, {passing} of the {listed(each.name for each in hardest)} pass "
        f"too{' (each)' if len(hardest) > 1 else ''}. Confident answers go to "
        + listed(f"{share(each.confident.value)} of the {each.name}" for each in sets)
        + "."
    )
    familiar = [each for each in sets if each.auroc_energy.ci and each.auroc_energy.ci.upper < 0.5]
    if familiar:
        text += (
            f" By their energy the {listed(each.name for each in familiar)} look more familiar than test images "
            f"(AUROC {listed(f'{value(each.auroc_energy):.2f}' for each in familiar)}): for such pictures the absence "
            "of the caveat 'out-of-distribution' says nothing."
        )
    return text


def contract_violations(card: Card) -> str:
    """What other ways to prepare the pixels come to."""
    found = card.quantitative_analyses.contract_violations
    return (
        "Accuracy, by how the pixels are prepared: "
        + "; ".join(f"{each.change}: {share(each.accuracy.value)}" for each in found)
        + "."
    )


def portrait(card: Card) -> str:
    """What it calls a person."""
    found = card.quantitative_analyses.portrait
    return (
        f"The portrait of a person is called '{found.label}' with probability {value(found.probability):.2f}. "
        f"{found.text}"
    )


def near_duplicates(card: Card) -> str:
    """What near-duplicates in training are worth."""
    found = card.quantitative_analyses.near_duplicates
    if found is None or found.difference.value is None:
        return ""
    ci = found.difference.ci
    text = (
        f"{share(found.share.value)} of the test images have a near-duplicate among the training images; of these "
        f"{share(found.accuracy_with.value)} are recognised, of the others {share(found.accuracy_without.value)} "
        "(classes are not weighed against each other)"
    )
    if ci and ci.lower <= 0 <= ci.upper:
        text += "; the interval of the difference includes nought"
    return text + "."


def adversarial(card: Card) -> str:
    """What a change that nobody sees does."""
    found = card.quantitative_analyses.adversarial
    if not found:
        return ""
    return (
        "Accuracy, when each value of 0 to 255 moves a little as the gradient says (FGSM; better attacks leave less): "
        + ", ".join(
            f"by at most {each.epsilon}: {share(each.accuracy.value)}"
            if each.epsilon
            else f"unchanged: {share(each.accuracy.value)}"
            for each in found
        )
        + "."
    )


def missing_group(card: Card) -> str:
    """What becomes of a class of which 1 % is left, on average over the trainings."""
    parts = []
    for run in card.quantitative_analyses.missing_group:
        whole = next(
            (w for w in card.quantitative_analyses.missing_group if w.group == run.group and w.share == 1), None
        )
        if (
            whole is not None
            and run.share == min(r.share for r in card.quantitative_analyses.missing_group)
            and (not run.repaired)
        ):
            parts.append(
                f"with {share(run.share, 0)} of the images of {run.group} left, its mean recall went from "
                f"{share(whole.recall.value)} to {share(run.recall.value)}, the accuracy from "
                f"{share(whole.accuracy.value)} to {share(run.accuracy.value)} (n = {len(run.recalls)} trainings, "
                "same seeds)"
            )
    return f"{'; '.join(parts)[:1].upper()}{'; '.join(parts)[1:]}." if parts else ""
