"""The Open Inference Protocol over gRPC, beside HTTP in the same process: same models, same bounds, same figures."""
