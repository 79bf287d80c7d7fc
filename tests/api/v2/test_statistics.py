"""What inferences took, as Triton's statistics extension tells it."""

from pathlib import Path
from typing import Any

import pytest
import tritonclient.http as triton

from tests.support import serving
from tests.support.patience import until
from tests.support.protocol import error, images, infer, tensor

TWO = images("airplane", "bird")
GOOD = [tensor(TWO.ravel().tolist(), TWO.shape)]
STAGES = ("queue", "compute_input", "compute_infer", "compute_output")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_says_what_its_inferences_took(toy_models: Path, workers: int) -> None:
    """Three requests of two images and one that fails: counted by version, of all workers; stages add up to less."""
    with serving.start(models=toy_models, model="toy", workers=workers) as service:
        for _ in range(3):
            with serving.newcomer(service.url) as client:
                assert infer(client, GOOD).status_code == 200
        error(infer(service.client, []), 400, "has none")
        url = service.url.removeprefix("http://")

        def stats() -> list[dict[str, Any]]:
            with triton.InferenceServerClient(url) as client:
                found: list[dict[str, Any]] = client.get_inference_statistics("toy")["model_stats"]
                return found

        until(lambda: stats()[1]["inference_stats"]["fail"]["count"] == 1, "the figures of all workers")
        first, second = stats()
        assert [(each["name"], each["version"]) for each in (first, second)] == [("toy", "1"), ("toy", "2")]
        assert (first["inference_count"], first["execution_count"], first["last_inference"]) == (0, 0, 0)
        assert (second["inference_count"], second["execution_count"]) == (6, 3)
        took = second["inference_stats"]
        assert took["success"]["count"] == 3
        assert 0 < sum(took[stage]["ns"] for stage in STAGES) <= took["success"]["ns"]
        assert second["last_inference"] > 1_700_000_000_000
        assert service.client.get("/v2/models/toy/versions/1/stats").json()["model_stats"] == [first]
        with triton.InferenceServerClient(url) as client:
            assert client.get_inference_statistics()["model_stats"] == [first, second]
        error(service.client.get("/v2/models/other/stats"), 404, "no such model")
