"""Speed, as ratios: the service and other programs for the same task, measured in one run on the same machine."""

import os

# Programs are started after calls have been made, and what grpc does in a process that forks can end the child.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"
