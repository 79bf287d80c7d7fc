"""The test images themselves."""

import io

import httpx
import numpy as np
from PIL import Image

from models.cifar10_test import TestSplit


def test_the_test_image_itself(client: httpx.Client) -> None:
    """`/images/{index}.png` is the embedded test image, bit for bit, and is not sent twice to who has it."""
    response = client.get("/images/16.png")
    assert response.headers["content-type"] == "image/png"
    assert (np.asarray(Image.open(io.BytesIO(response.content))) == TestSplit().read([16])[0][0]).all()
    again = client.get("/images/16.png", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
