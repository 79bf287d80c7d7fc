"""`/images/{index}.png`: the CIFAR-10 test images themselves."""

import io
import re
from typing import Annotated

from fastapi import Path
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from models import cifar10_test
from models.cifar10_test import TestSplit
from service import errors
from service.api.documented_route import DocumentedRoute
from service.expectation import shown
from service.http import problems
from service.http.conditional import is_known
from service.settings import Settings

_PNG = {"description": "The image", "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
_INDEX = Path(description="A CIFAR-10 test image: 0 to 9999.", examples=["16"])
_FOREVER = "max-age=31536000, immutable"

# As many digits as the largest index has: longer ones are never turned into a number.
_DIGITS = re.compile(rf"0|[1-9][0-9]{{0,{len(str(cifar10_test.SIZE - 1)) - 1}}}", re.ASCII)


class Images:
    """The endpoint."""

    def __init__(self, test_split: TestSplit, settings: Settings) -> None:
        self._test_split = test_split
        # Where keys are wanted, no cache that others share may keep what is for who has one.
        self._cache_control = f"{'private' if settings.api_keys else 'public'}, {_FOREVER}"

    async def get(self, index: Annotated[str, _INDEX], request: Request) -> Response:
        """The CIFAR-10 test image itself, 32x32 pixels, lossless."""
        if not _DIGITS.fullmatch(index):
            message = "Test images are /images/0.png to /images/9999.png."
            raise errors.ImageNotFound(message, field="index", value=shown(index), limit=cifar10_test.SIZE - 1)
        headers = {"ETag": f'"{cifar10_test.SHA256[:16]}-{int(index)}"', "Cache-Control": self._cache_control}
        if is_known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        pixels = self._test_split.read([int(index)])[0][0]
        png = io.BytesIO()
        Image.fromarray(pixels).save(png, "PNG")
        return Response(png.getvalue(), headers=headers, media_type="image/png")


def routes(test_split: TestSplit, settings: Settings) -> list[BaseRoute]:
    """The routes of this resource."""
    return [
        DocumentedRoute(
            "/images/{index}.png",
            Images(test_split, settings).get,
            methods=["GET"],
            response_class=Response,
            responses={200: _PNG, 304: {"description": "Unchanged"}, **problems.responses([errors.ImageNotFound])},
            summary="A CIFAR-10 test image",
            operation_id="get_test_image",
            tags=["data"],
        )
    ]
