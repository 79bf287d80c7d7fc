"""What an answer about a test image depends on, beside what was asked: the model, its card and the program."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from models.card import Card

_ROOT = Path(__file__).parents[2]
# What computes answers, beside this program.
_LIBRARIES = ("numpy", "onnxruntime", "orjson", "pillow")


def digest_of(card: Card) -> str:
    """A SHA-256 that changes with the model, with its card or with the program, and with nothing else.

    The card says which model.onnx it describes; that this is the one is verified by whoever opens it.
    """
    return hashlib.sha256(f"{card.model_dump_json()} {_own_digest()}".encode()).hexdigest()


@cache
def _own_digest() -> str:
    return digest_of_program(_ROOT)


def digest_of_program(root: Path) -> str:
    """The digest of the program in a folder: its modules, its test images, and the libraries that compute for it."""
    digest = hashlib.sha256()
    for folder, pattern in (("models", "*.py"), ("models", "*.sqlite"), ("service", "*.py")):
        for path in sorted((root / folder).rglob(pattern)):
            digest.update(f"{path.relative_to(root).as_posix()} ".encode() + path.read_bytes())
    for name in _LIBRARIES:
        try:
            digest.update(f"{name} {version(name)} ".encode())
        except PackageNotFoundError:  # installed in a way of its own, such as a system's package
            digest.update(name.encode())
    return digest.hexdigest()
