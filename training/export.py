"""Keras to ONNX: one graph from uint8 pixels to logits and probabilities, cleaned, and compared with its original."""

import json
from collections import Counter
from dataclasses import dataclass

import keras
import numpy as np
import onnx
import onnxruntime as ort
import onnxslim
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray

from models.card import Layer
from models.cifar10_test import LABELS
from models.repository import LABELS_KEY, session_options
from training.errors import ExportError
from training.recipe import scale

OPSET = 17
MAX_DIFFERENCE = 1e-5
# Two classes this close are a tie: rounding alone may decide which of them comes first.
TIE = 1e-6

# What the cleaned graph may consist of. Anything else is a left-over of the conversion.
_OPERATIONS = {
    "Add", "Cast", "Conv", "Div", "Flatten", "Gemm", "MatMul", "MaxPool", "Mul", "Relu", "Reshape", "Softmax",
    "Transpose",
}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """How an ONNX model's probabilities compare with the Keras model's on the same images."""

    max_difference: float
    agreeing: int
    total: int
    ties: list[int]


def export(model: keras.Sequential) -> bytes:
    """The model as the bytes of an ONNX file: `image` uint8 [N, 32, 32, 3] to `logits` and `probabilities` [N, 10].

    Raises:
        ExportError: the graph came out other than promised.
    """
    features = keras.Model(model.inputs, model.layers[-2].output)
    last = model.layers[-1]

    # from_function, as tf2onnx's from_keras fails on Keras 3 models (tensorflow-onnx#2329).
    @tf.function(input_signature=[tf.TensorSpec([None, 32, 32, 3], tf.uint8, name="image")])
    def forward(image: tf.Tensor) -> dict[str, tf.Tensor]:
        logits = tf.matmul(features(tf.cast(image, tf.float32) / 255.0), last.kernel) + last.bias
        return {"logits": logits, "probabilities": tf.nn.softmax(logits)}

    converted, _ = tf2onnx.convert.from_function(forward, input_signature=forward.input_signature, opset=OPSET)
    graph = onnxslim.slim(converted)
    rename(graph.graph)
    onnx.helper.set_model_props(graph, {LABELS_KEY: json.dumps(LABELS)})
    check_graph(graph)
    return graph.SerializeToString()


def rename(graph: onnx.GraphProto) -> None:
    """Give everything inside a graph plain names, in the order of its nodes.

    The converter numbers as it goes through sets, so its names differ from run to run; with these the same weights are
    the same file.
    """
    graph.name = "seminar-cnn"
    kept = {value.name for value in (*graph.input, *graph.output)}
    arrays = {array.name: array for array in graph.initializer}
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for node in graph.node:
        counts[node.op_type] += 1
        node.name = f"{node.op_type.lower()}_{counts[node.op_type]}"
        for i, value in enumerate(node.input):
            if value in arrays:
                names.setdefault(value, f"{node.name}.{i}")
            node.input[i] = names.get(value, value)
        for i, value in enumerate(node.output):
            names[value] = value if value in kept else node.name
            node.output[i] = names[value]
    for name, array in arrays.items():
        array.name = names[name]
    ordered = sorted(arrays.values(), key=lambda array: array.name)
    del graph.value_info[:], graph.initializer[:]
    graph.initializer.extend(ordered)


def check_graph(graph: onnx.ModelProto) -> None:
    """Check a graph's validity, names and operations.

    Raises:
        ExportError: with the first difference.
    """
    onnx.checker.check_model(graph, full_check=True)
    left_over = sorted({node.op_type for node in graph.graph.node} - _OPERATIONS)
    if left_over:
        raise ExportError(f"The exported graph still holds {', '.join(left_over)}: the clean-up did not work.")
    names = [node.name for node in (*graph.graph.input, *graph.graph.output)]
    if names != ["image", "logits", "probabilities"]:
        raise ExportError(f"The exported graph's inputs and outputs are named {', '.join(names)}.")


def run(content: bytes, images: NDArray[np.uint8], batch: int = 500) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits and probabilities, each float32 [N, 10], of images uint8 [N, 32, 32, 3], by onnxruntime as it serves."""
    session = ort.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])
    parts = [session.run(None, {"image": images[i : i + batch]}) for i in range(0, len(images), batch)]
    logits, probabilities = (np.concatenate(outputs) for outputs in zip(*parts, strict=True))
    return logits, probabilities


def compare(model: keras.Sequential, content: bytes, images: NDArray[np.uint8]) -> Comparison:
    """Compare the ONNX model with its Keras original on these images, uint8 [N, 32, 32, 3].

    Raises:
        ExportError: a probability differs by more than 1e-5, or the likeliest class of an image that is no tie.
    """
    expected = model.predict(scale(images), batch_size=500, verbose=0)
    _, found = run(content, images)
    difference = float(np.abs(expected - found).max())
    top = np.sort(expected, axis=1)[:, -2:]
    ties = np.flatnonzero(top[:, 1] - top[:, 0] <= TIE)
    disagreeing = np.flatnonzero(expected.argmax(axis=1) != found.argmax(axis=1))
    if difference > MAX_DIFFERENCE:
        raise ExportError(f"Keras and ONNX differ by {difference:.2g} in a probability; {MAX_DIFFERENCE:g} is allowed.")
    if set(disagreeing) - set(ties):
        raise ExportError(f"Keras and ONNX disagree about {len(disagreeing)} images, first image {disagreeing[0]}.")
    return Comparison(difference, len(images) - len(disagreeing), len(images), ties.tolist())


def layers(content: bytes) -> list[Layer]:
    """The layer table, read from the graph: every operation, its output's shape and its parameters."""
    graph = onnx.shape_inference.infer_shapes(onnx.load_from_string(content)).graph
    shapes = {
        value.name: [dim.dim_value or None for dim in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output)
    }
    # Whole numbers are shapes and scalars are scaling; weights and biases are float arrays.
    sizes = {
        array.name: int(np.prod(array.dims))
        for array in graph.initializer
        if array.data_type == onnx.TensorProto.FLOAT and len(array.dims) > 0
    }
    return [
        Layer(
            name=node.output[0],
            operation=node.op_type,
            output_shape=shapes.get(node.output[0], []),
            parameters=sum(sizes.get(name, 0) for name in node.input),
        )
        for node in graph.node
    ]
