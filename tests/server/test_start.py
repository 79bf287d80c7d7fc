"""The service refuses to start in one sentence and with exit code 1, whatever the reason.

One start for each place where it may end: settings, models, the port, and in `test_workers` a worker's. Which settings
and models are refused, and in what words, is tried in `tests/test_settings.py` and `tests/models/test_repository.py`.
"""

import asyncio
import os
import socket
import time
from pathlib import Path

import uvloop

from service.server.serve import doors
from service.server.start import listen
from service.settings import Settings
from tests.support import serving, toy
from tests.support.serving import ROOT


def refusal(**settings: object) -> str:
    """The one sentence with which the service refuses to start."""
    result = serving.run("service", **{"port": 0} | settings)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def test_a_wrong_setting_stops_the_start() -> None:
    """A setting with a wrong value ends the start with its name and what is wrong."""
    assert refusal(max_pixels=-1).startswith("SERVICE_MAX_PIXELS must be a whole number from 1024 on")


def test_a_wrong_model_stops_the_start(tmp_path: Path) -> None:
    """A model that differs from its card ends the start with the path and what is wrong."""
    path = toy.write(tmp_path, content=b"no model") / "model.onnx"
    assert refusal(models=tmp_path, model="toy").startswith(f"{path} can't be used: it is no model that onnxruntime")


def test_a_port_that_is_taken_stops_the_start() -> None:
    """When another program has the port, the service says so and how to take another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port} can't be listened on (Address already in use): choose another" in refusal(port=port)


def test_nothing_is_written_to_disk(toy_models: Path, tmp_path: Path) -> None:
    """Neither the service nor a library of it writes a file anywhere it could: home, temporary folder, models."""
    before = time.time()
    homes = {"TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    with serving.start(extra=homes, models=toy_models, model="toy") as service:
        service.client.post("/predict", content=bytes(3_000_000), headers={"Content-Type": "image/png"})
        service.client.post("/predict", files={"image": bytes(3_000_000)})
        assert list(tmp_path.iterdir()) == []
        folders = (ROOT / "models", toy_models)
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        assert [path for path in files if path.stat().st_mtime > before] == []


def test_newcomers_do_not_wait_a_turn_each() -> None:
    """Of 64 connections that wait, uvloop takes in sixteen in a turn of its loop; at one door it took one."""

    async def turns(sockets: list[socket.socket]) -> int:
        accepted: list[asyncio.BaseTransport] = []

        class Noted(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                accepted.append(transport)

        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(Noted, sock=each, start_serving=False) for each in sockets]
        for server in servers:
            await server.start_serving()
        taken = 0
        while len(accepted) < 64:
            taken += 1
            await asyncio.sleep(0)
        for each in accepted:
            each.close()
        for server in servers:
            server.close()
        return taken

    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        clients = [socket.create_connection(listener.getsockname()) for _ in range(64)]
        try:
            assert uvloop.run(turns(doors(listener))) <= 8
        finally:
            for client in clients:
                client.close()


def test_a_worker_that_starts_makes_no_other_block() -> None:
    """The listening socket that workers share never waits for a newcomer, from its making on.

    It is one to the kernel, whoever has it: a worker that made it wait, if only until its event loop had it, stopped
    the others in the middle of a look for newcomers.
    """
    listener = listen(Settings(port=0))
    handed_over = socket.socket(fileno=os.dup(listener.fileno()))  # as a process that is spawned gets it
    with listener, handed_over:
        assert not os.get_blocking(listener.fileno())
        opened = doors(handed_over)
        assert not os.get_blocking(listener.fileno())
        for each in opened[1:]:
            each.close()
