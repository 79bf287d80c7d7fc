"""The command line: it refuses in one sentence, before anything heavy starts, and leaves nothing half-done."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.serving import ROOT
from training import batches
from training.__main__ import main

Refusal = Callable[..., str]


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str]) -> Refusal:
    """Runs a command that is to be refused; the one sentence that it says."""

    def refused(*arguments: object) -> str:
        assert main([str(argument) for argument in arguments]) == 1
        return capsys.readouterr().err.splitlines()[-1]

    return refused


def test_help_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` lists every command and exits with 0."""
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    first_words = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line}
    assert first_words >= {"train", "fetch", "evaluate", "experiments", "verify", "embed"}


def test_a_quick_model_never_goes_among_the_shipped_ones(refusal: Refusal) -> None:
    """--quick needs a folder of the user's own: without one, or with the repository's models/, it refuses."""
    before = sorted((ROOT / "models").rglob("*"))
    assert "--quick --out FOLDER" in refusal("train", "--quick")
    assert "--quick --out FOLDER" in refusal("train", "--quick", "--out", ROOT / "tests" / ".." / "models")
    assert sorted((ROOT / "models").rglob("*")) == before


def test_a_folder_that_cannot_be_written_is_told_before_the_training(refusal: Refusal, tmp_path: Path) -> None:
    """An output folder that can't be made is refused at once, naming it."""
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "models"
    assert refusal("train", "--quick", "--out", out) == f"{out} can't be written to (Not a directory)."


def test_a_damaged_dataset_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    """Files of the right name and size with other content are told by their digest; nothing is written."""
    for name in batches.SHA256:
        with (tmp_path / f"{name}.bin").open("wb") as file:
            file.truncate(batches.SIZE * batches.ROW)
    message = refusal("train", "--data", tmp_path, "--out", tmp_path / "models")
    assert message == f"test_batch in {tmp_path} is not CIFAR-10's (SHA-256 differs): get it again."
    assert list((tmp_path / "models").iterdir()) == []


def test_a_folder_without_the_dataset_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    """A folder that does not exist, one without batches, and one that lacks a batch are each named."""
    none = tmp_path / "none"
    assert refusal("train", "--data", none, "--out", tmp_path) == f"There is no folder {none}."
    assert f"{tmp_path} holds no CIFAR-10 batches" in refusal("train", "--data", tmp_path, "--out", tmp_path)
    (tmp_path / "data_batch_1.bin").touch()
    lacking = tmp_path / "test_batch.bin"
    message = refusal("train", "--data", tmp_path, "--out", tmp_path)
    assert message == f"{lacking} can't be read (No such file or directory)."


def test_the_embedded_images_are_not_overwritten(refusal: Refusal, tmp_path: Path) -> None:
    """`embed` refuses a file that is there already, and leaves it as it is."""
    (tmp_path / "file").write_text("mine")
    assert refusal("embed", tmp_path / "file") == f"{tmp_path / 'file'} exists already; name a new file."
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(("arguments", "complaint"), [
    (["train", "--missing", "unicorn"], "invalid choice: 'unicorn'"),
    (["train", "--missing", "dog", "--share", "0"], "a share is above 0 and at most 1"),
    (["evaluate", "nowhere"], "there is no card.json in nowhere"),
    (["experiments", "nowhere"], "there is no card.json in nowhere"),
    ([], "the following arguments are required: command"),
])  # fmt: skip
def test_a_command_that_makes_no_sense_is_refused(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A class, share or folder that can't be meant is named, with exit code 2."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_refusal_starts_no_tensorflow(tmp_path: Path) -> None:
    """Wrong data is refused before TensorFlow, which takes seconds to start, is imported."""
    program = (
        "import sys; from training.__main__ import main; "
        f"print(main(['train', '--data', {str(tmp_path)!r}, '--out', {str(tmp_path)!r}]), 'tensorflow' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "1 False"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_politely(tmp_path: Path, number: int) -> None:
    """Ctrl-C or a polite kill, here in the middle of a batch, ends with one sentence, code 130 and an empty folder."""
    pipe, out = tmp_path / "test_batch.bin", tmp_path / "models"
    (tmp_path / "data_batch_1.bin").touch()
    os.mkfifo(pipe)  # whoever reads it waits for ever
    command = [sys.executable, "-m", "training", "train", "--data", str(tmp_path), "--out", str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        end = _open_once_read(pipe, process)
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_S)
        os.close(end)
    assert process.returncode == 130, errors
    assert errors.splitlines()[-1] == "Interrupted; nothing was left half-written."
    assert "Traceback" not in errors
    assert list(out.iterdir()) == []


def _open_once_read(pipe: Path, process: subprocess.Popen[str]) -> int:
    """The writing end of a pipe, opened as soon as the process reads it."""
    while True:
        assert process.poll() is None
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads yet
            time.sleep(0.02)


class _Interrupting(io.StringIO):
    """Presses Ctrl-C as soon as the fit reports a loss."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if "loss=" in text:
            signal.raise_signal(signal.SIGINT)
        return written


def test_an_interrupted_fit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the network is being fitted ends with one sentence, code 130 and an empty folder."""
    errors = _Interrupting()
    monkeypatch.setattr(sys, "stderr", errors)
    assert main(["train", "--quick", "--out", str(tmp_path)]) == 130
    assert "Interrupted; nothing was left half-written." in errors.getvalue().splitlines()
    assert list(tmp_path.iterdir()) == []
