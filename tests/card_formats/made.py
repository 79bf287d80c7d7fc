"""A card that has everything which a card may have, made by hand and small, on top of the toy's."""

from pathlib import Path
from typing import Any

from models.card import Card
from models.cifar10_test import LABELS
from service.card_formats.source import CardSource, Sibling
from tests.support import toy

TITLE, URL = "Somebody, S. (2020). A work with an address", "https://example.org/work"
SOURCE = {"title": TITLE, "url": URL}
UNPUBLISHED = {"title": "A notebook that was never published", "url": None}
UNSAFE = {"title": "A work with no address on the web", "url": "javascript:alert(1)"}


class Numbers:
    """Makes numbers, each with a value of its own."""

    def __init__(self) -> None:
        self._made = 0

    def __call__(self, **changes: Any) -> dict[str, Any]:
        """A measured share with an interval."""
        self._made += 1
        value = 0.1 + self._made / 1000
        ci = {"lower": value - 0.01, "upper": value + 0.01, "level": 0.95, "method": "Wilson score"}
        return {
            "value": value, "ci": ci, "n": 1000 + self._made, "split": "test", "method": f"way {self._made}",
            "status": "measured",
        } | changes  # fmt: skip


def full(**changes: Any) -> Card:
    """The card; `changes` replace fields of its quantitative analyses."""
    number = Numbers()
    card = toy.card("made", 1, b"")
    card["model_details"] |= {
        "get_started": ["pip install onnxruntime", "python -m service"],
        "sources": [SOURCE, UNPUBLISHED, UNSAFE],
        "reference": {
            "source": UNPUBLISHED, "epochs": number(value=7, ci=None), "validation_accuracy": number(),
            "validation_loss": number(), "own_epochs": 8, "own_validation_accuracy": number(),
            "own_validation_loss": number(), "difference": "They differ by chance.",
        },
    }  # fmt: skip
    card["model_details"]["training"]["machines"] = ["A processor"]
    card["intended_use"] |= {"foreseeable_misuse": ["Taking it for an oracle."], "human_oversight": "A person looks."}
    card["datasheet"] |= {"consent": "Nobody was asked.", "sources": [SOURCE]}
    card["regulation"] = [{"demand": "Logs (Art. 12)", "place": "Logging"}]
    card["logging"] = "One line for each request."
    card["cost"]["percentiles"] = {"50": 101.5, "99": 202.5}
    card["ethical_considerations"] = [
        {
            "topic": "Accuracy", "harm": "Innocent people are harmed.", "who_bears_it": "The innocent.",
            "mechanism": "One in ten is wrong.", "numbers": {"error": number(status="cited", source=SOURCE)},
            "mitigation": "Caveats.", "sources": [SOURCE, UNPUBLISHED],
        },
        {
            "topic": "Fraud", "harm": "What is stored can be stolen.", "who_bears_it": "Those stored.",
            "mechanism": "Nothing here shows it.", "numbers": {}, "mitigation": "Nothing is stored.", "sources": [],
        },
    ]  # fmt: skip
    card["caveats_and_recommendations"] = [
        {"caveat": "It errs.", "recommendation": "Look.", "measurement": "Measured.", "sources": [SOURCE]}
    ]
    card["metrics"]["next_training"] = number()
    card["metrics"]["decision"] |= {
        "threshold": number(value=0.7), "test_coverage": number(value=0.5), "test_error": number(value=0.12),
        "chosen_anew": number(),
    }  # fmt: skip
    quantities = card["quantitative_analyses"]
    recalls = dict.fromkeys(LABELS, 0.5)
    quantities |= {
        "per_class": {each: {"precision": number(), "recall": number(), "f1": number()} for each in LABELS},
        "confusions": [{"truth": "automobile", "answer": "bird", "count": 2, "examples": [7, 9]}],
        "exercise": [
            {"index": 1, "truth": "ship", "answer": "ship", "probability": 0.875, "confident": True, "correct": True},
            {"index": 2, "truth": "ship", "answer": "bird", "probability": 0.375, "confident": False, "correct": False},
        ],
        "people": number(status="cited", source=SOURCE),
        "seeds": {
            "runs": [_training(number, shift, worst, recalls) for shift, worst in enumerate(["dog", "cat", "cat"])],
            "candidates": [_training(number, 0, "bird", recalls)],
            "choice": "By the validation loss.",
            "classes": {
                each: {"recall": number(), "deviation": 0.0123, "lowest": 0.4, "highest": 0.6, "times_worst": 1}
                for each in LABELS
            },
            "gap": number(),
            "gaps": [0.35, 0.45],
        },
        "missing_group": [
            {
                "group": "dog", "share": 0.01, "repaired": True, "shifts": [0, 1], "recall": number(),
                "recalls": [0.1, 0.2], "accuracy": number(), "accuracies": [0.5, 0.6], "others": number(),
            }
        ],
        "comparison": {
            "compared_with": "seminar-cnn",
            "pairs": [
                {
                    "shift": 0, "gained": 417, "lost": 523, "p": 0.0123, "accuracy": number(value=-0.03, ci=None),
                    "recall": number(value=-0.4, ci=None), "others": number(value=0.01, ci=None),
                }
            ],
            "bound": "By a tenth at most.", "verdict": "The repair costs more than it gains.",
        },
        "label_thresholds": {
            "labels": [
                {"label": each}
                | {
                    name: number()
                    for name in (
                        "wrong_as_answer", "wrong_as_truth", "false_positive_rate", "ece", "threshold",
                        "threshold_error",
                    )
                }
                for each in LABELS
            ],
            "coverage": number(), "error": number(), "unreliable": ["cat"],
        },
        "base_rate": {
            "label": "dog", "recall": number(), "false_positive_rate": number(),
            "prevalence": number(value=1e-5, status="declared", ci=None, n=None), "true_alarms": number(value=0.0009),
            "arithmetic": "Of a million pictures ten are sought.", "limits": "It is an illustration.",
        },
        "membership": {
            "loss_accuracy": number(), "loss_auroc": number(), "likelihood_auroc": number(),
            "likelihood_tpr": number(), "shadows": 16, "text": "It gives away little.",
        },
        "near_duplicates": {
            "method": "By cosine similarity.", "least_similarity": 0.97, "share": number(), "accuracy_with": number(),
            "accuracy_without": number(), "difference": number(), "examples": [11, 13],
        },
        "adversarial": [{"epsilon": 0, "accuracy": number()}, {"epsilon": 8, "accuracy": number()}],
    } | changes  # fmt: skip
    quantities["calibration"] |= {"ece": number(value=0.059), "ece_calibrated": number(value=0.069)}
    quantities["robustness"]["lowest"] = ["cat under fog, severity 5"]
    return Card.model_validate(card)


def source(card: Card | None = None) -> CardSource:
    """What the forms of the card are made from; it has no figures."""
    return CardSource(card or full(), Path("/nowhere"), [Sibling("made", 1)])


def _training(number: Numbers, shift: int, worst: str, recalls: dict[str, float]) -> dict[str, Any]:
    return {
        "python_seed": 4, "shift": shift, "epochs": 8, "validation_accuracy": number(), "validation_loss": 1.125,
        "test_accuracy": number(), "recalls": recalls, "worst": worst,
    }  # fmt: skip
