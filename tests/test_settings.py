"""Settings come from the environment, and a wrong one is named."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from service import settings
from service.server.keys_file import add_keys
from service.settings import Settings, SettingsError
from tests.support import serving
from tests.support.serving import ROOT


@pytest.mark.parametrize(("name", "value", "says"), [
    ("SERVICE_PORT", "http", "SERVICE_PORT must be a whole number from 0 to 65535."),
    ("SERVICE_PORT", "65536", "SERVICE_PORT must be a whole number from 0 to 65535."),
    ("SERVICE_MAX_PIXELS", "-1", "SERVICE_MAX_PIXELS must be a whole number from 1024 on."),
    ("SERVICE_FORMATS", '["TIFF"]', "SERVICE_FORMATS must be a list of one or more of PNG, JPEG, WEBP, GIF, BMP."),
    ("SERVICE_MAX_PIXEL", "5", "SERVICE_MAX_PIXEL is no setting of this service; did you mean SERVICE_MAX_PIXELS?"),
    ("SERVICE_DECODE_SECONDS", "soon", "SERVICE_DECODE_SECONDS must be a number above 0."),
    ("SERVICE_PRELOAD", "perhaps", "SERVICE_PRELOAD must be true or false."),
    ("SERVICE_LOG_FORMAT", "xml", "SERVICE_LOG_FORMAT must be json or text."),
    ("SERVICE_OPEN_PATHS", '["docs"]', "SERVICE_OPEN_PATHS: every path begins with /, and * stands at the end only"),
    ("SERVICE_OPEN_PATHS", '["/a*b"]', "SERVICE_OPEN_PATHS: every path begins with /, and * stands at the end only"),
    ("SERVICE_CORS_ORIGINS", '["seminar.example"]', "SERVICE_CORS_ORIGINS: an origin is https:// or http:// and a"),
    ("SERVICE_CORS_ORIGINS", '["https://a.example/"]', "SERVICE_CORS_ORIGINS: an origin is https:// or http:// and a"),
    ("SERVICE_OPEN_PATHS", '["/docs/"]', "SERVICE_OPEN_PATHS: every path begins with /, and * stands at the end only"),
    ("SERVICE_CORS_ORIGINS", '["https://A.example"]', "SERVICE_CORS_ORIGINS: an origin is https:// or http:// and a"),
    ("SERVICE_CORS_ORIGINS", '["https://*.example"]', "SERVICE_CORS_ORIGINS: an origin is https:// or http:// and a"),
    ("SERVICE_CORS_ORIGINS", '["https://a.example:443"]', "SERVICE_CORS_ORIGINS: an origin is https:// or http:// and"),
    ("SERVICE_CORS_ORIGINS", '["http://a.example:80"]', "SERVICE_CORS_ORIGINS: an origin is https:// or http:// and a"),
    ("SERVICE_CORS_ORIGINS", '["http://a.example:x"]', "SERVICE_CORS_ORIGINS: an origin is https:// or http:// and a"),
    ("SERVICE_API_KEYS", "[5]", "SERVICE_API_KEYS must be a list of texts, in quotes."),
    ("SERVICE_THREADS", "5", "SERVICE_THREADS is no setting of this service; there are "),
    ("PORT", "http", "PORT must be a whole number from 0 to 65535."),
])  # fmt: skip
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    """A setting with a wrong value, or one that does not exist, is refused in one line with its name."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        settings.read()
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "example"), [
    ("SERVICE_API_KEYS", '["a-long-random-text"]'),
    ("SERVICE_METRICS_KEYS", '["a-long-random-text"]'),
    ("SERVICE_FORMATS", '["PNG","JPEG"]'),
    ("SERVICE_OPEN_PATHS", '["/health"]'),
    ("SERVICE_CORS_ORIGINS", '["https://seminar.example"]'),
])  # fmt: skip
@pytest.mark.parametrize("value", ["abc", "[", "5", "null", '"abc"', '{"a": 1}', "[" * 100_000])
def test_a_list_that_is_none_is_answered_with_one(
    monkeypatch: pytest.MonkeyPatch, name: str, example: str, value: str
) -> None:
    """A setting whose value should be a list in JSON and is not is named, with a value that would do, and does."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        settings.read()
    assert str(caught.value) == f"{name}: this is no list in JSON; write {name}='{example}'."
    monkeypatch.setenv(name, example)
    settings.read()


def test_every_list_has_an_example() -> None:
    """The settings that say that they are JSON are those of the test above."""
    named = {name for name, field in settings.Settings.model_fields.items() if "JSON" in (field.description or "")}
    assert named == {"admin_keys", "api_keys", "metrics_keys", "formats", "open_paths", "cors_origins"}


def test_an_empty_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of nothing, which anybody could guess, is refused with what to give instead."""
    monkeypatch.setenv("SERVICE_API_KEYS", '["long-enough", " "]')
    with pytest.raises(SettingsError) as caught:
        settings.read()
    assert str(caught.value) == ('SERVICE_API_KEYS: a key is empty; give keys such as ["a-long-random-text"], or none.')


def test_keys_of_a_file_come_after_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each line of SERVICE_API_KEYS_FILE is a key beside those of SERVICE_API_KEYS; empty lines are none."""
    file = tmp_path / "keys"
    file.write_bytes("\ufefffirst-key\r\n\n  \n second-key \n".encode())
    monkeypatch.setenv("SERVICE_API_KEYS", '["told"]')
    monkeypatch.setenv("SERVICE_API_KEYS_FILE", str(file))
    found = add_keys(settings.read())
    assert [key.get_secret_value() for key in found.api_keys] == ["told", "first-key", "second-key"]
    assert "first-key" not in repr(found)
    monkeypatch.delenv("SERVICE_API_KEYS_FILE")
    assert len(add_keys(settings.read()).api_keys) == 1


@pytest.mark.parametrize(("content", "says"), [
    (None, "can't be read (No such file or directory)."),
    (b" \n\n", "there is no key in"),
    (b"", "there is no key in"),
    (b"\xff\xfe", "is no text in UTF-8"),
])  # fmt: skip
def test_a_file_without_keys_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, says: str
) -> None:
    """A file that is missing, no text or has no key is named in one line: without a key everybody would be let in."""
    file = tmp_path / "keys"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("SERVICE_API_KEYS_FILE", str(file))
    with pytest.raises(SettingsError) as caught:
        add_keys(settings.read())
    assert str(caught.value).startswith("SERVICE_API_KEYS_FILE: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_service_wants_the_keys_of_its_file(toy_models: Path, tmp_path: Path) -> None:
    """Two workers with a file of keys answer who sends one of them, and nobody else; with an empty file none start."""
    file = tmp_path / "keys"
    file.write_text("a-key-in-a-file\n")
    with serving.start(models=toy_models, model="toy", workers=2, api_keys_file=file) as service:
        assert service.ask("GET", "/predict?index=16").status_code == 401
        for _ in range(8):
            answer = service.ask("GET", "/predict?index=16", headers={"Authorization": "Bearer a-key-in-a-file"})
            assert answer.status_code == 200
    file.write_text("\n")
    refused = serving.run("service", models=toy_models, model="toy", api_keys_file=file)
    assert refused.returncode == 1
    assert refused.stderr == f"SERVICE_API_KEYS_FILE: there is no key in {file}; write one in each line.\n"


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers, paths and lists are read from SERVICE_ variables; an empty one is as good as none."""
    for name, value in {"MAX_PIXELS": "2048", "MODELS": "my-models", "FORMATS": '["PNG"]', "MODEL": ""}.items():
        monkeypatch.setenv(f"SERVICE_{name}", value)
    found = settings.read()
    assert (found.max_pixels, found.models, found.formats) == (2048, Path("my-models"), ("PNG",))
    assert found.model == "seminar-cnn"


@pytest.mark.parametrize("name", ["PORT", "SERVICE_PORT"])
def test_port_works_without_its_prefix(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """PORT=... is as good as SERVICE_PORT=..., so that `PORT=8123 make serve` does what one expects."""
    monkeypatch.setenv(name, "8123")
    assert settings.read().port == 8123


def test_every_setting_is_read() -> None:
    """Somewhere in service/, outside settings.py, each setting is read as an attribute of something named settings."""
    files = [path for path in (ROOT / "service").rglob("*.py") if path != ROOT / "service" / "settings.py"]
    found = {name for path in files for name in _read_in(path)}
    assert set(Settings.model_fields) - found == set()


def _read_in(path: Path) -> Iterator[str]:
    """The settings that a module reads: `settings.name`, `self._settings.name` or the like."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name, ctx=ast.Load()):
                if owner.lstrip("_") == "settings":
                    yield name


@pytest.mark.parametrize("origin", [
    "*", "https://seminar.example", "http://localhost:3000", "https://a.example:80", "http://[::1]:8000",
])  # fmt: skip
def test_origins_as_browsers_name_them_are_taken(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    """A scheme, a host, and a port where it is not the usual one."""
    monkeypatch.setenv("SERVICE_CORS_ORIGINS", f'["{origin}"]')
    assert settings.read().cors_origins == (origin,)
