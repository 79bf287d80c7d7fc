"""Pictures that are not plain are decoded apart: what takes too long, too much, or crashes harms nobody else."""

import re
import signal
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from service.errors import Overloaded
from service.images import decode_messages
from service.images.decode_messages import Task
from service.images.decode_process import DecodeProcess
from service.images.decoder import Bounds, Decoder
from service.images.file_headers import plain_pixels
from tests.support import hostile, serving
from tests.support.answers import predictions
from tests.support.patience import PATIENCE_S, until
from tests.support.pictures import RED, encode, photo, plain
from tests.support.problems import check
from tests.support.processes import ended, spawned
from tests.support.serving import NO_TLS, Service

SECRET = "a-key-that-no-decoder-needs"  # noqa: S105 - of the test's own service
PHOTO = encode(photo(300, 200), "WEBP")
PHOTO_PNG = encode(photo(300, 200))
CRASHED = 'seminar_cnn_decode_processes_ended_total{reason="crashed"}'
DECODER = Decoder(("PNG",), Bounds(1, 1, 1), "lanczos")
LONG = {
    "3,000 scans of 8000x8000": hostile.jpeg_of_scans("RGB", 8000, 1000),
    "4,000 line ends": hostile.bmp_of_line_ends(6500, 4000),
    "1,500 profiles": hostile.png_of_profiles(1500),
    "3 MB of Exif": hostile.jpeg_of_exif(3_000_000),
    "four lossless 4000x4000": hostile.webp_of_one_colour(4000),
    "four scans of CMYK": hostile.jpeg_of_scans("CMYK", 8000, 1),
}


@pytest.fixture(scope="module")
def guarded(toy_models: Path) -> Iterator[Service]:
    """A service with a key and one decode process, whose pictures may take as long as they like.

    It listens on every address, to be asked from two; its queue is full when eight wait.
    """
    bounds: dict[str, Any] = {"decode_processes": 1, "max_queue": 8, "api_keys": f'["{SECRET}"]'}
    with serving.start(models=toy_models, model="toy", host="0.0.0.0", **bounds) as service:  # noqa: S104
        service.client.headers["Authorization"] = f"Bearer {SECRET}"
        yield service


@pytest.fixture(scope="module")
def hasty(toy_models: Path) -> Iterator[Service]:
    """A service whose pictures may take half a second: on a slow machine that is too little for any."""
    with serving.start(models=toy_models, model="toy", decode_seconds=0.5) as service:
        yield service


def send(service: Service, *contents: bytes) -> httpx.Response:
    files = [("image", ("x", content)) for content in contents]
    headers = {"Authorization": f"Bearer {SECRET}"}
    return service.ask("POST", "/predict", files=files, headers=headers)


def decoder(service: Service) -> psutil.Process:
    """The decode process, which has decoded a picture and waits for the next."""
    assert send(service, PHOTO).status_code == 200
    return until(lambda: decode_processes(service), "a decode process")[0]


def decode_processes(service: Service) -> list[psutil.Process]:
    return spawned(psutil.Process(service.process.pid))


@contextmanager
def halted(service: Service) -> Iterator[None]:
    """The one decode process stands still until the block ends: what is to be decoded meanwhile waits."""
    process = decoder(service)
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def in_flight(service: Service) -> int:
    return int(service.total("seminar_cnn_in_flight"))


@pytest.mark.parametrize("name", LONG)
def test_no_picture_costs_more_than_its_bounds(hasty: Service, name: str) -> None:
    """Small pictures that would take seconds or hundreds of megabytes stay within the bounds."""
    content = LONG[name]
    assert not plain_pixels(content)
    pictures = [content] * 4 if name.startswith("four lossless") else [content]
    peak = [0.0]
    done = threading.Event()

    def watch() -> None:
        parent = psutil.Process(hasty.process.pid)
        while not done.is_set():
            try:
                family = [parent, *parent.children(recursive=True)]
                peak[0] = max(peak[0], sum(each.memory_info().rss for each in family) / 1e6)
            except psutil.Error:
                pass
            hasty.ask("GET", "/health").raise_for_status()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        response = send(hasty, *pictures)
    finally:
        done.set()
        watcher.join()
    assert response.status_code in {200, 413, 422}, response.text
    assert peak[0] < 200 + 256 + 100
    assert send(hasty, RED).status_code == 200


def test_what_takes_too_long_is_told(hasty: Service) -> None:
    """A picture that is not decoded in time gets 422 and a sentence that says what to do."""
    check(
        send(hasty, LONG["4,000 line ends"]),
        422,
        "image-too-costly",
        "0.5 seconds together, the limit. Save the picture",
    )


def test_what_takes_too_much_is_told(guarded: Service) -> None:
    """A picture whose decoding takes more memory than allowed gets 413, though its header does not tell."""
    check(send(guarded, LONG["four scans of CMYK"]), 413, "image-too-large", "memory")


def test_what_one_leaves_behind_is_no_cost_of_the_next(guarded: Service) -> None:
    """After a request of which a decode process kept much, a picture that takes almost all the memory still has it."""
    junk = b'{"image":"' + b"A" * 8_000_000 + b'"}'
    picture = encode(plain("black", (5700, 5700)))
    for _ in range(2):
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
        check(guarded.ask("POST", "/predict", content=junk, headers=headers), 415, "not-an-image", "can be read here")
        assert send(guarded, picture).status_code == 200


def test_a_picture_that_fails_late_leaves_nothing_behind(guarded: Service) -> None:
    """A picture that is found damaged when all of it is in memory is forgotten like any other.

    Its error once kept 256 MB alive, so that the next task could not be received, and what was left of that in the pipe
    was taken for a message, and run, by the next process.
    """
    process = decoder(guarded)
    before = process.memory_info().rss
    for _ in range(3):
        check(send(guarded, hostile.png_of_late_text(5780)), 422, "damaged-image", "damaged or incomplete")
        assert decoder(guarded) == process
        assert process.memory_info().rss < before + 16e6
        assert send(guarded, hostile.padded(PHOTO_PNG, 15_990_000)).status_code == 200
    assert decoder(guarded) == process


def test_the_largest_bodies_are_decoded(guarded: Service) -> None:
    """Pictures of up to 16 MiB are answered, one after the other, by the same process."""
    process = decoder(guarded)
    for size in (14_000_000, 16_000_000, 16 * 1024**2 - 1000):
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "image/png"}
        content = hostile.padded(PHOTO_PNG, size)
        assert guarded.ask("POST", "/predict", content=content, headers=headers).status_code == 200
    assert decoder(guarded) == process


def test_no_replacement_leaves_anything_behind(guarded: Service) -> None:
    """Decode processes that are killed, idle or at work, leave no descriptor, thread or process.

    Threads come when there is work and stay for the next, up to a number: one more than before may be such a one.
    """
    service = psutil.Process(guarded.process.pid)
    decoder(guarded)
    descriptors, threads = service.num_fds(), service.num_threads()
    for _ in range(8):
        victim = decoder(guarded)
        victim.kill()
        until(lambda victim=victim: ended(victim), "its end")  # type: ignore[misc] # bound to this round
    decoder(guarded)
    assert len(decode_processes(guarded)) == 1
    assert service.num_fds() == descriptors
    assert service.num_threads() <= threads + 1


def test_a_decoder_that_stands_still_is_replaced(toy_models: Path) -> None:
    """One that does not move costs one picture its time, and no other."""
    with serving.start(models=toy_models, model="toy", decode_processes=1, decode_seconds=1) as service:
        victim = decoder(service)
        victim.suspend()
        check(send(service, PHOTO), 422, "image-too-costly", "1 seconds")
        assert ended(victim)
        assert send(service, PHOTO).status_code == 200


def test_what_is_left_of_a_message_is_read_by_nobody(guarded: Service) -> None:
    """A process that is killed while it receives a task takes what is left of that with it.

    The body is made of messages to a decode process: none of them is ever answered.
    """
    message = decode_messages.task_head(Task(RED, in_json=False, decoder=DECODER, fit="crop"), 1) + RED
    body = message * (4_000_000 // len(message))
    for _ in range(3):
        victim = decoder(guarded)
        victim.suspend()
        answers: list[httpx.Response] = []
        thread = threading.Thread(target=lambda: answers.append(send(guarded, body)))  # noqa: B023 - joined in the round
        thread.start()
        until(lambda: in_flight(guarded) == 1, "a task that is sent")
        victim.kill()
        thread.join()
        assert answers[0].status_code in {415, 422}
        assert send(guarded, PHOTO).json()["input"]["width"] == 300


def test_a_crash_of_the_decoder_is_one_requests_trouble(guarded: Service) -> None:
    """When the decode process dies of a segmentation fault, its picture gets 422, and the next is answered.

    The metrics call it a crash.
    """
    victim = decoder(guarded)
    crashes = guarded.figures()[CRASHED]
    before = victim.cpu_times().user
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(send(guarded, LONG["4,000 line ends"])))
    thread.start()
    until(lambda: victim.cpu_times().user > before + 0.3, "work of the decode process")
    victim.send_signal(signal.SIGSEGV)
    thread.join()
    check(answers[0], 422, "damaged-image", "crash")
    assert guarded.figures()[CRASHED] == crashes + 1
    assert send(guarded, PHOTO).status_code == 200


def test_an_end_from_outside_is_not_the_pictures_fault(guarded: Service) -> None:
    """When somebody kills the decode process, as the system does when memory runs out, its picture is tried again."""
    victim = decoder(guarded)
    victim.suspend()
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(send(guarded, PHOTO)))
    thread.start()
    until(lambda: in_flight(guarded) == 1, "a task that is sent")
    victim.kill()
    thread.join()
    assert answers[0].status_code == 200, answers[0].text


def test_who_is_killed_twice_is_no_damaged_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture whose process is killed from outside at the second try too is told to come again, and is not blamed."""
    process = DecodeProcess(256 * 1024**2)
    exchange, killed = process._exchange, []  # noqa: SLF001 - killed just when it has its task

    def killing(task: Task, deadline: float) -> Any:
        running = process._process  # noqa: SLF001 - as above
        assert running is not None
        running.kill()
        killed.append(running.wait())
        return exchange(task, deadline)

    monkeypatch.setattr(process, "_exchange", killing)
    try:
        with pytest.raises(Overloaded, match="was ended before"):
            process.decode(Task(PHOTO_PNG, in_json=False, decoder=DECODER, fit="crop"), 60, 60, threading.Event())
        assert killed == [-signal.SIGKILL] * 2
    finally:
        process.close()


def test_an_interruption_hits_its_own_picture_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted for a picture that it is not at, a process goes on; for its own it is killed, and not tried again."""
    process = DecodeProcess(256 * 1024**2)
    exchange, own, others = process._exchange, threading.Event(), threading.Event()  # noqa: SLF001 - as above
    seen: list[bool] = []

    def interrupted(task: Task, deadline: float) -> Any:
        running = process._process  # noqa: SLF001 - as above
        assert running is not None
        process.interrupt(others)
        seen.append(running.poll() is None)
        process.interrupt(own)
        running.wait(PATIENCE_S)
        return exchange(task, deadline)

    monkeypatch.setattr(process, "_exchange", interrupted)
    try:
        with pytest.raises(Overloaded):
            process.decode(Task(PHOTO_PNG, in_json=False, decoder=DECODER, fit="crop"), 60, 60, own)
        assert seen == [True]
    finally:
        process.close()


def test_nothing_delays_the_end_of_a_decoder(guarded: Service) -> None:
    """SIGTERM ends it whatever it is at: no handler, which would wait for the decoder to return, stands between."""
    status = Path(f"/proc/{decoder(guarded).pid}/status").read_text()
    for kept in ("SigBlk", "SigIgn", "SigCgt"):
        (mask,) = re.findall(rf"^{kept}:\s(\w+)$", status, re.MULTILINE)
        assert not int(mask, 16) >> signal.SIGTERM - 1 & 1, kept


def test_the_next_picture_finds_a_process(toy_models: Path) -> None:
    """When a picture is refused as too costly, its process is gone and the one in its stead has started already."""
    bounds: dict[str, Any] = {"decode_processes": 1, "decode_seconds": 1}
    with serving.start(models=toy_models, model="toy", **bounds) as service:
        victim = decoder(service)
        check(send(service, LONG["4,000 line ends"]), 422, "image-too-costly", "1 seconds")
        assert not victim.is_running()
        (successor,) = decode_processes(service)
        assert send(service, PHOTO).status_code == 200
        assert decode_processes(service) == [successor]


def test_the_decoder_knows_no_secret_and_holds_no_door(guarded: Service) -> None:
    """It knows no setting of the service, has no socket but the one it is asked through, and can open nothing."""
    process = decoder(guarded)
    environment = Path(f"/proc/{process.pid}/environ").read_text()
    assert SECRET not in environment
    assert "SERVICE_" not in environment
    targets = {int(each.name): str(each.readlink()) for each in Path(f"/proc/{process.pid}/fd").iterdir()}
    assert targets.pop(0).startswith("socket:")
    assert set(targets.values()) <= {"/dev/null", f"/proc/{process.pid}/statm"}, targets
    limits = Path(f"/proc/{process.pid}/limits").read_text()
    assert "Max open files            0 " in limits
    assert "Max file size             0 " in limits
    assert "Max core file size        0 " in limits
    assert not process.net_connections()


def test_the_service_itself_tells_no_key_to_who_may_look(guarded: Service) -> None:
    """The system shows the environment that a process was started with: the key is not in it any more."""
    decoder(guarded)
    for process in (psutil.Process(guarded.process.pid), decoder(guarded)):
        assert SECRET.encode() not in Path(f"/proc/{process.pid}/environ").read_bytes()
    assert send(guarded, PHOTO).status_code == 200


def test_a_decoder_that_dies_idle_is_replaced_by_the_next_picture(guarded: Service) -> None:
    """Killed while it has nothing to do, it is missed by nobody; the new one knows no secret either."""
    victim = decoder(guarded)
    victim.kill()
    until(lambda: ended(victim), "its end")
    assert send(guarded, PHOTO).status_code == 200
    assert decoder(guarded).pid != victim.pid
    assert SECRET not in Path(f"/proc/{decoder(guarded).pid}/environ").read_text()


def test_one_bad_picture_of_many_is_named(guarded: Service) -> None:
    """In a batch it has its problem in its place, and the others their predictions."""
    _, refused, _ = predictions(send(guarded, PHOTO, LONG["four scans of CMYK"], PHOTO))
    assert refused["problem"]["type"] == "/problems/image-too-large"


def test_small_uploads_do_not_wait_for_long_ones(guarded: Service) -> None:
    """While one picture is decoded and does not come to an end, plain ones are answered, by the hundred."""
    with halted(guarded):
        thread = threading.Thread(target=send, args=(guarded, PHOTO))
        thread.start()
        until(lambda: in_flight(guarded) == 1, "a picture that is decoded")
        for _ in range(100):
            assert send(guarded, RED).status_code == 200
        assert in_flight(guarded) == 1
    thread.join()


def test_a_slow_sender_does_not_starve_the_others(guarded: Service) -> None:
    """With one client's pictures filling the queue, another client's photograph is served among the first."""
    port = httpx.URL(guarded.url).port

    def ask(address: str, name: str) -> None:
        transport = httpx.HTTPTransport(local_address=address, verify=NO_TLS)
        with httpx.Client(transport=transport, timeout=PATIENCE_S) as client:
            headers = {"X-Request-ID": name, "Authorization": f"Bearer {SECRET}"}
            url = f"http://{address}:{port}/predict"
            assert client.post(url, files={"image": PHOTO}, headers=headers).status_code == 200

    names = [*(f"slow-{number}" for number in range(5)), "honest"]
    with ThreadPoolExecutor(len(names)) as threads:
        with halted(guarded):
            asked = []
            for waiting, name in enumerate(names, 1):
                asked.append(threads.submit(ask, "127.0.0.2" if name == "honest" else "127.0.0.1", name))
                until(lambda: in_flight(guarded), f"{waiting} that wait", waiting.__eq__)
        for each in asked:
            each.result()
    order = [record["request_id"] for record in guarded.records(*names)]
    assert order.index("honest") <= 2


@pytest.mark.parametrize(("content", "expected"), [
    (RED, True),
    (encode(photo(90, 90)), True),
    (encode(photo(200, 200)), False),
    (encode(photo(200, 150), "JPEG"), True),
    (encode(photo(40, 40).convert("L"), "JPEG"), True),
    (encode(photo(40, 40).quantize(16), transparency=3), True),
    (encode(photo(300, 200)), False),
    (encode(photo(40, 40), "JPEG", progressive=True), False),
    (encode(photo(40, 40), interlace=1), True),  # Pillow writes none; see below for one that is
    (encode(photo(40, 40), "GIF"), False),
    (encode(photo(40, 40), "WEBP"), False),
    (encode(photo(40, 40), "BMP"), False),
    (hostile.png_of_profiles(1), False),
    (hostile.jpeg_of_scans("L", 64, 2), False),
    (hostile.jpeg_of_exif(100), False),
    (hostile.png_of_text(b"Software", b"x"), True),
    (hostile.png_of_text(b"Comment", bytes(2000)), False),
    *((hostile.png_of_text(each, b"1"), False) for each in (
        b"Raw profile type exif", b"XML:com.adobe.xmp", b"exif", b"transparency", b"", b"Softwar", b"Software\xff",
    )),
    (hostile.png_of_16_bits(32), False),
    (RED + b"\0", False),
    (RED[:-1], False),
    (RED[:28] + b"\1" + RED[29:], False),
    (RED.replace(b"IDAT", b"xxxx"), False),
    (encode(plain(0, (32, 32)), "JPEG")[:-2], False),
    (b"", False), (b"\xff\xd8", False), (b"\x89PNG\r\n\x1a\n", False),
])  # fmt: skip
def test_plain_is_told_by_structure(content: bytes, expected: bool) -> None:
    """Small PNGs and baseline JPEGs of the usual parts are plain; whatever differs in any way is not."""
    assert (plain_pixels(content) > 0) == expected


def test_no_picture_makes_the_service_warn(guarded: Service) -> None:
    """Small PNGs whose text passes for Exif data that makes no sense leave no word of Pillow's in the service's log."""
    for tag in range(20):
        exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 1000 + tag, 7, 100_000, 400)
        text = b"\nexif\n%8d\n" % len(exif) + exif.hex().encode()
        content = hostile.png_of_text(b"Raw profile type exif", text)
        assert guarded.client.post("/predict", content=content, headers={"Content-Type": "image/png"}).is_success
    assert "Warning" not in guarded.log.read_text()


def test_an_answer_that_was_not_read_to_its_end_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """When something fails while an answer is read, the rest of it does not pass for the next picture's."""
    decoder = Decoder(("PNG", "WEBP"), Bounds(10**6, 10, 10**9), "lanczos")
    process = DecodeProcess(256 * 1024**2)
    read, fail = decode_messages.read_answer, [True]

    def failing(reader: decode_messages.Reader) -> Any:
        if fail.pop():
            reader(5)
            raise MemoryError
        return read(reader)

    monkeypatch.setattr(decode_messages, "read_answer", failing)
    try:
        with pytest.raises(MemoryError):
            process.decode(Task(PHOTO, in_json=False, decoder=decoder, fit="crop"), 60, 60, threading.Event())
        fail.append(False)
        other = process.decode(
            Task(encode(photo(90, 60)), in_json=False, decoder=decoder, fit="crop"), 60, 60, threading.Event()
        )
        assert (other.width, other.height) == (90, 60)
    finally:
        process.close()
