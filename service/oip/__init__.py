"""The Open Inference Protocol, version 2, whatever carries it: its requests, tensors and metadata.

Specification: https://github.com/kserve/open-inference-protocol; the extensions are those of Triton's.
"""
