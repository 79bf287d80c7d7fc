"""A model whose answer is worked out by hand, with a card of its own.

logits = (4 r, 4 g, 4 b, 0, ...) where r, g, b are the means of the channels, from 0 to 1. A wholly red picture has the
logits (4, 0, ..., 0), so its first class has the probability e^4 / (e^4 + 9).
"""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.card import Card
from models.cifar10_test import LABELS
from models.repository import LABELS_KEY

RED = math.exp(4) / (math.exp(4) + 9)


def model(labels: tuple[str, ...] = LABELS, input_name: str = "image", side: int = 32) -> bytes:
    """The toy model as the bytes of an ONNX file."""
    weights = np.zeros((3, len(labels)), np.float32)
    weights[[0, 1, 2], [0, 1, 2]] = 4 / 255
    graph = helper.make_graph(
        [
            helper.make_node("Cast", [input_name], ["pixels"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["pixels"], ["means"], axes=[1, 2], keepdims=0),
            helper.make_node("MatMul", ["means", "weights"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        ],
        "toy",
        [helper.make_tensor_value_info(input_name, TensorProto.UINT8, ["N", side, side, 3])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", len(labels)])
            for name in ("logits", "probabilities")
        ],
        [numpy_helper.from_array(weights, "weights")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(made, {LABELS_KEY: json.dumps(labels)})
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString())


def write(root: Path, name: str = "toy", version: int = 1, content: bytes | None = None, **changes: Any) -> Path:
    """Write the toy model and a card for it under `root`; `changes` replace fields of the card's contract."""
    folder = root / name / str(version)
    folder.mkdir(parents=True)
    content = model() if content is None else content
    (folder / "model.onnx").write_bytes(content)
    written = card(name, version, content)
    written["contract"] |= changes
    (folder / "card.json").write_text(Card.model_validate(written).model_dump_json())
    return folder


def card(name: str, version: int, content: bytes) -> dict[str, Any]:
    """The toy model's card."""
    declared = {"value": 1.0, "method": "by hand", "status": "declared"}
    unknown = {"value": None, "method": "none", "status": "not_measured", "reason": "A toy."}
    right = declared | {"value": 0.75, "n": 8, "split": "validation"}
    output = {"dtype": "float32", "shape": [None, 10]}
    split = {"accuracy": unknown, "top2_accuracy": unknown, "nll": unknown, "brier": unknown}
    data = {
        "name": "none", "description": "none", "motivation": "none", "preprocessing": "none", "counts": {},
        "sha256": {}, "known_defects": [],
    }  # fmt: skip
    return {
        "model_details": {
            "name": name,
            "version": version,
            "developers": "none",
            "date": "2026-11-23",
            "type": "toy",
            "description": "A toy for tests.",
            "layers": [],
            "parameters": declared | {"value": 30.0},
            "training": {
                "optimizer": "none", "loss": "none", "batch_size": 1, "max_epochs": 1, "stopping": "none",
                "scaling": "none", "python_seed": 0, "numpy_seed": 0, "tensorflow_seed": 0, "kernels": "none",
                "machines": [],
            },
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "agreement": {"max_probability_difference": unknown, "argmax_agreement": unknown, "ties": []},
            "get_started": [], "lifetime": "none", "funding": "none", "licence": "MIT", "citation": "none",
            "sources": [], "contact": "none",
        },
        "intended_use": {
            "uses": [], "users": [], "out_of_scope": [], "foreseeable_misuse": [], "human_oversight": "none",
        },
        "factors": {"relevant": [], "evaluated": [], "demographics": "none"},
        "metrics": {
            "reported": {},
            "decision": {
                "rule": "by hand",
                "threshold": declared | {"value": 0.5},
                "validation_error": unknown, "validation_coverage": unknown,
                "test_error": unknown, "test_coverage": unknown, "chosen_anew": unknown,
            },
            "variation": [],
            "seed_spread": unknown,
            "next_training": unknown,
        },
        "evaluation_data": data,
        "training_data": data,
        "datasheet": dict.fromkeys(
            (
                "motivation", "composition", "collection", "labelling", "uses", "distribution", "maintenance",
                "consent", "funding",
            ),
            "none",
        ) | {"sources": []},
        "quantitative_analyses": {
            "splits": {"test": split},
            "generalisation_gap": unknown,
            "learning_curve": [],
            "overfitting": "none",
            "per_class": {},
            "class_gap": unknown,
            "class_ratio": unknown,
            "exercise": [],
            "people": unknown,
            "label_thresholds": {"labels": [], "coverage": unknown, "error": unknown, "unreliable": []},
            "base_rate": None,
            "calibration": {
                "temperature": declared | {"value": 2.0},
                "ece": unknown, "ece_calibrated": unknown, "ece_floor": unknown, "ece_equal_mass": unknown,
                "nll_calibrated": unknown,
                "bins": [], "bins_calibrated": [],
            },
            "track_record": [
                {"label": LABELS[0], "lower": 0.5, "upper": 1.0, "precision": right},
                {"label": LABELS[1], "lower": 0.5, "upper": 1.0, "precision": unknown},
            ],
            "selective": {"curve": [], "aurc": unknown, "coverage": {}},
            "robustness": {"mean_error": unknown, "corruptions": []},
            "out_of_distribution": {"energy_threshold": declared | {"value": -3.0}, "sets": []},
            "contract_violations": [],
            "portrait": {
                "picture": "none", "source": "none", "label": LABELS[0], "probability": unknown, "probabilities": {},
                "confident": False, "energy": 0.0, "text": "none",
            },
            "confusion_matrix": [],
            "confusions": [],
            "intersectional": unknown,
            "figures": {},
        },
        "ethical_considerations": [],
        "caveats_and_recommendations": [],
        "contract": {
            "input": {
                "name": "image", "dtype": "uint8", "layout": "NHWC", "shape": [None, 32, 32, 3], "colour": "RGB",
                "fit": "crop", "resize_filter": "lanczos", "description": "none",
            },
            "outputs": [{"name": "logits", **output}, {"name": "probabilities", **output}],
            "labels": list(LABELS),
        },
        "privacy": "none",
        "logging": "none",
        "regulation": [],
        "run": {
            "command": "none", "started": "none", "machine": "none", "versions": {}, "epochs": 0,
            "wall_seconds": unknown, "cpu_seconds": unknown,
        },
        "cost": {"prediction_microseconds": unknown, "percentiles": {}},
    }  # fmt: skip
