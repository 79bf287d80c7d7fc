"""What the description of an answer says of its headers, by which a client may keep it."""

from typing import Any

_MODEL = {
    "X-Model-SHA256": {
        "description": "Of the model.onnx that answered; its card says the same.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    }
}
_TAG = {
    "ETag": {
        "description": "Changes with the model, its card and the program; to be sent again as If-None-Match.",
        "schema": {"type": "string"},
    }
}
UNCHANGED: dict[str, Any] = {"description": "Unchanged: the answer with this ETag still holds", "headers": _TAG}


def answered(description: str) -> dict[str, Any]:
    """The description of an answer of a model."""
    return {"description": description, "headers": _MODEL}


def tagged(description: str) -> dict[str, Any]:
    """The description of one that has an ETag too."""
    return {"description": description, "headers": _MODEL | _TAG}
