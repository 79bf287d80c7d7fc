"""Images changed a little in the direction that hurts most: the fast gradient sign method.

Goodfellow, Shlens & Szegedy, "Explaining and Harnessing Adversarial Examples", ICLR 2015. One step along the sign of
the loss's gradient; stronger attacks exist, so this is an upper bound of what is left of the accuracy.
"""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from models.evidence import Attacked
from training import onnx_model
from training.errors import ExportError
from training.measure.intervals import Integers, proportion

EPSILONS = (0, 1, 2, 4, 8)
_BATCH = 500
_MAX_DIFFERENCE = 1e-3
# As `onnx_model.rename` names them, in the order of Keras's weights; ONNX keeps a convolution's as [out, in, h, w].
_WEIGHTS = (
    "conv_1.1", "conv_1.2", "conv_2.1", "conv_2.2", "matmul_1.1", "add_1.1", "matmul_2.1", "add_2.1",
)  # fmt: skip


def attack(content: bytes, images: NDArray[np.uint8], labels: Integers) -> NDArray[np.uint8]:
    """Answers about images moved against a model by up to each epsilon, of 255: uint8 [len(EPSILONS), N].

    Pixels stay whole numbers from 0 to 255, so that it is the served model itself that is asked.

    Args:
        content: the bytes of model.onnx.
        images: uint8 [N, 32, 32, 3].
        labels: the truth, [N].

    Raises:
        ExportError: the graph isn't the seminar's network, so that no gradient can be had.
    """
    direction = _directions(content, images, labels)
    answers = []
    for epsilon in EPSILONS:
        moved = np.clip(images.astype(np.int16) + epsilon * direction, 0, 255).astype(np.uint8)
        answers.append(onnx_model.run(content, moved)[1].argmax(axis=1).astype(np.uint8))
    return np.stack(answers)


def _directions(content: bytes, images: NDArray[np.uint8], labels: Integers) -> NDArray[np.int8]:
    """The sign of the loss's gradient by each pixel, int8 [N, 32, 32, 3]."""
    import keras  # noqa: PLC0415 - takes seconds to start, and only this needs it
    import tensorflow as tf  # noqa: PLC0415

    from training import network  # noqa: PLC0415

    model = network.build()
    model.set_weights(_weights(content))
    known = onnx_model.run(content, images[:_BATCH])[1]
    if np.abs(model(network.scale(images[:_BATCH])).numpy() - known).max() > _MAX_DIFFERENCE:
        raise ExportError("The exported graph isn't the seminar's network: it answers other than that.")
    loss = keras.losses.CategoricalCrossentropy()
    directions = []
    for start in range(0, len(images), _BATCH):
        pixels = tf.constant(network.scale(images[start : start + _BATCH]))
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            value = loss(network.one_hot(labels[start : start + _BATCH]), model(pixels))
        directions.append(np.sign(tape.gradient(value, pixels).numpy()).astype(np.int8))
    return np.concatenate(directions)


def _weights(content: bytes) -> list[NDArray[np.float32]]:
    arrays = {each.name: numpy_helper.to_array(each) for each in onnx.load_from_string(content).graph.initializer}
    if not arrays.keys() >= set(_WEIGHTS):
        raise ExportError("The exported graph isn't the seminar's network: it has other weights.")
    return [arrays[name].transpose(2, 3, 1, 0) if arrays[name].ndim == 4 else arrays[name] for name in _WEIGHTS]


def measure(answers: NDArray[np.uint8], labels: Integers) -> list[Attacked]:
    """Accuracy by epsilon, from answers uint8 [len(EPSILONS), N] and the truth [N]."""
    return [
        Attacked(
            epsilon=epsilon,
            accuracy=proportion(
                int((answers[i] == labels).sum()),
                len(labels),
                "test",
                "share of images whose likeliest class is right",
                f"each value moved by at most {epsilon} of 255 (FGSM)",
            ),
        )
        for i, epsilon in enumerate(EPSILONS)
    ]
