"""What the service shows of itself, and whom it lets in."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from tests import serving
from tests.pictures import encode, plain
from tests.serving import Service
from tests.test_problems import check

RED = encode(plain((255, 0, 0)))


@pytest.fixture
def fresh(toy_models: Path) -> Iterator[Service]:
    """A service that nobody has asked anything yet."""
    with serving.start(models=toy_models, model="toy") as service:
        yield service


def lines(service: Service) -> list[dict[str, object]]:
    """The log's lines so far."""
    time.sleep(0.1)  # they are written at the end of a turn of the event loop
    return [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]


def test_metrics_count_what_happened(fresh: Service) -> None:
    """After known requests /metrics has exactly their counts: by route and status, refusal, label and confidence."""
    for _ in range(3):
        fresh.client.post("/predict", files={"image": RED})
    fresh.client.post("/predict", files={"image": encode(plain((255, 255, 255)))})
    fresh.client.get("/predict?index=x")
    fresh.client.get("/nowhere/at/all")
    fresh.client.get("/images/3.png")
    text = fresh.client.get("/metrics").text
    for line in (
        'service_requests_total{method="POST",route="/predict",status="200"} 4.0',
        'service_requests_total{method="GET",route="/predict",status="422"} 1.0',
        'service_requests_total{method="GET",route="other",status="404"} 1.0',
        'service_requests_total{method="GET",route="/images/{index}.png",status="200"} 1.0',
        'service_refusals_total{cause="invalid-parameter"} 1.0',
        'service_predictions_total{confident="yes",label="airplane",model="toy"} 3.0',
        'service_predictions_total{confident="no",label="airplane",model="toy"} 1.0',
        'service_request_seconds_count{route="/predict"} 5.0',
        "service_decode_seconds_count 4.0",
        "service_in_flight 0.0",
    ):
        assert line in text.splitlines()
    assert 'service_model_info{model="toy"' in text


def test_each_request_is_one_line(fresh: Service) -> None:
    """The log has one JSON line for each request, with its id, path, status, time and problem, and no query."""
    fresh.client.get("/predict?index=3", headers={"X-Request-ID": "my-id"})
    fresh.client.get("/predict?index=secret", headers={"X-Request-ID": "other"})
    first, second = lines(fresh)
    assert (first["request_id"], first["path"], first["status"], first["level"]) == ("my-id", "/predict", 200, "info")
    assert first["milliseconds"] > 0  # type: ignore[operator]
    assert (second["status"], second["level"], second["problem"]) == (422, "warning", "invalid-parameter")
    assert "secret" not in fresh.log.read_text()


def test_a_request_keeps_its_name(fresh: Service) -> None:
    """X-Request-ID comes back; else the trace of a traceparent; else, and for a bad one, a new one each time."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    named = fresh.client.get("/health", headers={"X-Request-ID": "a-1"})
    traced = fresh.client.get("/health", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert named.headers["x-request-id"] == "a-1"
    assert traced.headers["x-request-id"] == trace
    made = {fresh.client.get("/health", headers={"X-Request-ID": "a" * 200}).headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3
    assert all(len(name) == 16 for name in made)


def test_the_log_can_be_quiet_and_plain(toy_models: Path) -> None:
    """With log_level=warning and log_format=text only refused requests are logged, as text."""
    with serving.start(models=toy_models, model="toy", log_level="warning", log_format="text") as service:
        service.client.get("/predict?index=3")
        service.client.get("/predict?index=x")
        time.sleep(0.1)
        _, line = service.log.read_text().splitlines()
        assert " warning " in line
        assert line.endswith(" invalid-parameter")


def test_with_keys_only_their_owners_may_ask(toy_models: Path) -> None:
    """With two keys set, either lets in; none, a wrong one or another scheme gets 401; /health stays open."""
    with serving.start(models=toy_models, model="toy", api_keys='["first-key", "second-key"]') as service:
        for key in ("first-key", "second-key"):
            headers = {"Authorization": f"Bearer {key}"}
            assert service.client.get("/predict?index=1", headers=headers).status_code == 200
        for headers in ({}, {"Authorization": "Bearer third"}, {"Authorization": "Basic first-key"}):
            for path in ("/predict?index=1", "/model-card", "/images/1.png", "/metrics", "/docs"):
                response = service.client.get(path, headers=headers)
                check(response, 401, "key-missing", "Authorization: Bearer")
                assert response.headers["www-authenticate"] == "Bearer"
        assert service.client.get("/health").status_code == 200
        assert "first-key" not in service.log.read_text()


def test_other_origins_are_let_in_only_if_named(toy_models: Path, toy_client: httpx.Client) -> None:
    """Without a setting no CORS header is sent; with one, the named origin gets it, on refusals too, and no other."""
    asked = {"Origin": "https://seminar.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in toy_client.get("/predict?index=1", headers=asked).headers
    with serving.start(
        models=toy_models, model="toy", cors_origins='["https://seminar.example"]', api_keys='["k"]'
    ) as service:
        preflight = service.client.options("/predict", headers=asked)
        assert preflight.headers["access-control-allow-origin"] == "https://seminar.example"
        refused = service.client.get("/predict?index=1", headers=asked)
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://seminar.example"
        other = service.client.get("/predict?index=1", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


def test_headers_say_little_and_forbid_much(toy_client: httpx.Client) -> None:
    """No answer names the server's software; all forbid sniffing; HTML comes with a content security policy."""
    for path in ("/predict?index=1", "/docs", "/nowhere", "/health"):
        headers = toy_client.get(path).headers
        assert "server" not in headers
        assert headers["x-content-type-options"] == "nosniff"
    headers = toy_client.get("/docs").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"


def test_a_trace_goes_to_its_collector(toy_models: Path) -> None:
    """With tracing on, a request's span reaches the OTLP endpoint and belongs to the trace that the client began."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        extra = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
        }
        with serving.start(extra=extra, models=toy_models, model="toy", tracing=True) as service:
            headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
            assert service.client.get("/predict?index=1", headers=headers).status_code == 200
            deadline = time.monotonic() + 10
            while not received and time.monotonic() < deadline:
                time.sleep(0.05)
        collector.shutdown()
    assert bytes.fromhex(trace) in b"".join(received)
    assert b"seminar-cnn" in b"".join(received)


def test_a_picture_leaves_no_trace_in_the_log(fresh: Service) -> None:
    """Neither a file's name nor its bytes nor its text blocks reach the log, whether it is answered or refused."""
    fresh.client.post("/predict", files={"image": ("grandmother.png", RED)})
    fresh.client.post("/predict", files={"image": ("grandmother.png", b"grandmother's letter")})
    assert len(lines(fresh)) == 2
    assert "grandmother" not in fresh.log.read_text()
