"""The service starts with a right model and right settings, and refuses to start with anything else in one sentence."""

import signal
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.card import Card
from service.settings import PREFIX
from tests import serving, toy
from tests.serving import ROOT, Service


def refusal(**settings: object) -> str:
    """The one sentence with which the service refuses to start."""
    result = serving.run("service", **{"port": 0} | settings)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def test_a_missing_models_folder_is_named(tmp_path: Path) -> None:
    """Without a models folder the service says where it looked and what it expected there."""
    assert f"There is no model in {tmp_path / 'none'}" in refusal(models=tmp_path / "none")


def test_a_missing_model_is_named(toy_models: Path) -> None:
    """Without the default model the service says which there are and how to choose."""
    assert "no model 'other'" in refusal(models=toy_models, model="other")
    assert "set SERVICE_MODEL" in refusal(models=toy_models, model="other")


def test_a_damaged_model_file_is_refused(tmp_path: Path) -> None:
    """One flipped bit in model.onnx is told by the digest."""
    path = toy.write(tmp_path) / "model.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "SHA-256 differs" in refusal(models=tmp_path, model="toy")


def test_a_missing_model_file_is_refused(tmp_path: Path) -> None:
    """A card without its model.onnx is told apart from a damaged one."""
    (toy.write(tmp_path) / "model.onnx").unlink()
    assert "can't be read (No such file or directory)" in refusal(models=tmp_path, model="toy")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """A file whose digest is right but that is no ONNX model is refused."""
    toy.write(tmp_path, content=b"no model")
    assert "no model that onnxruntime can open" in refusal(models=tmp_path, model="toy")


@pytest.mark.parametrize(("made", "contract", "what"), [
    ({"input_name": "picture"}, {}, "its inputs are"),
    ({"side": 64}, {}, "its inputs are"),
    ({"labels": toy.LABELS[:9]}, {}, "its outputs are"),
    ({"labels": toy.LABELS[::-1]}, {}, "its labels are"),
    ({}, {"labels": list(toy.LABELS[1:])}, "its labels are"),
])  # fmt: skip
def test_a_model_that_differs_from_its_card_is_refused(
    tmp_path: Path, made: dict[str, Any], contract: dict[str, Any], what: str
) -> None:
    """Other inputs, outputs or labels than the card states are each named."""
    toy.write(tmp_path, content=toy.model(**made), **contract)
    assert f"does not keep to its card: {what}" in refusal(models=tmp_path, model="toy")


def test_a_card_that_is_none_is_refused(tmp_path: Path) -> None:
    """A card that breaks off, one with an unknown field and one of another model are refused, naming the file."""
    path = toy.write(tmp_path) / "card.json"
    whole = path.read_text()
    for text, what in (
        (whole[:100], "not a valid model card"),
        (whole.replace('"privacy"', '"privcy"'), "not a valid model card"),
        (whole.replace('"name":"toy"', '"name":"other"'), "the card of another model"),
    ):
        path.write_text(text)
        message = refusal(models=tmp_path, model="toy")
        assert what in message
        assert str(path) in message


@pytest.mark.parametrize(("name", "value", "says"), [
    ("SERVICE_PORT", "http", "SERVICE_PORT: Input should be a valid integer"),
    ("SERVICE_PORT", "65536", "SERVICE_PORT: Input should be less than or equal to 65535"),
    ("SERVICE_MAX_PIXELS", "-1", "SERVICE_MAX_PIXELS: Input should be greater than"),
    ("SERVICE_FORMATS", '["TIFF"]', "SERVICE_FORMATS: Input should be 'PNG'"),
    ("SERVICE_FORMATS", "PNG", "SERVICE_"),
    ("SERVICE_MAX_PIXEL", "5", "SERVICE_MAX_PIXEL is no setting of this service; there are SERVICE_"),
])  # fmt: skip
def test_a_wrong_setting_is_named(name: str, value: str, says: str) -> None:
    """A setting with a wrong value, or one that does not exist, stops the start and is named."""
    assert says in refusal(**{name.removeprefix(PREFIX).lower(): value})


def test_a_port_that_is_taken_is_named() -> None:
    """When another program has the port, the service says so and how to take another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port} can't be listened on (Address already in use): choose another" in refusal(port=port)


def test_port_works_without_its_prefix(toy_models: Path) -> None:
    """PORT=... is as good as SERVICE_PORT=..., so that `PORT=8123 make serve` does what one expects."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving.start(extra={"PORT": str(port)}, port=None, models=toy_models, model="toy") as service:
        assert service.url.endswith(f":{port}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(toy_models: Path, number: int) -> None:
    """SIGTERM (a container's stop) and SIGINT (Ctrl-C) end the service with exit code 0 and no traceback."""
    with serving.start(models=toy_models, model="toy") as service:
        service.client.get("/predict?index=1")
        service.process.send_signal(number)
        assert service.process.wait(10) == 0
        assert "Traceback" not in service.log.read_text()


def test_the_shipped_card_is_that_of_the_shipped_model(service: Service) -> None:
    """Every model folder of the repository has a card that its own schema reads and whose digest its model has."""
    for path in sorted((ROOT / "models").glob("*/*/card.json")):
        card = Card.read(path)
        answer = service.client.get(
            "/predict", params={"index": 0, "model": card.model_details.name, "version": card.model_details.version}
        )
        assert answer.status_code == 200


def test_nothing_is_written_to_disk(toy_models: Path, tmp_path: Path) -> None:
    """Neither the service nor a library of it writes a file anywhere it could: home, temporary folder, models."""
    before = time.time()
    with serving.start(
        extra={"TMPDIR": str(tmp_path), "HOME": str(tmp_path)}, models=toy_models, model="toy"
    ) as service:
        service.client.post("/predict", content=bytes(3_000_000), headers={"Content-Type": "image/png"})
        service.client.post("/predict", files={"image": bytes(3_000_000)})
        assert list(tmp_path.iterdir()) == []
        written = [path for path in (ROOT / "models").rglob("*") if path.is_file() and path.stat().st_mtime > before]
        assert written == []


def test_a_gone_service_is_a_refused_connection(toy_models: Path) -> None:
    """After the stop nothing listens any more."""
    with serving.start(models=toy_models, model="toy") as service:
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(service.url)
