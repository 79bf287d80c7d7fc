"""The repository extension: index, load, unload; and versions that come and go under load."""

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from tests.grpc.conftest import Asked, serve
from tests.grpc.test_calls import raw
from tests.support import serving, toy
from tests.support.answers import body
from tests.support.patience import PATIENCE_S, until
from tests.support.protocol import error, images, infer, outputs, tensor
from tests.support.serving import Service

ADMIN = {"Authorization": "Bearer the-operators-key"}
ROUNDS = 20
RED = images("airplane")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A models folder with the toy and another model."""
    toy.write(tmp_path)
    toy.write(tmp_path, "other")
    return tmp_path


@pytest.fixture
def watched(folder: Path) -> Iterator[Service]:
    """A service of that folder that looks at it ten times a second."""
    keys = '["the-operators-key"]'
    with serving.start(models=folder, model="toy", admin_keys=keys, poll_seconds=0.1) as service:
        yield service


def agreed(service: Service, find: str, wanted: set[str]) -> None:
    """Wait until the index says this: on ten new connections in a row, so that every worker is asked."""

    def look() -> bool:
        said = set()
        for _ in range(10):
            index = service.ask("POST", "/v2/repository/index").json()
            said.add(" ".join(f"{each['version']}:{each['state']}" for each in index if each["name"] == find))
        return said == wanted

    until(look, f"the index says {wanted}")


def test_only_operators_load_and_unload(folder: Path) -> None:
    """Without a key of SERVICE_ADMIN_KEYS it is 403 in the protocol's form, where keys are set and where none are."""
    with serving.start(models=folder, model="toy", api_keys='["a-key"]', admin_keys='["the-operators-key"]') as service:
        for action in ("load", "unload"):
            path = f"/v2/repository/models/other/{action}"
            error(service.client.post(path, headers={"Authorization": "Bearer a-key"}), 403, "SERVICE_ADMIN_KEYS")
            error(service.client.post(path), 401, "Authorization")
            assert service.client.post(path, headers=ADMIN).status_code == 200
    with serving.start(models=folder, model="toy") as service:
        error(service.client.post("/v2/repository/models/other/unload", headers=ADMIN), 403, "SERVICE_ADMIN_KEYS")
        refused = 'seminar_cnn_refusals_total{cause="forbidden"}'
        assert service.figures()[refused] == 1


def test_tritons_client_manages_models(watched: Service) -> None:
    """Unloaded, a model is asked no more; loaded again, it answers."""
    with triton.InferenceServerClient(watched.url.removeprefix("http://")) as client:
        names = {each["name"] for each in client.get_model_repository_index()}
        assert names == {"toy", "other"}
        client.unload_model("other", headers=ADMIN)
        agreed(watched, "other", {"1:UNAVAILABLE"})
        error(watched.ask("GET", "/v2/models/other/ready"), 503, "unloaded")
        error(infer(watched.client, [tensor(RED.ravel().tolist(), RED.shape)], "other"), 503, "unloaded")
        client.load_model("other", headers=ADMIN)
        agreed(watched, "other", {"1:READY"})
        assert client.is_model_ready("other")
        with pytest.raises(InferenceServerException, match="can't be unloaded"):
            client.unload_model("toy", headers=ADMIN)
        with pytest.raises(InferenceServerException, match="no such model"):
            client.load_model("nothing", headers=ADMIN)


def test_the_index_lists_what_can_not_be_used(folder: Path) -> None:
    """A version that was refused is UNAVAILABLE with its reason, and left out where only the ready ones are wanted."""
    with serving.start(models=folder, model="toy", poll_seconds=0.1) as service:
        bad = toy.write(folder, version=2)
        (bad / "model.onnx").write_bytes(b"another")

        def index(content: bytes = b"") -> list[dict[str, str]]:
            found: list[dict[str, str]] = service.client.post("/v2/repository/index", content=content).json()
            return found

        until(lambda: len(index()) == 3, "the bad version in the index")
        (listed,) = [each for each in index() if each["version"] == "2"]
        assert (listed["name"], listed["state"]) == ("toy", "UNAVAILABLE")
        assert "SHA-256" in listed["reason"]
        assert len(index(b'{"ready": true}')) == 2
        assert body(service.client.get("/predict?index=1"))["model"]["version"] == 1
        error(service.client.post("/v2/repository/index", content=b"["), 400, "JSON object")


INFER = {"inputs": [tensor(RED.ravel().tolist(), RED.shape)], "outputs": [{"name": "label"}]}
CALL = raw("UINT8", RED.shape, RED.tobytes())


def by_predict(client: httpx.Client, _: Asked) -> int:
    return int(body(client.get("/predict?index=3&top=1"))["model"]["version"])


def by_infer(client: httpx.Client, _: Asked) -> int:
    response = client.post("/v2/models/toy/infer", json=INFER)
    assert outputs(response)["label"] == ["airplane"]
    return int(response.json()["model_version"])


def by_grpc(_: httpx.Client, asked: Asked) -> int:
    return int(asked.call("ModelInfer", CALL).model_version)


@pytest.mark.parametrize("workers", [1, 2])
def test_versions_come_and_go_under_load(folder: Path, workers: int) -> None:
    """Twenty times a version comes and the one before goes, while clients ask in three ways: no request fails.

    The versions that one connection is answered by never go back, and the later ten rounds take no more memory.
    """
    over, seen, failures = threading.Event(), Counter[str](), []

    def ask(way: Callable[[httpx.Client, Asked], int], service: Asked) -> None:
        last = 0
        try:
            with httpx.Client(base_url=service.service.url, timeout=PATIENCE_S) as client:
                while not over.is_set():
                    version = way(client, service)
                    assert version >= last
                    last = version
                    seen[way.__name__] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the test says so
            failures.append(error)

    with serve(folder, workers=workers, poll_seconds=0.1) as service:
        clients = [threading.Thread(target=ask, args=(way, service)) for way in (by_predict, by_infer, by_grpc)]
        for client in clients:
            client.start()
        try:
            for version in range(2, ROUNDS + 2):
                toy.write(folder / ".aside", version=version)
                (folder / ".aside" / "toy" / str(version)).rename(folder / "toy" / str(version))
                agreed(service.service, "toy", {f"{version - 1}:READY {version}:READY"})
                shutil.rmtree(folder / "toy" / str(version - 1))
                agreed(service.service, "toy", {f"{version}:READY"})
                if version == ROUNDS // 2:
                    before = memory(service.service)
            after = memory(service.service)
        finally:
            over.set()
            for client in clients:
                client.join()
        assert failures == []
        assert min(seen[way.__name__] for way in (by_predict, by_infer, by_grpc)) > 30
        assert after < before + 15 * workers
        error(service.service.client.get("/v2/models/toy/versions/1"), 404, f"Choose one of {ROUNDS + 1}")


def memory(service: Service) -> float:
    """Megabytes of the service and its processes."""
    parent = psutil.Process(service.process.pid)
    return sum(float(each.memory_info().rss) for each in (parent, *parent.children(recursive=True))) / 1e6
