"""Versions that come, change and go while the service runs, as the registry takes them up."""

import asyncio
import gc
import logging
import os
import shutil
import weakref
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from service.errors import ModelNotFound, ModelUnavailable
from service.images.decode_processes import DecodeProcesses
from service.inference import opened
from service.inference.registry import ModelRegistry
from service.settings import Settings
from tests.support import toy

PROCESSES = DecodeProcesses(1, 1, 1)
BROKEN = b"no model, though its digest is what the card says"

Then = Callable[[ModelRegistry], Coroutine[None, None, None]]


def run(root: Path, then: Then, version: int | None = None) -> None:
    """What happens to a registry of this folder, whose default model is the toy."""
    registry = ModelRegistry(Settings(models=root, model="toy", model_version=version), PROCESSES)
    asyncio.run(then(registry))


def listed(registry: ModelRegistry) -> dict[tuple[str, int], tuple[str, str]]:
    return {(name, version): (state, reason) for name, version, state, reason in registry.index()}


def test_a_new_version_answers_once_it_is_warm(tmp_path: Path) -> None:
    """Version 2 comes: from the next look on it is the default, open already; version 1 can still be pinned."""
    toy.write(tmp_path, version=1)

    async def then(registry: ModelRegistry) -> None:
        toy.write(tmp_path, version=2)
        assert registry.default.version == 1
        await registry.refresh()
        assert registry.default.version == 2
        assert registry.default_predictor.model is registry.default
        assert (await registry.predictor("toy", 1)).model.version == 1
        assert registry.changes == 1
        await registry.refresh()
        assert registry.changes == 1

    run(tmp_path, then)


def test_a_pinned_default_stays(tmp_path: Path) -> None:
    """With SERVICE_MODEL_VERSION=1 a higher version can be asked by its number, and is not the default."""
    toy.write(tmp_path, version=1)

    async def then(registry: ModelRegistry) -> None:
        toy.write(tmp_path, version=2)
        await registry.refresh()
        assert registry.default.version == registry.choose("toy", None).version == 1
        assert registry.choose("toy", 2).version == 2

    run(tmp_path, then, version=1)


def test_a_half_copied_version_is_not_taken_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A model without its card is none; one that is not whole yet is refused by its digest, and taken when it is."""
    toy.write(tmp_path, version=1)
    whole = toy.write(tmp_path / "aside", version=2)
    target = tmp_path / "toy" / "2"

    async def then(registry: ModelRegistry) -> None:
        target.mkdir()
        content = (whole / "model.onnx").read_bytes()
        (target / "model.onnx").write_bytes(content[:100])
        await registry.refresh()
        assert list(listed(registry)) == [("toy", 1)]
        shutil.copy(whole / "card.json", target)
        await registry.refresh()
        state, reason = listed(registry)["toy", 2]
        assert (state, "SHA-256 differs" in reason) == ("UNAVAILABLE", True)
        assert registry.default.version == 1
        with pytest.raises(ModelNotFound):
            registry.choose("toy", 2)
        (target / "model.onnx").write_bytes(content)
        await registry.refresh()
        assert registry.default.version == 2
        assert listed(registry)["toy", 2] == ("READY", "")

    with caplog.at_level(logging.WARNING, "service"):
        run(tmp_path, then)
    assert [each.message for each in caplog.records if "is not taken up" in each.message]


@pytest.mark.parametrize("spoil", ["card", "model", "session"])
def test_a_bad_replacement_leaves_the_old_one_serving(
    tmp_path: Path, spoil: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Version 1 is replaced by something that can't be used: it is told once, and what was open answers on."""
    folder = toy.write(tmp_path, version=1)

    async def then(registry: ModelRegistry) -> None:
        before = registry.default_predictor
        if spoil == "card":
            (folder / "card.json").write_text("{}")
        elif spoil == "model":
            (folder / "model.onnx").write_bytes(BROKEN)
        else:
            shutil.rmtree(folder)
            toy.write(tmp_path, version=1, content=BROKEN)
        for _ in range(3):
            await registry.refresh()
        assert await registry.predictor(None, None) is before
        state, reason = listed(registry)["toy", 1]
        assert state == "READY"
        assert reason

    with caplog.at_level(logging.WARNING, "service"):
        run(tmp_path, then)
    assert len([each for each in caplog.records if "is not taken up" in each.message]) == 1


def test_a_version_that_has_gone_is_let_go(tmp_path: Path) -> None:
    """Version 2 goes: after two looks it can't be asked, version 1 is the default, and nothing keeps its session."""
    toy.write(tmp_path, version=1)
    folder = toy.write(tmp_path, version=2)

    async def then(registry: ModelRegistry) -> None:
        gone = weakref.ref(registry.default_predictor)
        shutil.rmtree(folder)
        await registry.refresh()
        assert registry.default.version == 2
        await registry.refresh()
        assert registry.default.version == registry.default_predictor.model.version == 1
        with pytest.raises(ModelNotFound):
            registry.choose("toy", 2)
        gc.collect()
        assert gone() is None

    run(tmp_path, then)


def test_the_last_default_is_served_on(tmp_path: Path) -> None:
    """Where the only version of the default model goes, it is served on, which the index says."""
    folder = toy.write(tmp_path, version=1)

    async def then(registry: ModelRegistry) -> None:
        shutil.rmtree(folder)
        for _ in range(3):
            await registry.refresh()
        assert (await registry.predictor(None, None)).model.version == 1
        assert "served on" in listed(registry)["toy", 1][1]

    run(tmp_path, then)


def test_another_model_comes_and_goes(tmp_path: Path) -> None:
    """A model that was not there is opened when it is first asked, and gone when its folder is."""
    toy.write(tmp_path, version=1)

    async def then(registry: ModelRegistry) -> None:
        toy.write(tmp_path, "other", 7)
        await registry.refresh()
        assert (await registry.predictor("other", None)).model.version == 7
        shutil.rmtree(tmp_path / "other")
        await registry.refresh()
        await registry.refresh()
        with pytest.raises(ModelNotFound):
            registry.choose("other", None)

    run(tmp_path, then)


def test_an_unloaded_model_is_not_asked(tmp_path: Path) -> None:
    """Unloaded, its session is closed and requests are refused with the reason; loaded again, it answers."""
    toy.write(tmp_path, version=1)
    toy.write(tmp_path, "other")

    async def then(registry: ModelRegistry) -> None:
        opened = weakref.ref(await registry.predictor("other", None))
        registry.unload("other")
        with pytest.raises(ModelUnavailable, match="unloaded"):
            await registry.predictor("other", None)
        await asyncio.sleep(0)  # the event loop lets go of the answer to who opened it
        gc.collect()
        assert opened() is None
        assert listed(registry)["other", 1][0] == "UNAVAILABLE"
        await registry.load("other")
        assert (await registry.predictor("other", None)).model.name == "other"

    run(tmp_path, then)


def test_idle_sessions_are_closed_where_there_are_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five open models, four of them long idle, two are kept open; a closed one is opened when it is asked again."""
    monkeypatch.setattr(opened, "_KEPT_OPEN", 2)
    monkeypatch.setattr(opened, "_IDLE_SECONDS", -1)
    for version in range(1, 6):
        toy.write(tmp_path, version=version)

    async def then(registry: ModelRegistry) -> None:
        opened = [weakref.ref(await registry.predictor("toy", version)) for version in range(1, 6)]
        await registry.refresh()
        gc.collect()
        assert sum(each() is not None for each in opened) == 2
        assert opened[4]() is registry.default_predictor
        assert (await registry.predictor("toy", 1)).model.version == 1

    run(tmp_path, then)


def a_pipe(folder: Path) -> None:
    (folder / "card.json").unlink()
    os.mkfifo(folder / "card.json")


def a_terabyte(folder: Path) -> None:
    with (folder / "model.onnx").open("wb") as file:
        file.truncate(1024**4)


def no_model(folder: Path) -> None:
    shutil.rmtree(folder)
    toy.write(folder.parent.parent, folder.parent.name, int(folder.name), content=BROKEN)


@pytest.mark.parametrize("spoil", [a_pipe, a_terabyte, no_model])
def test_one_that_can_not_be_used_holds_up_no_other(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """Whatever lies there as a version, be it of a model that is not open, is listed and left aside; others come."""
    toy.write(tmp_path)
    toy.write(tmp_path, "other")

    async def then(registry: ModelRegistry) -> None:
        spoil(toy.write(tmp_path, "other", 2))
        toy.write(tmp_path, "third")
        async with asyncio.timeout(60):
            await registry.refresh()
        state, reason = listed(registry)["other", 2]
        assert (state, bool(reason)) == ("UNAVAILABLE", True)
        assert (await registry.predictor("other", None)).model.version == 1
        assert (await registry.predictor("third", None)).model.name == "third"

    run(tmp_path, then)


def test_a_name_that_is_no_text_is_passed_over(tmp_path: Path) -> None:
    """A folder whose name is bytes that are no UTF-8 stops neither the start nor the index."""
    toy.write(tmp_path)
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")) / "1").mkdir(parents=True)
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")) / "1" / "card.json").write_text("{}")

    async def then(registry: ModelRegistry) -> None:
        await registry.refresh()
        assert set(listed(registry)) == {("toy", 1)}

    run(tmp_path, then)
