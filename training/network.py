"""The seminar's network, and how it is trained."""

import random

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tqdm.keras import TqdmCallback

from models.card import Epoch
from models.cifar10_test import LABELS
from training import processor, recipe
from training.data import Splits
from training.recipe import Seeds

History = dict[str, list[float]]
"""What a fit reported, by metric: one value for each epoch."""


def build() -> keras.Sequential:
    """The network: float32 [N, 32, 32, 3] from 0 to 1, to probabilities float32 [N, 10]; 225,610 parameters."""
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            keras.layers.Conv2D(32, (4, 4), activation="relu"),
            keras.layers.MaxPooling2D((2, 2)),
            keras.layers.Conv2D(32, (4, 4), activation="relu"),
            keras.layers.MaxPooling2D((2, 2)),
            keras.layers.Flatten(),
            keras.layers.Dense(256, activation="relu"),
            keras.layers.Dense(len(LABELS), activation="softmax"),
        ]
    )


def fit(
    splits: Splits,
    max_epochs: int = recipe.MAX_EPOCHS,
    seeds: Seeds = recipe.SEEDS,
    class_weight: dict[int, float] | None = None,
    *,
    progress: bool = True,
) -> tuple[keras.Sequential, History]:
    """Train a new network; the same arguments give the same weights, see `processor`.

    Args:
        splits: `train` is fitted, `validation` stops the fit, `test` is not touched.
        max_epochs: most epochs.
        seeds: of the three random generators.
        class_weight: how much the loss of each class counts; 1 each if absent.
        progress: whether to show it.

    Returns:
        The network and its history: loss, accuracy, val_loss and val_accuracy.

    Raises:
        ProcessorError: this processor can't compute as the recipe says.
    """
    processor.check()
    random.seed(seeds.python)
    np.random.seed(seeds.numpy)  # noqa: NPY002 - as the notebook does
    tf.random.set_seed(seeds.tensorflow)
    tf.config.experimental.enable_op_determinism()
    model = build()
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        scale(splits.train.images),
        one_hot(splits.train.labels),
        batch_size=recipe.BATCH,
        epochs=max_epochs,
        class_weight=class_weight,
        validation_data=(scale(splits.validation.images), one_hot(splits.validation.labels)),
        callbacks=[
            keras.callbacks.EarlyStopping(monitor="val_loss", patience=recipe.PATIENCE),
            *([TqdmCallback(verbose=1)] if progress else []),
        ],
        verbose=0,
    )
    return model, history.history


def learning_curve(history: History) -> list[Epoch]:
    """A history as the card has it: one entry for each epoch, numbered from 1."""
    return [
        Epoch.model_validate({"epoch": number} | dict(zip(history, values, strict=True)))
        for number, values in enumerate(zip(*history.values(), strict=True), 1)
    ]


def scale(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixels from 0-255 to 0-1."""
    return images.astype(np.float32) / np.float32(255)


def one_hot(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Labels int [N] to float32 [N, 10]."""
    return np.eye(len(LABELS), dtype=np.float32)[labels]
