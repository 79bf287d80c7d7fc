"""Where training and serving meet: the card's schema, the model repository and the embedded test images."""

import os

# Since 1.29 onnxruntime reports its use to its maker over the network and leaves an identifier on the disk, unless this
# is set before it is imported. Nothing that is asked here is anybody else's business.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
