"""A model is what its card says, or it is refused in one sentence that names its file."""

import re
from pathlib import Path
from typing import Any

import pytest

from models import repository
from models.cifar10_test import LABELS
from models.repository import ModelError
from tests.support import toy


def refusal(root: Path) -> str:
    """The one sentence with which the toy under `root` is refused, at the latest when it is opened."""
    with pytest.raises(ModelError) as caught:
        repository.verify(root, "toy", 1).open()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_right_model_is_opened(tmp_path: Path) -> None:
    """A model that keeps to its card is verified and opened, so that the refusals below are for what they say."""
    toy.write(tmp_path)
    model = repository.verify(tmp_path, "toy", 1)
    assert (model.name, model.version) == ("toy", 1)
    assert [output.name for output in model.open().get_outputs()] == ["logits", "probabilities"]


def test_a_missing_models_folder_is_named(tmp_path: Path) -> None:
    """Without a models folder, or with an empty one, it is said where was looked and what was expected there."""
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(
            ModelError, match=f"There is no model in {re.escape(str(folder))}: expected <name>/<version>/"
        ):
            repository.find(folder)


def test_a_damaged_model_file_is_refused(tmp_path: Path) -> None:
    """One flipped bit in model.onnx is told by the digest, before anything is opened."""
    path = toy.write(tmp_path) / "model.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256 differs"):
        repository.verify(tmp_path, "toy", 1)
    assert str(path) in refusal(tmp_path)


def test_a_missing_model_file_is_refused(tmp_path: Path) -> None:
    """A card without its model.onnx is told apart from a damaged one."""
    (toy.write(tmp_path) / "model.onnx").unlink()
    assert "can't be read (No such file or directory)" in refusal(tmp_path)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """A file whose digest is right but that is no ONNX model is refused."""
    toy.write(tmp_path, content=b"no model")
    assert "no model that onnxruntime can open" in refusal(tmp_path)


@pytest.mark.parametrize(("made", "contract", "what"), [
    ({"input_name": "picture"}, {}, "its inputs are"),
    ({"side": 64}, {}, "its inputs are"),
    ({"labels": LABELS[:9]}, {}, "its outputs are"),
    ({"labels": LABELS[::-1]}, {}, "its labels are"),
    ({}, {"labels": list(LABELS[1:])}, "its labels are"),
])  # fmt: skip
def test_a_model_that_differs_from_its_card_is_refused(
    tmp_path: Path, made: dict[str, Any], contract: dict[str, Any], what: str
) -> None:
    """Other inputs, outputs or labels than the card states are each named."""
    toy.write(tmp_path, content=toy.model(**made), **contract)
    assert f"does not keep to its card: {what}" in refusal(tmp_path)


@pytest.mark.parametrize(("right", "wrong", "what"), [
    ('"privacy"', '"privcy"', "not a valid model card"),
    ('"name":"toy"', '"name":"other"', "the card of another model"),
    ('"version":1', '"version":2', "the card of another model"),
    (',"privacy"', "", "not a valid model card"),
])  # fmt: skip
def test_a_card_that_is_none_is_refused(tmp_path: Path, right: str, wrong: str, what: str) -> None:
    """A card with an unknown field, one of another model and one that breaks off are refused, naming the file."""
    path = toy.write(tmp_path) / "card.json"
    before, found, after = path.read_text().partition(right)
    assert found
    path.write_text(before + wrong + after if wrong else before)
    message = refusal(tmp_path)
    assert what in message
    assert str(path) in message


@pytest.mark.parametrize("name", ["01", "v2", "0", "1.0", "²"])
def test_a_version_is_named_by_its_number(tmp_path: Path, name: str) -> None:
    """A folder that holds a model and is not named by a whole number from 1 is refused, not passed over."""
    folder = toy.write(tmp_path, version=1)
    folder.rename(folder.with_name(name))
    with pytest.raises(ModelError, match=f"{name} is no version: name the folder by a whole number"):
        repository.find(tmp_path)


def test_a_model_that_is_being_written_is_no_model(tmp_path: Path) -> None:
    """A model or a version in a folder whose name begins with a dot is not finished, and passed over."""
    toy.write(tmp_path, version=1)
    half = toy.write(tmp_path / ".partial-x", version=1)
    half.rename(tmp_path / ".partial-x" / "model")
    version = toy.write(tmp_path, version=2)
    version.rename(version.with_name(".partial-2"))
    assert repository.find(tmp_path) == {"toy": [1]}
