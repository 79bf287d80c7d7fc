"""What a careless client would get: pixels prepared in another way than the contract says.

The contract (uint8 in, scaling inside the graph) makes most of these impossible here; elsewhere they are common.
"""

from functools import partial

import numpy as np
import onnx

from models.evidence import ContractViolation
from training import onnx_model
from training.data import Data
from training.measure.intervals import Floats, proportion


def contract_violations(content: bytes, test: Data, logits: Floats) -> list[ContractViolation]:
    """Accuracy on the test images with colours swapped, and with pixels scaled wrongly or not at all.

    Args:
        content: the bytes of model.onnx.
        test: the test images.
        logits: of the test images, [N, 10], prepared as the contract says.
    """
    network = partial(onnx_model.run_graph, _without_scaling(content), "scaled")
    pixels = test.images.astype(np.float32)
    byte = np.float32(255)
    changes = {
        "none: as the contract says": logits,
        "colours in the order blue, green, red": onnx_model.run(content, test.images[..., ::-1])[0],
        "not scaled: 0 to 255 where 0 to 1 is meant": network(pixels)[0],
        "scaled twice: divided by 255 once more": network(pixels / byte / byte)[0],
        "divided by 225 where 255 is meant": network(pixels / np.float32(225))[0],
        # Some published copies of this recipe train on the one and test on the other, so that test images are darker.
        "225/255 as bright, as after training on pixels divided by 225 and testing on pixels divided by 255": network(
            pixels / byte * np.float32(225 / 255)
        )[0],
    }
    return [
        ContractViolation(
            change=change,
            accuracy=proportion(
                int((outputs.argmax(axis=1) == test.labels).sum()),
                len(test),
                "test",
                "share of images whose likeliest class is right",
                change,
            ),
        )
        for change, outputs in changes.items()
    ]


def _without_scaling(content: bytes) -> bytes:
    """The graph behind its scaling: `scaled` float32 [N, 32, 32, 3] to logits float32 [N, 10]."""
    whole = onnx.load_from_string(content)
    scaled = next(node.output[0] for node in whole.graph.node if node.op_type in {"Mul", "Div"})
    inferred = onnx.shape_inference.infer_shapes(whole)
    rest = onnx.utils.Extractor(inferred).extract_model([scaled], ["logits"])
    for node in rest.graph.node:
        node.input[:] = ["scaled" if name == scaled else name for name in node.input]
    rest.graph.input[0].name = "scaled"
    serialized: bytes = rest.SerializeToString()
    return serialized
