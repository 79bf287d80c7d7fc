"""The Open Inference Protocol over gRPC, beside HTTP in the same process: same models, same bounds, same figures."""

import os

# gRPC's core writes to standard error by itself, a line for whatever a client sends wrong, and waits where nobody reads
# it. All that is to be known stands in the log of calls. It has to be said before `grpc` is imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
