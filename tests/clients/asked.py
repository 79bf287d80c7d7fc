"""What a program of this folder is given, and what it gives back."""

import base64
import json
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

MODEL, VERSION = "seminar-cnn", "2"
OUTPUTS = ("probabilities", "label")


class Given:
    """What to ask about, and whom.

    Attributes:
        url: the service's.
        grpc: host and port of its gRPC.
        images: uint8 [N, 32, 32, 3].
        pictures: the same as files.
    """

    def __init__(self) -> None:
        self.url, self.grpc = sys.argv[1:3]
        sent = json.load(sys.stdin)
        self.images: NDArray[np.uint8] = np.array(sent["images"], np.uint8)
        self.pictures = [base64.b64decode(each) for each in sent["pictures"]]


def result(probabilities: Any, labels: Any) -> dict[str, Any]:
    """What came of one request, as JSON."""
    texts = [each.decode() if isinstance(each, bytes) else str(each) for each in np.asarray(labels).ravel().tolist()]
    return {"probabilities": np.asarray(probabilities, np.float64).tolist(), "labels": texts}


def give(results: dict[str, Any]) -> None:
    """Print what came of all."""
    json.dump(results, sys.stdout)
