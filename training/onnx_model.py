"""model.onnx as a graph and as a function: what it consists of, and what it says of images. Needs no TensorFlow."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from models.card import Layer
from models.repository import session_options
from training.errors import ExportError

Floats = NDArray[np.float32]
# What passes between two layers for as many images stays in a processor's cache.
_BATCH = 50

# What a cleaned graph may consist of. Anything else is a left-over of the conversion.
_OPERATIONS = {
    "Add", "Cast", "Conv", "Div", "Flatten", "Gemm", "MatMul", "MaxPool", "Mul", "Relu", "Reshape", "Softmax",
    "Transpose",
}  # fmt: skip


def run(content: bytes, images: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Logits and probabilities, each float32 [N, 10], that a model.onnx gives for images uint8 [N, 32, 32, 3]."""
    logits, probabilities = run_graph(content, "image", images)
    return logits, probabilities


def run_graph(content: bytes, name: str, pixels: NDArray[np.uint8] | Floats) -> list[Floats]:
    """Every output of a graph of one input, for the pixels [N, 32, 32, 3] of as many images as one likes.

    Each batch is computed as the service computes it, on one thread; the batches are shared out over the processors.

    Args:
        content: the bytes of an ONNX file.
        name: of its input.
        pixels: of the type that it takes.
    """
    session = ort.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])
    batches = [pixels[i : i + _BATCH] for i in range(0, len(pixels), _BATCH)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(lambda batch: session.run(None, {name: batch}), batches)
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]


def rename(graph: onnx.GraphProto) -> None:
    """Give everything inside a graph plain names, in the order of its nodes.

    The converter numbers as it goes through sets, and goes on counting from one export to the next, so its names differ
    from run to run; with these the same weights are the same file.
    """
    graph.name = "seminar-cnn"
    for value in (*graph.input, *graph.output):
        for dimension in value.type.tensor_type.shape.dim:
            if dimension.dim_param:
                dimension.dim_param = "N"
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
