"""Whom such a technology may hurt: the seminar's argument, point by point, and what this model shows of each.

Of Wall (2019), Preez (2024) and Gargaro (2024) the card says what the seminar takes from them.
"""

from models.card import Card, Consideration
from models.measurement import Number
from training.card import findings, sources
from training.card.words import measured, share

NOTHING = "Nothing here shows it."
_INNOCENT = "People who have done nothing, and are taken for somebody else."


def considerations(card: Card) -> list[Consideration]:
    """Ethical considerations: the seminar's points in its order, then others'."""
    return [
        _benefit(card),
        _accuracy(card),
        _privacy(card),
        _scale(card),
        _data(),
        _fraud(),
        _transparency(card),
        _biased_data(card),
        _averages(card),
        _false_alarms(card),
        _closed_set(card),
        _what_would_help(card),
        _law(),
        _origin(),
    ]


def _benefit(card: Card) -> Consideration:
    found = card.quantitative_analyses
    return Consideration(
        topic="Benefit: a system that were always right could save lives",
        harm=(
            "As the seminar reads it: recognising somebody who plans a crime or an act of terrorism could save lives, "
            "so the technology is not to be discounted. Not to use it has a price too."
        ),
        who_bears_it="Those whom it would have protected, if it is not used; those whom it gets wrong, if it is.",
        mechanism=f"Nothing here shows the benefit; what is measured is how far this model is from always right. "
        f"{findings.accuracy(card)}",
        numbers={"accuracy": found.splits["test"].accuracy, "people": found.people},
        mitigation="None is needed for a benefit. What the service can do is never to promise it: each answer says how "
        "often such an answer was right.",
        sources=[sources.WALL],
    )


def _accuracy(card: Card) -> Consideration:
    decision = card.metrics.decision
    return Consideration(
        topic="Accuracy: models are not completely accurate, and innocent people are harmed",
        harm="As the seminar reads it: in most cases the models are not completely accurate, and what they get wrong "
        "falls on innocent people.",
        who_bears_it=_INNOCENT,
        mechanism=f"{findings.confident(card)} {findings.confident_by_label(card)}",
        numbers={"error of confident answers": decision.test_error, "share of them": decision.test_coverage},
        mitigation="Each answer carries its track record and says whether it is confident. "
        f"{findings.unreliable(card)} The service can't know which of its answers is wrong.",
        sources=[sources.WALL, sources.JONES],
    )


def _privacy(card: Card) -> Consideration:
    found = card.quantitative_analyses.membership
    numbers: dict[str, Number] = {}
    mechanism = (
        "Nothing here shows tracking: it recognises nobody. What a model gives away about the pictures that it learnt "
        "from was not measured for this one."
    )
    if found is not None:
        mechanism = (
            "Nothing here shows tracking: it recognises nobody. What can be measured is what the model gives away "
            f"about whose pictures it learnt from. {found.text}"
        )
        numbers = {
            "loss threshold": found.loss_accuracy,
            "likelihood ratio, AUROC": found.likelihood_auroc,
            "likelihood ratio, found at 1 % false": found.likelihood_tpr,
        }
    return Consideration(
        topic="Privacy: live recognition and tracking",
        harm="As the seminar reads it: recognising and following people live infringes on the privacy of innocent "
        "people.",
        who_bears_it="Everybody who walks by a camera; and whoever's pictures a model was trained on.",
        mechanism=mechanism,
        numbers=numbers,
        mitigation="Pictures that are sent are neither stored nor logged, and nothing is learnt from them. What the "
        "model has learnt already can't be taken out of it.",
        sources=[sources.WALL, sources.YEOM, sources.CARLINI],
    )


def _scale(card: Card) -> Consideration:
    found = card.quantitative_analyses.base_rate
    return Consideration(
        topic="Scale: hard to use on many people",
        harm="As the seminar reads it, such systems are hard to use at scale. When one in many is sought, even rare "
        "false alarms outnumber the true ones.",
        who_bears_it=_INNOCENT,
        mechanism=f"An illustration: {found.arithmetic} {found.limits}"
        if found
        else f"{NOTHING} This model's confident answers about automobiles are too few for the arithmetic.",
        numbers={
            "found": found.recall,
            "false alarms": found.false_positive_rate,
            "true alarms among all": found.true_alarms,
        }
        if found
        else {},
        mitigation="None: no threshold changes how rare the sought are. The service names classes and searches for "
        "nobody.",
        sources=[sources.PREEZ],
    )


def _data() -> Consideration:
    return Consideration(
        topic="Data vulnerability: a face can't be changed like a password",
        harm="As the seminar reads it: biometric data can be stolen, and who lost it can't choose a new face.",
        who_bears_it="Those whose faces are stored, for life.",
        mechanism=f"{NOTHING} No class is a person, though people are seen in some pictures. Of what is sent "
        "the service keeps nothing.",
        numbers={},
        mitigation="What is not kept can't be stolen: pictures are decoded in memory, answered and forgotten (a test "
        "sends pictures and looks for traces of them). A proxy or a program in between may keep them all the same.",
        sources=[sources.WALL],
    )


def _fraud() -> Consideration:
    return Consideration(
        topic="Fraud and crime with what is collected and stored",
        harm="As the seminar reads it: what is collected and stored can serve fraud and other crimes.",
        who_bears_it="Those whose data was collected, and those who are deceived with it.",
        mechanism=NOTHING,
        numbers={},
        mitigation="The service collects nothing. It can't say anything about systems that do.",
        sources=[sources.WALL],
    )


def _transparency(card: Card) -> Consideration:
    quantities = card.quantitative_analyses
    average, gap = quantities.splits["test"].accuracy, quantities.class_gap
    mechanism = (
        f"A card with one figure would say: accuracy {share(average.value)}. It would say nothing of the "
        f"{100 * findings.value(gap):.0f} points between the best and the worst class of this very file."
    )
    return Consideration(
        topic="Transparency and accountability are lacking",
        harm="As the seminar reads it: those concerned can't see how such a system decides, how often it fails and "
        "whom, and nobody answers for it.",
        who_bears_it="Those about whom it decides, and who can't object to what they can't see.",
        mechanism=mechanism,
        numbers={"accuracy": average, "gap between classes": gap},
        mitigation="This card, with how each figure was got; every answer names the model, its version and this "
        f"card. A card makes nobody accountable by itself: complaints go to {card.model_details.contact}.",
        sources=[sources.GARGARO, sources.MITCHELL],
    )


def _biased_data(card: Card) -> Consideration:
    runs = card.quantitative_analyses.missing_group
    comparison = card.quantitative_analyses.comparison
    if comparison is not None:
        mechanism = f"{comparison.bound} {comparison.verdict}"
        numbers = {"difference of recall": comparison.pairs[0].recall, "of accuracy": comparison.pairs[0].accuracy}
    elif runs:
        mechanism = f"A class stands for a group here, cut down on purpose. {findings.missing_group(card)}"
        least = [run for run in runs if run.share == min(each.share for each in runs) and not run.repaired]
        numbers = {f"recall of {run.group}": run.recall for run in least}
    else:
        mechanism, numbers = "Not measured for this model; the card of seminar-cnn has the experiment.", {}
    return Consideration(
        topic="Biased data sets make it wrong about marginalised groups",
        harm="As the seminar reads it: systems that learn from biased data are wrong about marginalised groups more "
        "often.",
        who_bears_it="Groups that are rare in the data, or missing.",
        mechanism=f"{mechanism} The classes are no groups of people: this shows the mechanism, not its harm.",
        numbers=numbers,
        mitigation="Models that miss a class on purpose are served beside this one, so that the harm can be seen. "
        "Demographic bias can't be measured here: the data says nothing about people.",
        sources=[sources.WALL],
    )


def _averages(card: Card) -> Consideration:
    classes = card.quantitative_analyses.per_class
    worst, best = findings.worst_and_best(card)
    said = [findings.recalls(card), findings.lesson(card)]
    return Consideration(
        topic="Averages hide groups",
        harm="Commercial systems that classify gender got darker-skinned women wrong up to 34.7 % of the time and "
        "lighter-skinned men at most 0.8 %. (Classifying gender is not identifying a person.)",
        who_bears_it="The group that the average is not about.",
        mechanism=" ".join(filter(None, said)),
        numbers={f"recall of {worst}": classes[worst].recall, f"recall of {best}": classes[best].recall},
        mitigation="Every figure here stands by class beside the average, and over trainings with other seeds where "
        "they were made. The service can't make the classes equal.",
        sources=[sources.GENDER_SHADES],
    )


def _false_alarms(card: Card) -> Consideration:
    labels = sorted(
        card.quantitative_analyses.label_thresholds.labels, key=lambda each: findings.value(each.false_positive_rate)
    )
    return Consideration(
        topic="False alarms differ between groups, and between algorithms",
        harm="Across 189 face recognition algorithms, false positive rates often vary by factors of 10 to beyond 100 "
        "between demographic groups; for some developers' identification algorithms no difference was detectable.",
        who_bears_it="The group whose members are taken for one another, or for the sought.",
        mechanism=findings.false_positives(card),
        numbers={
            f"taken for {labels[-1].label}": labels[-1].false_positive_rate,
            f"taken for {labels[0].label}": labels[0].false_positive_rate,
        },
        mitigation="The card lists them by class. One threshold for all lets them differ; what thresholds by label "
        "would do, and cost in coverage, stands beside it.",
        sources=[sources.NIST],
    )


def _closed_set(card: Card) -> Consideration:
    found = card.quantitative_analyses.portrait
    numbers = {"probability": found.probability} if found.probability.value is not None else {}
    return Consideration(
        topic="Who was not thought of gets an answer all the same",
        harm="A system with a list of answers gives one of them. One that searches a watchlist can say that nobody "
        "matches; it fails by a false match, a name for somebody who is not on the list.",
        who_bears_it=_INNOCENT,
        mechanism=findings.portrait(card),
        numbers=numbers,
        mitigation=f"Each answer about a picture that was sent has the caveat 'closed-set', and 'out-of-distribution' "
        f"where its energy is unusual. {findings.out_of_distribution(card)}",
        sources=[sources.NIST, sources.LIU],
    )


def _what_would_help(card: Card) -> Consideration:
    decision = card.metrics.decision
    return Consideration(
        topic="What would help: control, openness, oversight, care, permission, debate",
        harm="As the seminar reads it, the way is neither to forbid it nor to let it run: controlled and transparent "
        "deployment, oversight of its accuracy, care for data and its security, the public's permission, and a debate "
        "that includes everybody.",
        who_bears_it="Without them: those who were not asked.",
        mechanism=(
            "What oversight of accuracy finds, on a small scale: the threshold was chosen so that at most one "
            "confident answer in ten is wrong on validation; on the test images it was "
            f"{measured(decision.chosen_anew)}, the threshold's choice being in the interval."
        ),
        numbers={"error of confident answers": decision.chosen_anew},
        mitigation="Deployment: versions, digests, one card each. Oversight: a program asks a running service all test "
        "images and compares its answers with its card. Data: nothing is kept. Permission and debate: no program can "
        "give them; that is what the seminar is for.",
        sources=[sources.WALL],
    )


def _law() -> Consideration:
    return Consideration(
        topic="Law",
        harm="In the EU the untargeted scraping of facial images is banned (Article 5(1)(e)), and so is real-time "
        "remote biometric identification in public for law enforcement save for listed exceptions (Article 5(1)(h)); "
        "both since 2 February 2025.",
        who_bears_it="Whom these bans protect: everybody whose face can be seen.",
        mechanism=f"{NOTHING} This model does neither.",
        numbers={},
        mitigation="The sentence is for the discussion and claims no compliance with anything.",
        sources=[sources.AI_ACT],
    )


def _origin() -> Consideration:
    return Consideration(
        topic="Where the data comes from",
        harm="CIFAR-10 is a labelled subset of 80 Million Tiny Images, gathered from the web. Its authors withdrew "
        "that collection on 29 June 2020 for offensive images and derogatory categories. CIFAR-10 itself was not "
        "withdrawn.",
        who_bears_it="Those who took, or are seen in, pictures that were gathered; and whom the categories insulted.",
        mechanism="Nothing here shows it: the digests of the data are in this card, it is exactly that dataset.",
        numbers={},
        mitigation="None: a model can't forget a picture. Another dataset, gathered with consent, would be the way.",
        sources=[sources.CIFAR, sources.BIRHANE],
    )
