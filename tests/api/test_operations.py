"""What those who run the service ask: is it ready, and what has it counted."""

import httpx

from tests.support import cards
from tests.support.patience import until
from tests.support.pictures import RED, WHITE
from tests.support.serving import Service


def test_health_says_ready_and_with_what(client: httpx.Client) -> None:
    """`/health` names the model and the digest that its card states."""
    body = client.get("/health").json()
    card = client.get("/model-card").json()
    assert body == {
        "status": "ready",
        "model": {"name": "seminar-cnn", "version": cards.VERSION, "sha256": card["model_details"]["sha256"]},
    }


def test_metrics_count_what_happened(toy_service: Service) -> None:
    """Known requests raise /metrics by exactly their counts: by route and status, refusal, label and confidence."""
    client = toy_service.client
    before = toy_service.figures()
    for _ in range(3):
        client.post("/predict", files={"image": RED})
    client.post("/predict", files={"image": WHITE})
    client.get("/predict?index=x")
    client.get("/nowhere/at/all")
    client.get("/images/3.png")
    expected = {
        'seminar_cnn_requests_total{method="POST",route="/predict",status="200"}': 4,
        'seminar_cnn_requests_total{method="GET",route="/predict",status="422"}': 1,
        'seminar_cnn_requests_total{method="GET",route="other",status="404"}': 1,
        'seminar_cnn_requests_total{method="GET",route="/images/{index}.png",status="200"}': 1,
        'seminar_cnn_refusals_total{cause="invalid-parameter"}': 1,
        'seminar_cnn_predictions_total{confident="yes",label="airplane",model="toy",source="upload",version="2"}': 3,
        'seminar_cnn_predictions_total{confident="no",label="airplane",model="toy",source="upload",version="2"}': 1,
        'seminar_cnn_request_seconds_count{route="/predict"}': 5,
        "seminar_cnn_decode_seconds_count": 4,
        "seminar_cnn_inference_seconds_count": 4,
    }
    # The last request is counted a moment after its answer.
    images = 'seminar_cnn_requests_total{method="GET",route="/images/{index}.png",status="200"}'
    now = until(toy_service.figures, "the last count", lambda now: now[images] > before[images])
    assert {name: now[name] - before[name] for name in expected} == expected
    assert now["seminar_cnn_in_flight"] == 0


def test_metrics_name_the_models(toy_service: Service) -> None:
    """/metrics has each model's name, version and digest as labels, always 1."""
    digests = {model["version"]: model["sha256"] for model in toy_service.client.get("/models").json()["models"]}
    figures = toy_service.figures()
    assert len(digests) == 2
    for version, digest in digests.items():
        assert figures[f'seminar_cnn_model_info{{model="toy",sha256="{digest}",version="{version}"}}'] == 1
