"""onnxruntime without a service around it: images per second of batches of 64, for some seconds; prints the rate."""

import sys
import time

import numpy as np

from benchmarks.programs.classify import open_session

BATCH = 64


def main() -> None:
    """Run and print."""
    session = open_session()
    images = np.random.default_rng(0).integers(0, 256, (BATCH, 32, 32, 3), dtype=np.uint8)
    for _ in range(5):
        session.run(["probabilities"], {"image": images})
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < float(sys.argv[1]):
        session.run(["probabilities"], {"image": images})
        done += BATCH
    print(done / spent)


if __name__ == "__main__":
    main()
