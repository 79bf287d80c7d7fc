"""Training: fetch the data, train the seminar's network, export it to ONNX, measure it, write its model card."""
