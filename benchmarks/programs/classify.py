"""What all the programs have in common: the model's session, and a picture to its ten probabilities."""

import io
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image

MODEL = Path(__file__).parents[2] / "models" / "seminar-cnn" / "2" / "model.onnx"
LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def open_session() -> ort.InferenceSession:
    """A session on one thread, as all programs get one core."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])


def classify(session: ort.InferenceSession, content: bytes) -> dict[str, object]:
    """The answer to a picture file."""
    return classify_image(session, Image.open(io.BytesIO(content)))


def classify_image(session: ort.InferenceSession, image: Image.Image) -> dict[str, object]:
    """The answer to a picture: its likeliest label and the probabilities of all."""
    pixels = np.asarray(image.convert("RGB").resize((32, 32)))[None]
    probabilities = session.run(["probabilities"], {"image": pixels})[0][0].tolist()
    return {
        "label": LABELS[int(np.argmax(probabilities))],
        "probabilities": dict(zip(LABELS, probabilities, strict=True)),
    }
