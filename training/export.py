"""Keras to ONNX: one graph from uint8 pixels to logits and probabilities, cleaned, and compared with its original."""

import json

import keras
import numpy as np
import onnx
import onnxslim
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray

from models.card import Agreement
from models.cifar10_test import LABELS
from models.measurement import Number
from models.repository import LABELS_KEY
from training import onnx_model
from training.errors import ExportError
from training.network import scale

OPSET = 17
MAX_DIFFERENCE = 1e-5
# Two classes this close are a tie: rounding alone may decide which of them comes first.
TIE = 1e-6


def export(model: keras.Sequential) -> bytes:
    """The model as the bytes of an ONNX file: `image` uint8 [N, 32, 32, 3] to `logits` and `probabilities` [N, 10].

    Raises:
        ExportError: the graph came out other than promised.
    """
    features = keras.Model(model.inputs, model.layers[-2].output)
    last = model.layers[-1]

    def forward(image: tf.Tensor) -> dict[str, tf.Tensor]:
        logits = tf.matmul(features(tf.cast(image, tf.float32) / 255.0), last.kernel) + last.bias
        return {"logits": logits, "probabilities": tf.nn.softmax(logits)}

    # from_function, as tf2onnx's from_keras fails on Keras 3 models (tensorflow-onnx#2329).
    signature = [tf.TensorSpec([None, 32, 32, 3], tf.uint8, name="image")]
    traced = tf.function(forward, input_signature=signature)
    converted, _ = tf2onnx.convert.from_function(traced, input_signature=signature, opset=OPSET)
    graph: onnx.ModelProto = onnxslim.slim(converted)
    onnx_model.rename(graph.graph)
    onnx.helper.set_model_props(graph, {LABELS_KEY: json.dumps(LABELS)})
    onnx_model.check_graph(graph)
    content: bytes = graph.SerializeToString()
    return content


def compare(model: keras.Sequential, content: bytes, images: NDArray[np.uint8]) -> Agreement:
    """Compare the ONNX model with its Keras original on the test images, uint8 [N, 32, 32, 3].

    Raises:
        ExportError: a probability differs by more than 1e-5, or the likeliest class of an image that is no tie.
    """
    expected = model.predict(scale(images), batch_size=500, verbose=0)
    _, found = onnx_model.run(content, images)
    difference = float(np.abs(expected - found).max())
    top = np.sort(expected, axis=1)[:, -2:]
    ties = np.flatnonzero(top[:, 1] - top[:, 0] <= TIE)
    disagreeing = np.flatnonzero(expected.argmax(axis=1) != found.argmax(axis=1))
    if difference > MAX_DIFFERENCE:
        raise ExportError(f"Keras and ONNX differ by {difference:.2g} in a probability; {MAX_DIFFERENCE:g} is allowed.")
    if set(disagreeing) - set(ties):
        raise ExportError(f"Keras and ONNX disagree about {len(disagreeing)} images, first image {disagreeing[0]}.")
    return Agreement(
        max_probability_difference=Number(
            value=difference,
            n=len(images),
            method="largest difference of any probability, Keras against ONNX, on all test images",
            status="measured",
        ),
        argmax_agreement=Number(
            value=(len(images) - len(disagreeing)) / len(images),
            n=len(images),
            method="share of all test images with the same likeliest class in Keras and ONNX",
            status="measured",
        ),
        ties=ties.tolist(),
    )
