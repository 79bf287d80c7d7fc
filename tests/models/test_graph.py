"""The shipped graph is the seminar's network, from bytes to probabilities."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.cifar10_test import TestSplit
from models.repository import session_options
from tests.support import cards
from training import onnx_model

CONTENT = (cards.folder() / "model.onnx").read_bytes()


def test_the_layers_are_those_of_the_graph() -> None:
    """The card's layer table is the ONNX graph's, 225,610 parameters in all, and the graph is clean."""
    graph = onnx.load_from_string(CONTENT)
    onnx_model.check_graph(graph)
    assert [node.op_type for node in graph.graph.node] == [
        "Cast", "Mul", "Transpose", "Conv", "Relu", "MaxPool", "Conv", "Relu", "MaxPool", "Transpose", "Reshape",
        "MatMul", "Add", "Relu", "MatMul", "Add", "Softmax",
    ]  # fmt: skip
    assert cards.card().model_details.layers == onnx_model.layers(CONTENT)
    assert cards.card().model_details.parameters.value == 225_610


def test_the_scaling_is_inside_the_graph() -> None:
    """The graph divides by 255 and does it once: without its first two steps it wants pixels from 0 to 1.

    The shipped graph, given bytes, says what the rest of it says of the same pixels divided by 255 outside; and given
    pixels that somebody has divided already, it knows next to nothing.
    """
    graph = onnx.load_from_string(CONTENT)
    cast, scale = graph.graph.node[:2]
    (factor,) = (numpy_helper.to_array(each) for each in graph.graph.initializer if each.name in scale.input)
    assert list(cast.input) == ["image"]
    assert set(scale.input) > set(cast.output)
    assert float(factor) == pytest.approx(1 / 255, rel=1e-6)
    del graph.graph.node[:2], graph.graph.input[:]
    graph.graph.input.append(helper.make_tensor_value_info(scale.output[0], TensorProto.FLOAT, ["N", 32, 32, 3]))
    rest = ort.InferenceSession(graph.SerializeToString(), session_options(), providers=["CPUExecutionProvider"])

    images, labels = TestSplit().read(range(1000))
    _, probabilities = onnx_model.run(CONTENT, images)
    (expected,) = rest.run(["probabilities"], {scale.output[0]: images.astype(np.float32) / 255})
    assert np.abs(probabilities - expected).max() < 1e-5
    assert (probabilities.argmax(axis=1) == labels).mean() > 0.6
    _, scaled_twice = onnx_model.run(CONTENT, (images / 255).astype(np.uint8))
    assert (scaled_twice.argmax(axis=1) == labels).mean() < 0.2
