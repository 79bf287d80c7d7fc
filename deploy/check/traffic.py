"""What the load asks: mostly small uploads, some photographs, JSON, and the protocol of other serving systems."""

import json

from benchmarks.load import MULTIPART, form
from benchmarks.payloads import photo, small_picture, web_picture
from deploy.check.load import Ask

# Of how many requests one is such; the rest are small uploads.
_EVERY = {"protocol": 7, "JSON": 10, "picture": 50, "photograph": 500}


def mix() -> list[Ask]:
    """500 requests: a photograph of 3.4 MB, nine of 58 kB, 40 in JSON, 64 of the protocol, else small uploads."""
    asks = {
        "small": Ask("small upload", "/predict", MULTIPART, form(small_picture())),
        "picture": Ask("picture", "/predict", MULTIPART, form(web_picture())),
        "photograph": Ask("photograph", "/predict", MULTIPART, form(photo())),
        "JSON": Ask("JSON", "/predict", "application/json", b'{"index": 16}'),
        "protocol": Ask("protocol", "/v2/models/seminar-cnn/infer", "application/json", _infer()),
    }
    return [asks[_kind(i)] for i in range(max(_EVERY.values()))]


def heavy() -> Ask:
    """A request that costs a replica some 15 ms and whoever sends it next to nothing, to measure capacity with."""
    return Ask("indices", "/predict?top=1", "application/json", json.dumps({"indices": list(range(64))}).encode())


def _kind(i: int) -> str:
    fits = [kind for kind, n in _EVERY.items() if i % n == n - 1]
    return fits[-1] if fits else "small"  # the rarest of them


def _infer() -> bytes:
    image = {"name": "image", "shape": [1, 32, 32, 3], "datatype": "UINT8", "data": [7 * i % 256 for i in range(3072)]}
    return json.dumps({"inputs": [image], "outputs": [{"name": "probabilities"}]}).encode()
