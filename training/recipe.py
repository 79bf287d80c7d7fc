"""The seminar's recipe in numbers, exactly as in its notebook; the network itself is in `network`.

Notebook "Convolutional Neural Networks (CNN) - Object Recognition". The last 40,000 of the 50,000 training images
train, the first 10,000 validate; the test images have no part in it.
"""

from dataclasses import dataclass

BATCH = 32
MAX_EPOCHS = 25
PATIENCE = 2
VALIDATION = 10_000


@dataclass(frozen=True)
class Seeds:
    """What makes a training repeatable.

    NumPy's and TensorFlow's are the notebook's. It sets none for Python's generator, from which Keras 3 seeds the
    initial weights, so that one is ours.
    """

    python: int = 112
    numpy: int = 888
    tensorflow: int = 112

    def shifted(self, by: int) -> "Seeds":
        """Other seeds, for another training of the same recipe."""
        return Seeds(self.python + by, self.numpy + by, self.tensorflow + by)


SEEDS = Seeds()
