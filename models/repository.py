"""Finds, verifies and opens what lies in a models folder: `<name>/<version>/{model.onnx, card.json}`."""

import hashlib
import json
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort
from pydantic import ValidationError

from models.card import Card

FOLDER = Path(__file__).parent

# Where the export writes the class names inside model.onnx (the ONNX format's metadata_props), as a JSON list.
LABELS_KEY = "labels"

# Far more than a network this small and its card take; a larger file is a mistake, and would be read whole.
_LARGEST_MODEL = 1024**3
_LARGEST_CARD = 64 * 1024**2

# A version as its folder is named; 01 would be another folder of the same version.
_VERSION = re.compile(r"[1-9][0-9]*", re.ASCII)


class ModelError(Exception):
    """A model is missing, damaged or not what its card says; the message is one sentence for the operator.

    Attributes:
        reason: the same without the paths of this machine, for those who ask the model.
    """

    def __init__(self, message: str, reason: str = "its files are damaged or incomplete") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, eq=False)
class Model:
    """A model whose card was read and whose file has the card's digest; `open` makes a session of it.

    Attributes:
        folder: that it lies in.
        card: what it is.
    """

    folder: Path
    card: Card

    @property
    def name(self) -> str:
        """The model's name, also its folder's."""
        return self.card.model_details.name

    @property
    def version(self) -> int:
        """The model's version, also its folder's."""
        return self.card.model_details.version

    def open(self) -> ort.InferenceSession:
        """A session; the digest is taken again, of the very bytes that it is made from.

        The session's real inputs, outputs and class names are compared with the card's.

        Raises:
            ModelError: with one sentence that says what is wrong.
        """
        path, content = self._path, self._read()
        try:
            session = ort.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])
        except Exception:  # noqa: BLE001 - onnxruntime's errors share no public base class
            reason = "it is no model that onnxruntime can open"
            raise ModelError(f"{path} can't be used: {reason}; export it again.", reason) from None
        difference = _difference(self.card, session)
        if difference:
            raise ModelError(f"{path} does not keep to its card: {difference}; export it again.", difference)
        return session

    def check_digest(self) -> None:
        """See that model.onnx is the file that the card describes.

        Raises:
            ModelError: it is another, or can't be read.
        """
        self._read()

    @property
    def _path(self) -> Path:
        return self.folder / "model.onnx"

    def _read(self) -> bytes:
        path = self._path
        content = _read_file(path, _LARGEST_MODEL)
        if hashlib.sha256(content).hexdigest() != self.card.model_details.sha256:
            reason = "it is not the file its card describes (SHA-256 differs)"
            raise ModelError(f"{path} can't be used: {reason}; restore it from its source.", reason)
        return content


def _read_file(path: Path, largest: int) -> bytes:
    """A file of these two.

    Raises:
        ModelError: it can't be read, or is too large; or it is none but a pipe, say, which would never end.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ModelError(f"{path} is no file; restore it from its source.")
        if found.st_size > largest:
            raise ModelError(f"{path} has {found.st_size:,} bytes, more than {largest:,}; restore it from its source.")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} can't be read ({error.strerror}); restore it from its source.") from None


Stamp = tuple[int, ...]
"""What changes with a version's files: inode, time and size of its card and its model; zeros for what is missing."""


def stamps(root: Path) -> dict[tuple[str, int], Stamp]:
    """The versions under `root` by name and number, each with what changes when its files do.

    Nothing is opened. A folder without a card is none: whoever copies one copies the card last.
    """
    found: dict[tuple[str, int], Stamp] = {}
    for path in sorted(root.glob("*/*/card.json")):
        folder = path.parent
        if _VERSION.fullmatch(folder.name) and not folder.parent.name.startswith(".") and _is_text(folder.parent.name):
            found[folder.parent.name, int(folder.name)] = (*_stamp(path), *_stamp(folder / "model.onnx"))
    return found


def _is_text(name: str) -> bool:
    """Whether a name can be told: a file system's may be bytes that are no text."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_ino, found.st_mtime_ns, found.st_size


def find(root: Path) -> dict[str, list[int]]:
    """The models under `root`: name to versions, lowest first.

    Folders without a card.json are no models, and those whose name begins with a dot are not finished, be it a model's
    folder or a version's.

    Raises:
        ModelError: there is no such folder, there are no models in it, or a version's folder is not named by its
            number.
    """
    found: dict[str, list[int]] = {}
    for path in sorted(root.glob("*/*/card.json")):
        folder = path.parent
        if folder.name.startswith(".") or folder.parent.name.startswith(".") or not _is_text(folder.parent.name):
            continue
        if not _VERSION.fullmatch(folder.name):
            raise ModelError(
                f"{folder} holds a model, but {folder.name} is no version: name the folder by a whole number from 1, "
                "such as 1 or 2."
            )
        found.setdefault(folder.parent.name, []).append(int(folder.name))
    if not found:
        raise ModelError(f"There is no model in {root}: expected <name>/<version>/card.json and model.onnx there.")
    return {name: sorted(versions) for name, versions in found.items()}


def session_options() -> ort.SessionOptions:
    """One thread, run in order, no spinning: one call on a network this small is too short to divide."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    return options


def verify(root: Path, name: str, version: int) -> Model:
    """Read the card of `root/name/version` and compare the model's digest with it; no session is opened.

    Raises:
        ModelError: with one sentence that says what is wrong.
    """
    folder = root / name / str(version)
    card = _read_card(folder / "card.json")
    if (card.model_details.name, card.model_details.version) != (name, version):
        raise ModelError(f"{folder / 'card.json'} is the card of another model; restore the folder from its source.")
    model = Model(folder, card)
    model.check_digest()
    return model


def _read_card(path: Path) -> Card:
    try:
        return Card.model_validate_json(_read_file(path, _LARGEST_CARD))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ModelError(f"{path} is not a valid model card: {where}: {first['msg']}.") from None


def _difference(card: Card, session: ort.InferenceSession) -> str | None:
    """The first difference between what the card promises and what the session has, or None."""
    contract = card.contract
    promised_input = [(contract.input.name, f"tensor({contract.input.dtype})", contract.input.shape)]
    promised_outputs = [(output.name, "tensor(float)", output.shape) for output in contract.outputs]
    for what, promised, nodes in (
        ("inputs", promised_input, session.get_inputs()),
        ("outputs", promised_outputs, session.get_outputs()),
    ):
        # A free dimension has a name (or nothing) in ONNX and null in the card.
        real = [(n.name, n.type, [d if isinstance(d, int) else None for d in n.shape]) for n in nodes]
        if real != promised:
            return f"its {what} are {real}, the card says {promised}"
    written = session.get_modelmeta().custom_metadata_map.get(LABELS_KEY, "null")
    try:
        labels = json.loads(written)
    except ValueError:
        labels = written
    if labels != contract.labels:
        return f"its labels are {labels}, the card says {contract.labels}"
    if any(output.shape[-1] != len(contract.labels) for output in contract.outputs):
        return f"it has no output for each of its {len(contract.labels)} labels"
    return None
