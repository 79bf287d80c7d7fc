"""What took the first version down, each as it was done, against a real service with the defaults but for the times."""

import json
import select
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from service.server import metrics_folder
from tests.support import serving, toy
from tests.support.crowds import occupied
from tests.support.patience import PATIENCE_S, until
from tests.support.pictures import RED, encode, photo
from tests.support.problems import WAYS, check, told
from tests.support.processes import ended, workers
from tests.support.serving import Service
from tests.support.wire import (
    GET_HEALTH,
    connect,
    connect_slow_reader,
    crowd,
    head,
    is_closed,
    post,
    read_all,
    read_last,
    read_one,
)

LARGE = 'seminar_cnn_requests_total{method="POST",route="/predict",status="200"}'


@pytest.fixture(scope="module")
def attacked(toy_models: Path) -> Iterator[Service]:
    """A service with room for sixty connections and the default bound on predictions."""
    with serving.start(models=toy_models, model="toy", max_connections=60, log_level="error") as service:
        # Once a photograph has been decoded, the decode process is there and its memory counts before an attack too.
        photograph = encode(photo(300, 200), "JPEG")
        assert service.client.post("/predict", files={"image": photograph}).status_code == 200
        yield service


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a toy whose labels are so long that some hundred predictions are megabytes."""
    root, labels = tmp_path_factory.mktemp("talkative"), tuple(f"{n}" * 1000 for n in range(10))
    toy.write(root, content=toy.model(labels), labels=list(labels))
    return root


# More than the kernel keeps of an answer: what it has no room for is the service's to keep.
MEGABYTES = post(json.dumps({"indices": list(range(500))}).encode(), content_type="application/json")


@pytest.fixture(scope="module")
def hasty(toy_models: Path) -> Iterator[Service]:
    """The same with short patience: for tests whose own clients may be told that they are too slow."""
    bounds: dict[str, Any] = {
        "header_seconds": 1, "body_seconds": 1, "keep_alive_seconds": 1, "send_seconds": 1, "max_connections": 60,
        "log_level": "error",
    }  # fmt: skip
    with serving.start(models=toy_models, model="toy", **bounds) as service:
        yield service


def honest(service: Service) -> httpx.Response:
    """What anybody else sends meanwhile, on a connection of its own."""
    return service.ask("POST", "/predict", files={"image": RED})


def memory(service: Service) -> float:
    """Megabytes of the service and its processes."""
    parent = psutil.Process(service.process.pid)
    return sum(float(each.memory_info().rss) for each in (parent, *parent.children(recursive=True))) / 1e6


@pytest.mark.parametrize("path", ["/predict?model=typo", "/v2/models/typo/infer"])
def test_idle_connections_hold_no_prediction(attacked: Service, path: str) -> None:
    """Fifty connections whose body came after its early answer cost nobody anything and are closed in time."""
    with crowd(attacked, 50, head("Content-Length: 4", path)) as connections:
        for connection in connections:
            response, _ = read_one(connection)
            told(response, path, 404, "model-not-found", "no such model")
            assert response.headers["connection"] == "close"
            connection.sendall(b"abcd")
        assert honest(attacked).status_code == 200
        assert all(map(is_closed, connections))
    assert attacked.total("seminar_cnn_in_flight") == 0


@pytest.mark.parametrize("path", ["/predict?model=typo", "/v2/models/typo/infer"])
def test_large_uploads_with_a_mistake_hold_no_prediction(attacked: Service, path: str) -> None:
    """Fifty ordinary clients that post 300 kB to a model that does not exist leave nothing counted as worked on."""
    for _ in range(50):
        response = attacked.ask("POST", path, content=bytes(300_000))
        told(response, path, 404, "model-not-found", "no such model")
    assert honest(attacked).status_code == 200
    assert attacked.total("seminar_cnn_in_flight") == 0


@pytest.mark.parametrize("body", [
    b'{"indices":[' + b",".join([b"-1"] * 5_500_000) + b"]}",
    b'{"indices":[' + b",".join([b"-1"] * 10_000) + b"]}",
    b'{"index":' + b"9" * 200_000 + b"}",
    b'{"index":' + b"[" * 200_000,
    b'{"index":' + b"[" * 16_000_000,
    b"{" + b",".join(b'"%d":0' % i for i in range(20_000)) + b"}",
], ids=["16 MB of mistakes", "30 kB of mistakes", "a number", "nested", "16 MB nested", "20,000 fields"])  # fmt: skip
@pytest.mark.parametrize("path", WAYS)
def test_json_freezes_nobody(attacked: Service, body: bytes, path: str) -> None:
    """JSON of any size with any number of mistakes is refused, and /health answers meanwhile; memory stays."""
    before = memory(attacked)
    answers: list[httpx.Response] = []
    thread = threading.Thread(
        target=lambda: answers.append(
            attacked.ask("POST", path, content=body, headers={"Content-Type": "application/json"})
        )
    )
    thread.start()
    while thread.is_alive():
        assert attacked.ask("GET", "/health").status_code == 200
    thread.join()
    assert answers[0].status_code in {400, 413, 422}
    assert memory(attacked) - before < 150


@pytest.mark.parametrize("sent", [
    b"", b"\r\n", b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", GET_HEALTH + b"\r\n",
    b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na", post(RED) + b"P",
], ids=["nothing", "break", "head", "answer and break", "first byte of a body", "answer and byte"])  # fmt: skip
def test_no_connection_is_held_for_ever(hasty: Service, sent: bytes) -> None:
    """Whatever a client stops at, its connection ends, and a crowd of such keeps no new one out."""
    with crowd(hasty, 60, sent) as connections:
        until(lambda: _answers(hasty), "an answer to somebody new")
        assert all(map(is_closed, connections))


@pytest.mark.parametrize("path", WAYS)
def test_a_crowd_of_slow_bodies_gives_way(narrow: Service, path: str) -> None:
    """Where all places are taken by bodies that do not come, one of them goes before its time; the others stay."""
    with crowd(narrow, 20, head("Content-Length: 100", path)) as connections:
        until(lambda: _answers(narrow), "a place that somebody gave up")
        gone = until(lambda: select.select(connections, [], [], 0)[0], "the end of whoever gave it up")
        assert len(gone) == 1
        assert is_closed(gone[0])


def _answers(service: Service) -> bool:
    try:
        return service.ask("GET", "/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("path", WAYS)
def test_trailers_end(attacked: Service, path: str) -> None:
    """Trailers after a chunked body are bounded like a head."""
    with connect(attacked) as connection:
        trailers = (b"X-Trailer: " + b"a" * 1000 + b"\r\n") * 1000
        with suppress(ConnectionError):  # a slow sender is cut off in the middle, after its answer
            connection.sendall(head("Transfer-Encoding: chunked", path) + b"1\r\na\r\n0\r\n" + trailers)
        told(read_one(connection)[0], path, 400, "malformed-body", "too long")
        assert is_closed(connection)


@pytest.mark.parametrize("path", WAYS)
def test_chunks_of_one_byte_end(attacked: Service, path: str) -> None:
    """A body whose chunks are mostly overhead is refused long before its limit."""
    with connect(attacked) as connection:
        with suppress(ConnectionError):  # a slow sender is cut off in the middle, after its answer
            connection.sendall(head("Transfer-Encoding: chunked", path) + b"1;x=y\r\na\r\n" * 20_000)
        response, rest = read_one(connection)
        told(response, path, 400, "malformed-body", "too small")
        assert rest == b""
        assert is_closed(connection)


def test_answers_that_nobody_takes_are_dropped(talkative: Path) -> None:
    """Clients that ask for megabytes and never read are cut off, and what was kept for them is used again.

    The first leave what the allocator keeps for the next, more or less by how they come together; once that is there,
    eight more add nothing to it.
    """
    with serving.start(models=talkative, model="toy", send_seconds=1, log_level="error") as service:

        def eight_who_never_read(before: int) -> float:
            connections = []
            for _ in range(8):
                connection = connect_slow_reader(service)
                connection.sendall(MEGABYTES)
                connections.append(connection)
            until(lambda: _closed_by_service(service, before + 8), "the end of all eight")
            for connection in connections:
                connection.close()
            return memory(service)

        rounds = [eight_who_never_read(8 * each) for each in range(7)]
        assert min(rounds[5:]) < max(rounds[:3]) + 20
        assert honest(service).status_code == 200


def _closed_by_service(service: Service, n: int) -> bool:
    """Whether the service has answered that many large requests and holds none of their connections any more."""
    done = service.figures()[LARGE] >= n
    return done and len(psutil.Process(service.process.pid).net_connections("tcp")) <= 3


@pytest.mark.parametrize("path", ["/images/" + "0" * 4301 + ".png", "/images/" + "9" * 15_000 + ".png"])
def test_a_long_index_is_no_failure(attacked: Service, path: str) -> None:
    """An address with thousands of digits is an image that does not exist."""
    check(attacked.client.get(path), 404, "image-not-found", "/images/0.png")


@pytest.mark.parametrize("path", ["/explain?index=1", "/answers?version=1", "/predict?index=1"])
def test_hanging_up_is_no_failure(attacked: Service, path: str) -> None:
    """A client that hangs up while its work is queued or done causes no 500 and no traceback."""
    busy = [connect(attacked) for _ in range(4)]
    long = json.dumps({"indices": list(range(2000))}).encode()
    for connection in busy:
        connection.sendall(post(long, content_type="application/json"))
    with connect(attacked) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    for connection in busy:
        assert read_one(connection)[0].status_code == 200
        connection.close()
    until(lambda: attacked.total("seminar_cnn_in_flight") == 0, "an end of all work")
    assert "Traceback" not in attacked.log.read_text()
    assert 'status="500"' not in attacked.client.get("/metrics").text


@pytest.mark.parametrize("pieces", [
    [post(RED)[:-5], post(RED)[-5:] + GET_HEALTH],
    [post(RED) + GET_HEALTH[:10], GET_HEALTH[10:]],
    [post(RED) + GET_HEALTH],
    [bytes([byte]) for byte in post(RED) + GET_HEALTH],
], ids=["one and a bit", "two and a bit", "both", "byte by byte"])  # fmt: skip
def test_what_follows_a_request_is_never_taken_for_a_part_of_it(attacked: Service, pieces: list[bytes]) -> None:
    """However two requests are cut into segments, both are answered, in order."""
    with connect(attacked) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        first, rest = read_one(connection)
        second, _ = read_one(connection, rest)
    assert (first.json()["label"], second.json()["status"]) == ("airplane", "ready")


def test_garbage_after_a_good_request_spoils_it_not(attacked: Service) -> None:
    """The good one is answered, then the garbage is refused."""
    with connect(attacked) as connection:
        connection.sendall(post(RED) + b"\x16\x03\x01 garbage\r\n\r\n")
        good, bad = read_all(connection)
    assert good.json()["label"] == "airplane"
    check(bad, 400, "malformed-body", "HTTP client")


def test_a_heads_limit_is_the_same_in_any_segments(narrow: Service) -> None:
    """A head of exactly the limit is taken and one of a byte more refused, whole or byte by byte."""
    for length, status in ((2000, 200), (2001, 431)):
        head = b"GET /health HTTP/1.1\r\nHost: x\r\nX: "
        head += b"a" * (length - len(head) - 4) + b"\r\n\r\n"
        for step in (len(head), 1):
            with connect(narrow) as connection:
                for at in range(0, len(head), step):
                    connection.sendall(head[at : at + step])
                assert read_one(connection)[0].status_code == status, (length, step)


def test_similar_addresses_are_not_bounded(narrow: Service) -> None:
    """/predictions does not exist, which is said while there is no room at /predict too."""

    def ask() -> list[int]:
        """The statuses of /predict just before and just after."""
        before = narrow.client.get("/predict?index=1").status_code
        check(narrow.client.get("/predictions"), 404, "not-found", "nothing at this address")
        return [before, narrow.client.get("/predict?index=1").status_code]

    with occupied(narrow):
        until(ask, "a time without room", lambda statuses: statuses == [503, 503])


@pytest.mark.parametrize(("sent", "status"), [
    (b"GET /x HTTP/9.9\r\n\r\n", 400), (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", 431),
])  # fmt: skip
def test_refusals_of_the_protocol_are_like_all_answers(toy_service: Service, sent: bytes, status: int) -> None:
    """They carry Date, X-Request-ID, nosniff and their length; each is in the log and in the metrics once."""
    refused_like_all(toy_service, sent, status)


def test_who_is_too_slow_is_refused_like_all(toy_models: Path) -> None:
    """So does the refusal of who sends half a head and no more."""
    with serving.start(models=toy_models, model="toy", header_seconds=1) as service:
        # A connection that is kept has as long as it likes for its next head: what is counted is not itself late.
        until(lambda: service.client.get("/health").status_code == 200, "a connection that is kept")
        refused_like_all(service, b"GET /", 408)


def refused_like_all(service: Service, sent: bytes, status: int) -> None:
    before = service.figures()
    with connect(service) as connection:
        connection.sendall(sent)
        response = read_last(connection)
    assert response.status_code == status
    assert {"date", "x-request-id", "content-length"} <= set(response.headers)
    assert response.headers["x-content-type-options"] == "nosniff"
    request_id = response.headers["x-request-id"]
    until(lambda: request_id in service.log.read_text(), "the log's line")
    (line,) = [json.loads(line) for line in service.log.read_text().splitlines() if request_id in line]
    assert (line["status"], line["bytes"]) == (status, len(response.content))
    now = service.figures()
    labels = f'{{method="OTHER",route="other",status="{status}"}}'
    for name in (f"seminar_cnn_requests_total{labels}", f'seminar_cnn_refusals_total{{cause="{line["problem"]}"}}'):
        assert now[name] - before[name] == 1, name


def test_refusals_of_the_protocol_can_be_read_by_allowed_pages(narrow: Service) -> None:
    """A 503 given without asking the application carries the CORS headers of its origin too."""
    headers = {"Origin": "https://seminar.example"}
    with occupied(narrow) as occupant:
        refused = until(
            lambda: narrow.client.get("/predict?index=1", headers=headers),
            "a refusal",
            lambda response: response.status_code != 200,
        )
        check(refused, 503, "overloaded", "ry again")
        assert refused.headers["access-control-allow-origin"] == "https://seminar.example"
        assert {"date", "x-request-id"} <= set(refused.headers)
        until(lambda: 200 in occupant, "an answer to who was first")
    assert set(occupant) <= {200, 503}


@pytest.mark.parametrize("path", [
    "/", "/health", "/metrics", "/models", "/model-card", "/model-card/schema", "/images/3.png", "/docs",
    "/openapi.json", "/predict?index=1", "/explain?index=1", "/answers", "/problems/no-input", "/page/main.js",
])  # fmt: skip
def test_head_is_where_get_is(attacked: Service, path: str) -> None:
    """HEAD gets the status and headers of GET and no body (RFC 9110, section 9.3.2)."""
    got, head = attacked.client.get(path), attacked.client.head(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    # The metrics have changed from one to the other, and may be longer.
    own = {"date", "x-request-id"} | ({"content-length"} if path == "/metrics" else set())
    assert [each for each in head.headers.multi_items() if each[0] not in own] == [
        each for each in got.headers.multi_items() if each[0] not in own
    ]
    assert set(head.headers) == set(got.headers)


def test_a_slash_too_many_leads_nowhere_else(attacked: Service) -> None:
    """/predict/ is /predict: no redirect to another scheme."""
    response = attacked.client.post("/predict/", files={"image": RED})
    assert response.json()["label"] == "airplane"


def test_large_bodies_keep_small_ones_out_no_more(attacked: Service) -> None:
    """Uploads of 16 MiB less a byte fill the buffer; a small picture and, in a moment, a large one get in."""
    large = post(bytes(16 * 1024**2))[:-1]
    with crowd(attacked, 9, large):
        assert honest(attacked).status_code == 200
        picture = RED + bytes(100_000)

        def gets_in() -> bool:
            return attacked.ask("POST", "/predict", content=picture).status_code != 503

        until(gets_in, "room for a large body")


def test_an_empty_key_is_refused(toy_models: Path) -> None:
    """SERVICE_API_KEYS=[""] does not start: it would let in whoever sends "Bearer "."""
    result = serving.run("service", models=toy_models, model="toy", api_keys='[""]', port=0)
    assert result.returncode == 1
    assert "SERVICE_API_KEYS" in result.stderr
    assert "a key is empty" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT, signal.SIGTERM])
def test_the_supervisors_end_is_its_workers_end(toy_models: Path, number: int) -> None:
    """However the supervisor goes, its workers and decode processes go too, and the address is free.

    So is the folder of its metrics; what one that was killed left of it is removed by the next that starts.
    """
    with serving.start(models=toy_models, model="toy", workers=2, drain_seconds=0) as service:
        family = psutil.Process(service.process.pid).children(recursive=True)
        assert len(family) >= 2
        # Its own, by the lock in it that it holds: others may run here at the same time.
        files = [Path(each.path) for each in psutil.Process(service.process.pid).open_files()]
        (folder,) = {path.parent for path in files if path.parent.name.startswith("seminar-cnn-metrics-")}
        service.process.send_signal(number)
        until(lambda: all(map(ended, family)), "the end of all its processes")
        assert service.process.wait(PATIENCE_S) == (-number if number == signal.SIGKILL else 0)
        with socket.create_server(("127.0.0.1", httpx.URL(service.url).port or 0)):
            pass
        assert folder.exists() == (number == signal.SIGKILL)
    with metrics_folder.make():
        assert not folder.exists()


def test_a_worker_that_hangs_is_replaced(toy_models: Path) -> None:
    """A worker whose event loop does not turn any more is killed, and another takes its place."""
    with serving.start(models=toy_models, model="toy", workers=2, hang_seconds=2) as service:
        # One that has answered: one that is starting may take a minute before it is said to hang.
        assert service.client.get("/health").status_code == 200
        (first,) = (each for each in workers(service, 2) if _has_a_client(each))
        first.suspend()
        until(lambda: ended(first), "the end of the worker that hangs")
        # Each says so when it serves.
        until(lambda: service.log.read_text().count("Serving toy") >= 3, "another in its place")
        assert "A worker hangs" in service.log.read_text()
        # On a slow machine a worker may seem to hang that does not, and go with what it was asked: one asks again.
        until(lambda: _predicts(service), "a prediction")


def _has_a_client(worker: psutil.Process) -> bool:
    return any(each.status == psutil.CONN_ESTABLISHED for each in worker.net_connections("tcp"))


def _predicts(service: Service) -> bool:
    try:
        return honest(service).status_code == 200
    except httpx.TransportError:
        return False


def test_a_closed_terminal_stops_the_service_cleanly(toy_models: Path) -> None:
    """SIGHUP ends a single process with exit code 0."""
    with serving.start(models=toy_models, model="toy", drain_seconds=0) as service:
        service.process.send_signal(signal.SIGHUP)
        assert service.process.wait(PATIENCE_S) == 0


def test_under_nohup_a_closed_terminal_stops_nothing(toy_models: Path) -> None:
    """Started by nohup, the service answers on after SIGHUP as if nothing had been; SIGTERM still ends it."""
    with serving.start(under=["nohup"], models=toy_models, model="toy", drain_seconds=0) as service:
        service.process.send_signal(signal.SIGHUP)
        for _ in range(20):
            assert service.ask("GET", "/health").json()["status"] == "ready"
        assert honest(service).status_code == 200
        service.process.terminate()
        assert service.process.wait(PATIENCE_S) == 0


def test_stopping_waits_for_nobody_who_does_not_read(talkative: Path) -> None:
    """With clients that never read their answers, SIGTERM still ends the service in time."""
    with (
        serving.start(models=talkative, model="toy", stop_seconds=1, drain_seconds=0) as service,
        crowd(service, 3, MEGABYTES),
    ):
        until(lambda: service.figures()[LARGE] >= 3, "three answers")
        service.process.terminate()
        assert service.process.wait(PATIENCE_S) == 0
