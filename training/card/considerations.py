"""What the card asks its reader to think of: ethical considerations and caveats, each with what was measured of it.

Cited facts stand here and in `text`, with their sources, and nowhere else.
"""

from models.card import Caveat, Consideration
from training.card import sources
from training.card.findings import Findings


def considerations(found: Findings) -> list[Consideration]:
    """Ethical considerations: each a source and what is measured here that shows the same mechanism."""
    return [
        Consideration(
            topic="Averages hide groups",
            text=(
                "Commercial systems that classify gender got darker-skinned women wrong up to 34.7 % of the time and "
                "lighter-skinned men at most 0.8 %. (Classifying gender is not identifying a person.) The overall "
                "figure says nothing about who bears the errors."
            ),
            source=sources.GENDER_SHADES,
            mechanism=f"{found.recalls} The classes are no groups of people: this shows the mechanism, not its harm.",
        ),
        Consideration(
            topic="Error rates differ between groups, and between algorithms",
            text=(
                "Over 189 face recognition algorithms, false positive rates often vary by factors of 10 to beyond 100 "
                "between demographic groups; for some developers' identification algorithms no difference was "
                "detectable. Measuring is what tells them apart."
            ),
            source=sources.NIST,
            mechanism=found.coverage,
        ),
        Consideration(
            topic="Use by the police",
            text="What is at stake when a classifier's mistake stops a person in the street.",
            source=sources.BBC,
            mechanism=found.confident,
        ),
        Consideration(
            topic="A closed set has no room for who was not thought of",
            text=(
                "Whatever is shown, one of the listed answers comes out. A face recognition system asked about "
                "somebody who is in no database has the same trouble, and there somebody else bears the answer."
            ),
            source=sources.BBC,
            mechanism=found.portrait,
        ),
        Consideration(
            topic="Law",
            text=(
                "In the EU the untargeted scraping of facial images is banned, and so is real-time remote biometric "
                "identification in public for law enforcement save for listed exceptions; both since 2 February 2025. "
                "This model does neither; the sentence is for the discussion and claims no compliance with anything."
            ),
            source=sources.AI_ACT,
            mechanism="None: no measurement here bears on it.",
        ),
        Consideration(
            topic="Where the data comes from",
            text=(
                "CIFAR-10 is a labelled subset of 80 Million Tiny Images, gathered from the web without asking "
                "anybody. Its authors withdrew that collection on 29 June 2020 for offensive images and derogatory "
                "categories. CIFAR-10 itself was not withdrawn."
            ),
            source=f"Krizhevsky (2009); {sources.BIRHANE}",
            mechanism="The digests of the data are in this card: it is exactly that dataset, unchanged.",
        ),
    ]


def caveats(found: Findings) -> list[Caveat]:
    """Caveats, worst first, each with what to do and the measurement it rests on."""
    return [
        Caveat(
            caveat="It is often wrong.",
            recommendation="Don't act on an answer. Look at the probability and at 'confident', and at the picture.",
            measurement=found.accuracy,
        ),
        Caveat(
            caveat="It is wrong about some classes much more often than about others.",
            recommendation="Read the recall of the class that matters to you, not the accuracy.",
            measurement=found.recalls,
        ),
        Caveat(
            caveat="It does not notice a picture that is none of its classes.",
            recommendation="Ask yourself whether the picture shows one of the ten; the model can't.",
            measurement=found.out_of_distribution,
        ),
        Caveat(
            caveat="It overfits: it knows its training images better than the world.",
            recommendation="Never judge a model by its training accuracy.",
            measurement=found.overfitting,
        ),
        Caveat(
            caveat="It takes an automobile for a bird now and then.",
            recommendation="Look at the examples in the list of confusions and ask what the network may have seen.",
            measurement=found.automobile_for_bird,
        ),
        Caveat(
            caveat="A confident answer can be wrong too.",
            recommendation="Treat 'confident' as a filter, not as a promise.",
            measurement=found.confident,
        ),
        Caveat(
            caveat="Its probabilities are too high or too low.",
            recommendation="Read the calibrated probability and the precision beside it.",
            measurement=found.calibration,
        ),
        Caveat(
            caveat="Noise, blur and bad light make it worse, and not for all classes alike.",
            recommendation="Don't carry its figures over to pictures taken otherwise.",
            measurement=found.robustness,
        ),
        Caveat(
            caveat="It is right only where pixels are prepared as the contract says.",
            recommendation="Leave decoding and scaling to the service, or to the graph.",
            measurement=found.contract_violations,
        ),
        Caveat(
            caveat="Fresh pictures are harder than the test images.",
            recommendation="Expect less on pictures of your own.",
            measurement=f"Not measured here. Others lost 4 to 10 points on a new test set ({sources.RECHT}).",
        ),
    ]
