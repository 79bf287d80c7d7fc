"""gRPC's own threads do not interrupt the event loop."""

import os
import threading
from pathlib import Path

import pytest

from service.grpc.threads import patient
from tests.grpc.conftest import Asked


def _policy_of_a_thread() -> int:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(os.sched_getscheduler(0)))
    thread.start()
    thread.join()
    return found[0]


def test_threads_begun_meanwhile_are_patient() -> None:
    """A thread that is begun in the block has SCHED_BATCH; one begun after it, and who begins them, has not."""
    with patient():
        assert _policy_of_a_thread() == os.SCHED_BATCH
    assert _policy_of_a_thread() == os.sched_getscheduler(0) == os.SCHED_OTHER


def test_what_somebody_chose_is_left_alone() -> None:
    """A process that was started with another policy keeps it, and its threads have it."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    try:
        with patient():
            assert _policy_of_a_thread() == os.SCHED_IDLE
        assert os.sched_getscheduler(0) == os.SCHED_IDLE
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def test_a_ban_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no policy may be set, as a strict sandbox has it, threads begin as ever."""

    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", forbidden)
    with patient():
        assert _policy_of_a_thread() == os.SCHED_OTHER


def test_the_service_has_such_threads(toy_asked: Asked) -> None:
    """In the running service the threads that gRPC began are patient, the event loop's is not."""
    pid = toy_asked.service.process.pid
    policies = {
        (thread / "comm").read_text().strip(): os.sched_getscheduler(int(thread.name))
        for thread in Path(f"/proc/{pid}/task").iterdir()
    }
    assert policies["event_engine"] == os.SCHED_BATCH
    assert os.sched_getscheduler(pid) == os.SCHED_OTHER
