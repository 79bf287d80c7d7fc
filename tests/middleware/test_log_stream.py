"""A log that nobody reads holds up nothing."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from service import metrics
from service.middleware.log_stream import LogStream
from tests.support.patience import PATIENCE_S, until
from tests.support.processes import ended
from tests.support.serving import ROOT, environment, newcomer

LINE = b"x" * 999 + b"\n"


def dropped() -> float:
    for line in metrics.expose().decode().splitlines():
        if line.startswith("seminar_cnn_log_lines_dropped_total "):
            return float(line.split()[1])
    raise AssertionError


@pytest.fixture(params=["pipe", "socket"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """What a log is read from and written to."""
    reader, writer = os.pipe() if request.param == "pipe" else (each.detach() for each in socket.socketpair())
    yield reader, writer
    for each in (reader, writer):
        os.close(each)


def test_what_is_not_read_waits_up_to_a_bound(ends: tuple[int, int]) -> None:
    """Writing never waits; what is read late comes whole and in order, and only what exceeds a mebibyte is dropped."""
    reader, writer = ends
    stream = LogStream(writer)
    before = dropped()
    stream.write_lines([b"%05d " % number + LINE for number in range(3000)])
    assert stream.waiting
    content = b""
    while stream.waiting:
        content += os.read(reader, 65536)
        stream.flush()
    while not content.endswith(LINE) or content.count(b"\n") < 3000 - (dropped() - before):
        content += os.read(reader, 65536)
    lines = content.splitlines(keepends=True)
    assert lines == [b"%05d " % number + LINE for number in range(len(lines))]
    assert len(lines) + dropped() - before == 3000
    assert 1024**2 - len(LINE) * 2 < len(content) < 2 * 1024**2


def test_a_reader_that_is_gone_stops_nothing(ends: tuple[int, int]) -> None:
    """Where nobody will ever read, what is written is lost, and nothing waits."""
    reader, writer = ends
    stream = LogStream(writer)
    os.close(reader)
    stream.write_lines([LINE] * 3)
    assert not stream.waiting
    os.dup2(writer, reader)  # for the fixture to close


def test_text_goes_the_same_way(tmp_path: Path) -> None:
    """What `print` and `logging` write comes out as UTF-8, in a file too."""
    path = tmp_path / "log"
    with path.open("wb") as file:
        print("grün", "\udc80", file=LogStream(file.fileno()))
    assert path.read_bytes() == "grün \\udc80\n".encode()


@contextmanager
def unread(models: Path, **settings: object) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A service whose standard error is a pipe that nobody reads, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=environment(models=models, model="toy", port=0, drain_seconds=0, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        told = next(line for line in process.stdout if line.startswith(b"Serving "))
        yield process, told.split()[3].decode()
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_service_whose_log_nobody_reads_serves_and_ends(toy_models: Path, workers: int) -> None:
    """Thousands of lines into a full pipe later, /health answers, the lines lost are counted, and SIGTERM ends it."""
    with unread(toy_models, workers=workers) as (process, url):
        with newcomer(url) as client:
            path = "/" + "a" * 8000
            for _ in range(200 * workers):
                assert client.get(path).status_code == 404
            assert client.get("/health").status_code == 200
            assert "seminar_cnn_log_lines_dropped_total 0.0" not in client.get("/metrics").text
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            process.terminate()
            assert process.wait(PATIENCE_S) == 0
        until(lambda: all(map(ended, family)), "the end of every process")
