"""Training: fetch the data, train the seminar's network, export it to ONNX, measure it, write its model card."""

from training import processor

# Before anything below imports TensorFlow, which reads these settings once.
processor.fix_kernels()
