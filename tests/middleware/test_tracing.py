"""Spans for whoever collects them."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tests.support import serving
from tests.support.patience import until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_trace_goes_to_its_collector(toy_models: Path) -> None:
    """With tracing on, a request's span reaches the OTLP endpoint and belongs to the trace that the client began."""
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
            headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
            assert service.client.get("/predict?index=1", headers=headers).status_code == 200
            until(lambda: list(received), "a span")
        collector.shutdown()
    assert bytes.fromhex(TRACE) in b"".join(received)
    assert b"seminar-cnn" in b"".join(received)
