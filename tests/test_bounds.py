"""What the service withstands: every bound tried by real requests."""

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import socket
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from service import plain_request, pool
from service.errors import Overloaded
from service.settings import Settings
from tests import serving
from tests.pictures import corners, encode, photo, plain
from tests.serving import Service
from tests.test_problems import check

RED = encode(plain((255, 0, 0)))
HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"


@pytest.fixture(scope="module")
def bounded(toy_models: Path) -> Iterator[Service]:
    """A service whose times and numbers are small enough to run into."""
    bounds = {
        "header_seconds": 0.5, "body_seconds": 0.5, "max_header_bytes": 2000, "max_in_flight": 1, "max_frames": 50,
        "max_connections": 20, "max_decode_bytes": 32 * 1024**2, "max_buffered_bytes": 3_000_000,
    }  # fmt: skip
    with serving.start(models=toy_models, model="toy", **bounds) as service:
        yield service


def connect(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(service.url).port or 0), timeout=20)


def answer(connection: socket.socket) -> httpx.Response:
    """The one response on a connection that the service then closes."""
    content = b""
    while piece := connection.recv(65536):
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return httpx.Response(int(status.split()[1]), headers=headers, content=body)


def test_a_slow_head_is_not_waited_for(bounded: Service) -> None:
    """A client that connects and sends half a head, or nothing at all, gets 408 and is cut off."""
    for sent in (b"", b"GET /predict?in", b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "):
        with connect(bounded) as connection:
            connection.sendall(sent)
            check(answer(connection), 408, "client-too-slow", "0.5 seconds")


def test_a_slow_body_is_not_waited_for(bounded: Service) -> None:
    """A client that announces a body and sends half of it gets 408 and is cut off."""
    with connect(bounded) as connection:
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\nhalf")
        check(answer(connection), 408, "client-too-slow", "0.5 seconds")


def test_a_long_head_is_refused(bounded: Service) -> None:
    """A head that never ends is refused as soon as it passes the limit."""
    with connect(bounded) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nX-Long: " + b"a" * 3000)
        check(answer(connection), 431, "head-too-large", "2,000 bytes")


def test_what_is_not_http_gets_a_problem(bounded: Service) -> None:
    """Bytes that are no HTTP are answered with 400, as a problem document too."""
    with connect(bounded) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        check(answer(connection), 400, "malformed-body", "HTTP client")


def test_too_many_connections_are_refused(bounded: Service) -> None:
    """The twenty-first connection is told so; when the others have gone, there is room again."""
    others = [connect(bounded) for _ in range(21)]
    with connect(bounded) as connection:
        check(answer(connection), 503, "overloaded", "20 connections")
    for other in others:
        other.close()
    assert httpx.get(f"{bounded.url}/health").status_code == 200


def test_too_much_at_one_time_is_refused(bounded: Service) -> None:
    """While one prediction is worked on, another is refused with Retry-After, /health answers, and then all is well."""
    large = encode(corners(2000, 1800))
    answers: list[httpx.Response] = []

    def post() -> None:
        answers.append(httpx.post(f"{bounded.url}/predict", files={"image": large}, timeout=60))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert httpx.get(f"{bounded.url}/health").status_code == 200
    for thread in threads:
        thread.join()
    refused = [response for response in answers if response.status_code == 503]
    assert {response.status_code for response in answers} == {200, 503}
    for response in refused:
        check(response, 503, "overloaded", "ry again")
        assert response.headers["retry-after"] == "1"
    assert httpx.post(f"{bounded.url}/predict", files={"image": RED}).json()["label"] == "airplane"


def test_bodies_held_at_one_time_are_bounded(bounded: Service) -> None:
    """Bodies that together exceed the limit on what is held are refused, although each is within its own."""
    with connect(bounded) as first, connect(bounded) as second:
        for connection in (first, second):
            connection.sendall(HEAD + b"Content-Length: 5000000\r\n\r\n" + bytes(1_900_000))
        answers = {response.status_code: response for response in map(answer, (first, second))}
    check(answers[503], 503, "buffer-full", "3,000,000 bytes")
    assert httpx.post(f"{bounded.url}/predict", files={"image": RED}).status_code == 200


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG file that promises this size and holds these chunks; its pixels are 100 kB of deflated zeros."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(100_000_000), 9))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def gif(frames: int) -> bytes:
    pictures = [plain(i % 256, (1000, 1000), "P") for i in range(2)]
    content = encode(pictures[0], "GIF", save_all=True, append_images=pictures[1:])
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return content[:-1] + frame * frames + b"\x3b"


def scans(extra: int) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    content = encode(photo(64, 64), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * extra + content[-2:]


def webp_canvas() -> bytes:
    """An animated WebP whose header promises the largest canvas there is."""
    content = bytearray(encode(plain(0), "WEBP", save_all=True, append_images=[plain((9, 9, 9))], lossless=True))
    content[24:30] = b"\xfe\x3f\x00\xfe\x3f\x00"
    return bytes(content)


BOMB = zlib.compress(bytes(100_000_000), 9)
BOMBS = {
    "a PNG of 50,000 x 50,000": (png(50_000, 50_000), 413, "image-too-large", "2,500,000,000 pixels"),
    "a PNG that takes too much memory": (png(4000, 3000), 413, "image-too-large", "bytes of memory"),
    "a GIF of 10,000 frames": (gif(10_000), 413, "image-too-large", "50 frames"),
    "an animated PNG of too many frames": (
        encode(plain(0), save_all=True, append_images=[plain((i, 0, 0)) for i in range(60)]),
        413, "image-too-large", "50 frames",
    ),
    "a JPEG of too many scans": (scans(200), 413, "image-too-large", "scans"),
    "a WebP of 16,383 x 16,383": (webp_canvas(), 413, "image-too-large", "268,402,689 pixels"),
    "a colour profile that unpacks to 100 MB": (
        png(32, 32, chunk(b"iCCP", b"p\0\0" + BOMB)), 422, "damaged-image", "damaged",
    ),
    "a text that unpacks to 100 MB": (png(32, 32, chunk(b"zTXt", b"t\0\0" + BOMB)), 422, "damaged-image", "damaged"),
    "many texts that unpack to 1 MB": (
        png(32, 32, *[chunk(b"zTXt", b"t\0\0" + zlib.compress(bytes(1_000_000), 9))] * 64),
        422, "damaged-image", "damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_at_constant_memory(bounded: Service, bomb: str) -> None:
    """A small file that would grow without bound is refused, and the service's peak memory grows by less than 32 MB."""
    content, status, name, says = BOMBS[bomb]
    assert len(content) < 1_500_000
    before = peak(bounded.process.pid)
    check(bounded.client.post("/predict", files={"image": content}), status, name, says)
    assert peak(bounded.process.pid) - before < 32 * 1024


def peak(pid: int) -> int:
    """The most memory that a process has had, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def test_a_photograph_is_no_bomb(bounded: Service) -> None:
    """A 12-megapixel JPEG, baseline or progressive, and an animation of a few frames pass the same bounds."""
    small = photo(600, 450)
    for content in (
        encode(photo(4000, 3000), "JPEG", quality=60),
        encode(small, "JPEG", progressive=True),
        encode(small, "GIF", save_all=True, append_images=[plain(0, (600, 450))] * 5),
        encode(small, "WEBP", save_all=True, append_images=[plain(0, (600, 450))] * 5),
        encode(small, "PNG", save_all=True, append_images=[plain(0, (600, 450))] * 5),
    ):
        if len(content) < 3_000_000:
            assert bounded.client.post("/predict", files={"image": content}).status_code == 200


def test_a_queue_that_overflows_is_shortened() -> None:
    """A queue of six takes a burst of six; when it has turned away more than six it takes two, until it was empty."""

    async def never() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    async def queue_up(until: threading.Event) -> tuple[list[asyncio.Task[bool]], int]:
        """Those that the queue took, out of eighteen, and how many it still holds when it has taken them."""
        tasks = [asyncio.create_task(bounded.run(never, until.wait)) for _ in range(18)]
        await asyncio.sleep(0.05)
        refused = [task for task in tasks if task.done()]
        assert all(isinstance(task.exception(), Overloaded) for task in refused)
        return [task for task in tasks if not task.done()], len(tasks) - len(refused)

    async def scenario() -> list[int]:
        counts = []
        for _ in range(2):
            free = threading.Event()
            running = asyncio.create_task(bounded.run(never, free.wait))
            await asyncio.sleep(0)
            waiting, taken = await queue_up(free)
            counts.append(taken)
            for task in waiting[1:]:  # one stays: the queue has not been empty
                task.cancel()
            await asyncio.sleep(0)
            more, taken = await queue_up(free)
            counts.append(1 + taken)
            free.set()
            await asyncio.gather(running, waiting[0], *more)
        return counts

    bounded = pool.Pool(Settings(max_queue=6))
    try:
        assert asyncio.run(scenario()) == [6, 2, 6, 2]
    finally:
        bounded.close()


def test_refusals_keep_requests_and_answers_in_step(toy_models: Path) -> None:
    """While there is no room each request gets one 503, in whatever pieces it comes and whatever its body holds."""
    whole = HEAD + f"Content-Length: {len(RED)}\r\n\r\n".encode() + RED
    inside = HEAD + f"Content-Length: {len(whole)}\r\n\r\n".encode()
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    pieces = [
        (whole,), (whole[:20], whole[20:]), (whole[:-9], whole[-9:]), (inside, whole), (inside + whole,),
        (whole + whole[:30], whole[30:]), (chunked,), (whole,),
    ]  # fmt: skip
    with serving.start(models=toy_models, model="toy", max_in_flight=1) as service, connect(service) as busy:
        long = json.dumps({"indices": list(range(10_000))}).encode()
        head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
        busy.sendall(head + f"Content-Length: {len(long)}\r\n\r\n".encode() + long)
        with connect(service) as connection:
            while statuses(connection, whole) == ["200"]:
                pass  # the long request is not there yet
            for parts in pieces:
                expected = ["503"] * (2 if parts[0].startswith(whole + b"P") else 1)
                assert statuses(connection, *parts) == expected
            assert statuses(connection, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n") == ["200"]
            assert answer(busy).status_code == 200
            assert statuses(connection, whole) == ["200"]
        counted = service.client.get("/metrics").text
        assert 'service_refusals_total{cause="overloaded"}' in counted


def statuses(connection: socket.socket, *parts: bytes) -> list[str]:
    """The statuses of all that comes back when these bytes are sent, one after the other."""
    for part in parts:
        connection.sendall(part)
        time.sleep(0.01)
    content = connection.recv(65536)
    connection.settimeout(0.03)
    with contextlib.suppress(TimeoutError):
        content += connection.recv(65536)
    connection.settimeout(20)
    return [status.decode() for status in re.findall(rb"HTTP/1\.1 (\d+)", content)]


def test_queued_work_of_a_gone_client_is_dropped(toy_models: Path) -> None:
    """Of six photos sent at once, those whose clients hang up are never decoded, and no count leaks."""
    large = encode(photo(3000, 2000), "PNG", compress_level=1)
    with serving.start(models=toy_models, model="toy", max_body_bytes=64_000_000) as service:
        request = HEAD + f"Content-Length: {len(large)}\r\n\r\n".encode() + large
        connections = [connect(service) for _ in range(6)]
        for connection in connections:
            connection.sendall(request)
        for connection in connections[1:]:
            connection.close()
        connections[0].close()
        deadline = time.monotonic() + 30
        figures = ""
        while not ("service_in_flight 0.0" in figures and 'status="499"' in figures):
            assert time.monotonic() < deadline
            time.sleep(0.05)
            figures = service.client.get("/metrics").text
        assert 'status="499"' in figures
        decoded = next(line for line in figures.splitlines() if line.startswith("service_decode_seconds_count"))
        assert float(decoded.split()[1]) < 6
        assert service.client.post("/predict", files={"image": RED}).json()["label"] == "airplane"


def test_a_stop_is_announced_and_finishes_what_was_begun(toy_models: Path) -> None:
    """After SIGTERM /health is 503 while the rest works on; a request in flight is answered; exit code 0."""
    with serving.start(models=toy_models, model="toy", drain_seconds=1) as service:
        with connect(service) as connection:
            connection.sendall(HEAD + f"Content-Length: {len(RED)}\r\n\r\n".encode() + RED[:50])
            service.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            check(httpx.get(f"{service.url}/health"), 503, "draining", "takes nothing new")
            late = httpx.get(f"{service.url}/predict?index=1")
            assert late.status_code == 200
            assert late.headers["connection"] == "close"
            time.sleep(1.2)
            connection.sendall(RED[50:])
            assert answer(connection).json()["label"] == "airplane"
        assert service.process.wait(10) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{service.url}/health")


def test_a_killed_worker_is_replaced(toy_models: Path) -> None:
    """Of two workers one is killed: the other answers on, a new one starts, and both are counted in /metrics."""
    with serving.start(models=toy_models, model="toy", workers=2) as service:
        parent = psutil.Process(service.process.pid)
        first = workers(parent, 2)
        os.kill(min(first), signal.SIGKILL)
        second = workers(parent, 2, without=min(first))
        assert len(second - first) == 1
        for _ in range(20):
            with httpx.Client(base_url=service.url) as fresh:
                assert fresh.get("/predict?index=3").status_code == 200
        time.sleep(0.1)
        counted = service.client.get("/metrics").text
        line = 'service_requests_total{method="GET",route="/predict",status="200"} 20.0'
        assert line in counted
    assert service.process.wait(5) == 0


def workers(parent: psutil.Process, n: int, without: int = 0) -> set[int]:
    """The process ids of the workers, once there are so many."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = {child.pid for child in parent.children() if _serves(child)} - {without}
        if len(found) == n:
            return found
        time.sleep(0.05)
    raise AssertionError("there are no such workers")


def _serves(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.Error:
        return False


def test_a_worker_that_cannot_start_stops_the_service(tmp_path: Path) -> None:
    """With several workers too, a missing model is one sentence from each and exit code 1."""
    result = serving.run("service", port=0, workers=2, models=tmp_path)
    assert result.returncode == 1
    assert set(result.stderr.splitlines()) == {result.stderr.splitlines()[0]}
    assert "There is no model in" in result.stderr


def test_orientation_of_an_exif_bomb_is_harmless(bounded: Service) -> None:
    """An EXIF block of a hundred thousand bytes of nonsense hides no picture."""
    file = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(file, "PNG", exif=b"Exif\0\0MM\0*" + b"\xff" * 60_000)
    assert bounded.client.post("/predict", files={"image": file.getvalue()}).json()["label"] == "airplane"


@pytest.mark.parametrize(("data", "size"), [
    (b"GET /predict?index=1 HTTP/1.1\r\nHost: x\r\n\r\n", 0),
    (b"POST /predict HTTP/1.1\r\nHost: x\r\ncontent-LENGTH: 3\r\n\r\nabc", 3),
    (b"POST /predict HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", None),
    (b"POST /predict HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd", None),
    (b"POST /predict HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\nabc", None),
    (b"POST /predict HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", None),
    (b"POST /predict HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc", None),
    (b"POST /predict HTTP/1.1\r\nX: a\nContent-Length: 3\r\n\r\nabc", None),
    (b"GET /predict HTTP/1.1\r\nConnection: close\r\n\r\n", None),
    (b"GET /predict HTTP/1.0\r\n\r\n", None),
    (b"GET /PREDICT HTTP/1.1\r\n\r\n", None),
    (b"GET /predictions HTTP/1.1\r\n\r\n", None),
    (b"GET /health HTTP/1.1\r\n\r\n", None),
    (b"", None),
])  # fmt: skip
def test_only_a_plain_request_is_told_without_the_parser(data: bytes, size: int | None) -> None:
    """One whole request for a prediction is known with the size of its body; all else is left to the parser."""
    assert plain_request.body_bytes(data) == size
