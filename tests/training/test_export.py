"""From Keras to ONNX: the same answers, the scaling inside the graph, nothing left over."""

import keras
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.card import Card
from tests.support import cards, toy
from training import export, network, onnx_model
from training.data import Data
from training.errors import ExportError

SHIPPED = cards.folder()


@pytest.fixture(scope="module")
def shipped() -> keras.Sequential:
    """The seminar's network in Keras, with the weights of the shipped model.onnx."""
    arrays = {a.name: numpy_helper.to_array(a) for a in onnx.load(SHIPPED / "model.onnx").graph.initializer}
    model = network.build()
    model.set_weights(
        [
            arrays["conv_1.1"].transpose(2, 3, 1, 0), arrays["conv_1.2"],
            arrays["conv_2.1"].transpose(2, 3, 1, 0), arrays["conv_2.2"],
            arrays["matmul_1.1"], arrays["add_1.1"],
            arrays["matmul_2.1"], arrays["add_2.1"],
        ]
    )  # fmt: skip
    return model


def test_the_shipped_model_is_the_seminars_network(shipped: keras.Sequential, images: Data) -> None:
    """Keras with the shipped weights agrees about all test images, to 1e-5 and label by label, as the card says."""
    agreement = export.compare(shipped, (SHIPPED / "model.onnx").read_bytes(), images.images)
    stated = Card.read(SHIPPED / "card.json").model_details.agreement
    assert agreement.argmax_agreement == stated.argmax_agreement
    assert agreement.ties == stated.ties
    assert (stated.max_probability_difference.value or 1) <= export.MAX_DIFFERENCE


def test_the_scaling_is_inside_the_graph(shipped: keras.Sequential, images: Data) -> None:
    """Raw pixels from 0 to 255 get from the graph what Keras says of them divided by 255, and not of them undivided."""
    pixels = images.images[:200]
    assert pixels.dtype == np.uint8
    assert pixels.max() == 255
    logits, probabilities = onnx_model.run((SHIPPED / "model.onnx").read_bytes(), pixels)
    undivided = pixels.astype(np.float32)
    assert np.abs(probabilities - shipped.predict(undivided / 255, verbose=0)).max() <= export.MAX_DIFFERENCE
    assert np.abs(probabilities - shipped.predict(undivided, verbose=0)).max() > 0.5
    assert logits.shape == probabilities.shape == (200, 10)


def test_an_export_is_compared_with_its_original(images: Data) -> None:
    """An export agrees with its own model to 1e-5 and is refused beside a model with other weights."""
    first, second = network.build(), network.build()
    content, pixels = export.export(first), images.images[:200]
    agreement = export.compare(first, content, pixels)
    assert agreement.max_probability_difference.value is not None
    assert agreement.max_probability_difference.value <= export.MAX_DIFFERENCE
    assert agreement.argmax_agreement.n == 200
    assert (agreement.argmax_agreement.value or 0) * 200 + len(agreement.ties) >= 200
    with pytest.raises(ExportError, match="Keras and ONNX"):
        export.compare(second, content, pixels)


def test_an_unclean_graph_is_refused() -> None:
    """A graph with a left-over operation, or with other names, is no export."""
    with pytest.raises(ExportError, match="ReduceMean"):
        onnx_model.check_graph(onnx.load_from_string(toy.model()))
    pixels = [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["N", 10])]
    out = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])]
    graph = helper.make_graph([helper.make_node("Relu", ["picture"], ["logits"])], "g", pixels, out)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    with pytest.raises(ExportError, match="named picture, logits"):
        onnx_model.check_graph(made)


def test_outputs_keep_the_order_of_the_images(images: Data) -> None:
    """Batches that several threads share come back in the images' order: each row is what its image gets alone."""
    pixels = images.images[:230]
    together = onnx_model.run(toy.model(), pixels)[1]
    alone = np.concatenate([onnx_model.run(toy.model(), pixels[i : i + 1])[1] for i in range(len(pixels))])
    assert np.allclose(together, alone, atol=1e-6)
