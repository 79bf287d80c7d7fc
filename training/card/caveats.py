"""What to beware of, worst first, each with what to do and the measurement that it rests on."""

from models.card import Card, Caveat
from models.evidence import Bin
from training.card import findings, sources

# From so much on the mean of the calibrated probabilities is said to be off.
_NOTEWORTHY = 0.02


def caveats(card: Card) -> list[Caveat]:
    """The caveats of a card, from its numbers."""
    worst = " ".join(filter(None, [findings.recalls(card), findings.lesson(card)]))
    found = [
        Caveat(
            caveat="It is often wrong.",
            recommendation="Don't act on an answer. Look at the probability and at 'confident', and at the picture.",
            measurement=f"{findings.accuracy(card)} One careful person reached about 94\N{NO-BREAK SPACE}%.",
            sources=[sources.CIFAR10H, sources.KARPATHY],
        ),
        Caveat(
            caveat="It is wrong about some classes much more often than about others.",
            recommendation="Read the recall of the class that matters to you, not the accuracy"
            + ("." if card.quantitative_analyses.seeds is None else "; of another training it may be another class."),
            measurement=worst,
        ),
        Caveat(
            caveat="It does not notice a picture that is none of its classes.",
            recommendation="Ask yourself whether the picture shows one of the ten; the model can't.",
            measurement=findings.out_of_distribution(card),
            sources=[sources.LIU],
        ),
        Caveat(
            caveat="A confident answer can be wrong too, of some labels much more often.",
            recommendation="Treat 'confident' as a filter, not as a promise; look at the label's own record.",
            measurement=f"{findings.confident(card)} {findings.confident_by_label(card)} {findings.unreliable(card)}",
            sources=[sources.JONES],
        ),
        _fit(card),
        *_automobile_for_bird(card),
        _calibration(card),
        Caveat(
            caveat="Noise, blur and bad light make it worse, and not for all classes alike.",
            recommendation="Don't carry its figures over to pictures taken otherwise.",
            measurement=findings.robustness(card),
            sources=[sources.HENDRYCKS],
        ),
        Caveat(
            caveat="Pixels prepared in another way than the contract says can cost it much.",
            recommendation="Leave decoding and scaling to the service, or to the graph.",
            measurement=findings.contract_violations(card),
        ),
        Caveat(
            caveat="Fresh pictures are harder than the test images.",
            recommendation="Expect less on pictures of your own.",
            measurement="Not measured here. Others' models lost 4 to 10 points on a new test set (2018), 3 to 15 "
            "(2019). " + findings.near_duplicates(card),
            sources=[sources.RECHT_2018, sources.RECHT_2019, sources.BARZ],
        ),
    ]
    if card.quantitative_analyses.adversarial:
        found.append(
            Caveat(
                caveat="Who wants it to be wrong can make it so.",
                recommendation="Don't let anything depend on it that somebody gains from deceiving.",
                measurement=findings.adversarial(card),
                sources=[sources.GOODFELLOW],
            )
        )
    return found


def _automobile_for_bird(card: Card) -> list[Caveat]:
    """The seminar's own example, where this model gives one."""
    text = findings.automobile_for_bird(card)
    if not text:
        return []
    return [
        Caveat(
            caveat="It takes an automobile for a bird now and then.",
            recommendation="Look at the examples in the list of confusions and ask what the network may have seen.",
            measurement=text,
        )
    ]


def _fit(card: Card) -> Caveat:
    overfits = (card.quantitative_analyses.generalisation_gap.value or 0) > 0
    return Caveat(
        caveat="It knows its training images better than others." if overfits else "It has learnt little by heart.",
        recommendation="Never judge a model by its training accuracy.",
        measurement=card.quantitative_analyses.overfitting,
    )


def _calibration(card: Card) -> Caveat:
    right = card.quantitative_analyses.splits["test"].accuracy.value or 0
    calibration = card.quantitative_analyses.calibration
    surer = _confidence(calibration.bins) > right
    advice = "Read the precision beside it, which is how often such answers were right."
    if findings.temperature_helps(card):
        left = _confidence(calibration.bins_calibrated) - right
        still = f", which is still too {'high' if left > 0 else 'low'}, by {100 * abs(left):.1f} points on average"
        advice = f"Read the calibrated probability{still if abs(left) > _NOTEWORTHY else ''}. {advice}"
    return Caveat(
        caveat=f"Its probabilities are too {'high' if surer else 'low'} on average.",
        recommendation=advice,
        measurement=findings.calibration(card),
        sources=[sources.GUO],
    )


def _confidence(bins: list[Bin]) -> float:
    """The mean probability of the answers in these bins."""
    filled = [each for each in bins if each.confidence is not None]
    return sum(each.count * (each.confidence or 0) for each in filled) / max(1, sum(each.count for each in filled))
