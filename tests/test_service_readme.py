"""The page for operators and contributors, service/README.md, says what the code does."""

import base64
import json
import re
import tomllib
from pathlib import Path

import httpx
import pytest
from PIL import PngImagePlugin

from service.http import problems
from service.http.multipart import _MAX_BOUNDARY, _MAX_CONTENT_TYPE, _MAX_PARAMETERS, _MAX_PART_HEAD
from service.http.negotiation import _MAX_BYTES, _MAX_ELEMENTS
from service.http.payload import _MAX_JSON_BYTES
from service.http.query import _MAX_PARAMETERS as _MAX_QUERY_PARAMETERS
from service.images.decoder import _MAX_SCANS, _MAX_SCANS_OF_LARGEST
from service.inference.predictor import _FEW, _FEW_PIXELS
from service.limits.admission import INLINE_BYTES
from service.limits.usage import _HALF_LIFE_SECONDS
from service.middleware.access_log import _EXPECTED
from service.server.framing import _MAX_LENGTH_DIGITS, _MAX_SIZE_LINE, _OVERHEAD, _OVERHEAD_SHARE
from service.settings import PREFIX, Settings
from tests.support import serving
from tests.support.patience import until
from tests.support.pictures import RED
from tests.support.problems import check
from tests.support.serving import ROOT, Service
from tests.support.wire import connect, read_last

PAGE = (ROOT / "service" / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_table(name: str) -> None:
    """The table in service/ has each setting with its default and the meaning that the code gives it."""
    field = Settings.model_fields[name]
    default = field.default
    if isinstance(default, Path):
        default = default.relative_to(ROOT)
    if isinstance(default, tuple):
        default = json.dumps(default, separators=(",", ":"))
    assert f"| `{PREFIX}{name.upper()}` | `{default}` | {field.description} |" in PAGE.splitlines()


def test_the_table_has_nothing_else() -> None:
    """No document names a setting that the service does not know, and the table has them in the code's order."""
    named = re.findall(rf"^\| `{PREFIX}(\w+)` \| `", PAGE, re.MULTILINE)
    assert [name.lower() for name in named] == list(Settings.model_fields)
    for path in (*ROOT.glob("*/README.md"), ROOT / "README.md", ROOT / "docker-compose.yml", ROOT / ".env"):
        mentioned = re.findall(rf"{PREFIX}([A-Z_]+)", path.read_text())
        assert {name.lower() for name in mentioned} <= Settings.model_fields.keys(), path


def test_every_refusal_named_is_one() -> None:
    """Where service/README.md names a status and a problem, such a problem with that status exists."""
    named = re.findall(r"`([45]\d\d) ([a-z-]+)`", PAGE)
    assert len(named) >= 10
    assert [int(status) for status, _ in named] == [problems.BY_NAME[name].status for _, name in named]


def test_the_bounds_without_a_setting_are_the_codes() -> None:
    """The second table of bounds in service/README.md has what the code refuses, as the code has it."""
    mib, kib = 1024**2, 1024
    for row in (
        f"| scans of a JPEG; its scans times its pixels | {_MAX_SCANS}; {_MAX_SCANS_OF_LARGEST} times "
        "`SERVICE_MAX_PIXELS` | `413 image-too-large` |",
        "| a compressed text or colour profile of a PNG, unpacked; its texts together "
        f"| {PngImagePlugin.MAX_TEXT_CHUNK // mib} MiB; {PngImagePlugin.MAX_TEXT_MEMORY // mib} MiB "
        "| `422 damaged-image` |",
        f"| JSON that holds anything but one picture | {_MAX_JSON_BYTES // kib} KiB | `422 invalid-parameter` |",
        f"| query parameters | {_MAX_QUERY_PARAMETERS} | `422 invalid-parameter` |",
        "| a form's boundary; its content type; the head of one of its parts "
        f"| {_MAX_BOUNDARY} bytes; {_MAX_CONTENT_TYPE} bytes; {_MAX_PART_HEAD // kib} KiB | `400 malformed-body` |",
        "| parameters in a form's content type or in a part's `Content-Disposition` "
        f"| {_MAX_PARAMETERS} | `400 malformed-body` |",
        "| `Accept`, `Accept-Encoding` and `If-None-Match`, each "
        f"| {_MAX_BYTES // kib} KiB; {_MAX_ELEMENTS} elements | nothing: it is as if it were not there |",
        f"| digits of a `Content-Length` | {_MAX_LENGTH_DIGITS} | `400 malformed-body` |",
        "| what a chunked body has beside its data "
        f"| {_OVERHEAD // kib} KiB and an eighth of the data | `400 malformed-body` |",
        "| a line between its chunks; its trailers "
        f"| {_MAX_SIZE_LINE // kib} KiB; `SERVICE_MAX_HEADER_BYTES` | `400 malformed-body` |",
    ):
        assert row in PAGE.splitlines()
    assert _OVERHEAD_SHARE == 8
    text = " ".join(PAGE.split())
    assert f"more than {_FEW} of them, or than {_FEW_PIXELS:,} pixels (96x96)" in text
    assert f"what it had {_HALF_LIFE_SECONDS:g} seconds ago counts half" in text
    assert f"A form or JSON above {INLINE_BYTES // kib} KiB" in text


def test_32_query_parameters_are_read(client: httpx.Client) -> None:
    """The 33rd query parameter is one too many, and the 32nd is not: then the mistake in the others is named."""
    few, many = ("&".join(f"a{n}=1" for n in range(count)) for count in (32, 33))
    check(client.get(f"/predict?{few}"), 422, "unknown-field", "index")
    check(client.get(f"/predict?{many}"), 422, "invalid-parameter", "too many query parameters")


def test_long_json_holds_one_picture(client: httpx.Client) -> None:
    """A JSON body above 256 KiB with anything but one picture is refused; one with a picture is answered."""
    indices = b'{"indices": [1' + b" " * 256 * 1024 + b"]}"
    json_type = {"Content-Type": "application/json"}
    check(client.post("/predict", content=indices, headers=json_type), 422, "invalid-parameter", "one picture")
    picture = base64.b64encode(RED).decode()
    assert client.post("/predict", content=f'{{"image": "{picture}"}}{" " * 256 * 1024}', headers=json_type).is_success


def test_what_is_no_request_is_logged_as_other(toy_models: Path) -> None:
    """Bytes that are no HTTP leave a line with the method OTHER and no path, in text `OTHER -`; it is a warning."""
    with serving.start(models=toy_models, model="toy", log_format="text") as service:
        with connect(service) as connection:
            connection.sendall(b"hello\r\n\r\n")
            read_last(connection)
        line = until(
            lambda: [line for line in service.log.read_text().splitlines() if " 400 " in line], "the log's line"
        )[0]
    assert re.search(r" warning \S+ OTHER - 400 ", line)
    assert "method `OTHER` and an empty path (as text: `OTHER -`)" in " ".join(PAGE.split())


def test_every_metric_is_named(client: httpx.Client) -> None:
    """The metrics of service/README.md are those that /metrics has."""
    client.get("/predict?index=16")
    kept = re.findall(r"^# TYPE (seminar_cnn_\w+)", client.get("/metrics").text, re.MULTILINE)
    assert set(re.findall(r"`(seminar_cnn_\w+)`", PAGE)) == {name for name in kept if not name.endswith("_created")}


def test_every_stage_is_named(service: Service) -> None:
    """The stages in the table of metrics are those that /metrics has once an inference succeeded and one failed."""
    tensor = {"name": "image", "shape": [1, 32, 32, 3], "datatype": "UINT8", "data": [0] * 32 * 32 * 3}
    for inputs in ([tensor], []):
        service.client.post("/v2/models/seminar-cnn/infer", json={"inputs": inputs})
    (row,) = re.findall(r"^\| `seminar_cnn_inference_stage_seconds_total` .*", PAGE, re.MULTILINE)
    stages = {stage for name in service.figures() for stage in re.findall(r'_stage_seconds_total.*stage="(\w+)"', name)}
    assert set(re.findall(r"`(\w+)`", row)) - {"seminar_cnn_inference_stage_seconds_total"} == stages


def test_the_log_line_has_the_fields_of_one(service: Service) -> None:
    """The log line in service/README.md has the fields, in their order, of the line that such a request leaves."""
    (text,) = [block for kind, block in BLOCKS if kind == "json"]
    printed = json.loads(text)
    refused = service.client.get("/predict?index=x")
    assert refused.status_code == printed["status"]
    (real,) = service.records(refused.headers["x-request-id"])
    assert list(printed) == list(real)
    varying = ("time", "request_id", "milliseconds")
    assert {key: printed[key] for key in printed if key not in varying} == {
        key: real[key] for key in real if key not in varying
    }


def test_what_is_only_a_warning_is_named() -> None:
    """The problems with a status from 500 on that are logged as warnings are those that service/README.md names."""
    names = re.search(r"on `error`; but (.*?), which are no fault", " ".join(PAGE.split()))
    assert names
    assert set(re.findall(r"`([a-z-]+)`", names[1])) == _EXPECTED


def test_the_rooms_are_the_contracts() -> None:
    """The rooms in service/README.md are the layers of the import contract, from the top down."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    rooms = [room.strip().removeprefix("service.") for layer in layers for room in layer.split("|")]
    (text,) = [block for kind, block in BLOCKS if kind == "text"]
    assert re.findall(r"\w+", " ".join(re.findall(r"^\w+(?:, \w+)*", text, re.MULTILINE))) == rooms


def test_every_file_named_is_there() -> None:
    """The files in which the page says to change something are there, and the names in code that it gives exist."""
    _, _, text = PAGE.partition("## Change it")
    paths = re.findall(r"`([\w/]+\.(?:py|md))`", text)
    assert len(paths) > 15
    for path in paths:
        assert (ROOT / path).exists() or (ROOT / "service" / path).exists(), path
    code = "\n".join(path.read_text() for wing in ("service", "tests") for path in (ROOT / wing).rglob("*.py"))
    for name in re.findall(r"`(_?[A-Z]\w+|_[a-z]\w+)`", text):
        assert re.search(rf"\b{name}\b", code), name
