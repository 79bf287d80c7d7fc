"""Another version of the model, rolled out under load."""

import time
from collections.abc import Callable

from deploy.check import images
from deploy.check.engine import wait_for
from deploy.check.load import Outcome
from deploy.check.rows import Bench, Row

_VOLUME = "seminar-check-models"


def by_image(bench: Bench) -> Row:
    """An image with another version in it."""
    image = images.build_version(bench.swarm.manager, 1001)
    return _row(bench, "by image", 1001, lambda: bench.swarm.update("--image", image))


def by_volume(bench: Bench) -> Row:
    """A version put into the folder that all replicas look at."""
    manager = bench.swarm.manager
    manager.run("volume", "rm", "--force", _VOLUME)
    images.put_version(manager, _VOLUME, 1002)
    bench.swarm.deploy(
        overlay={
            "version": "3.9",
            "services": {"service": {"volumes": [f"{_VOLUME}:/my-models:ro"]}},
            "volumes": {_VOLUME: {"external": True}},
        },
        SERVICE_MODELS="/my-models",
    )
    return _row(bench, "by volume", 1003, lambda: images.put_version(manager, _VOLUME, 1003))


def _row(bench: Bench, how: str, version: int, act: Callable[[], None]) -> Row:
    def event(outcome: Outcome) -> str:
        act()
        wait_for(f"version {version}", lambda: _answers_alone(outcome, version))
        return f"version {version} answers"

    outcome, said = bench.under_load(event)
    return Row(f"model version {how}", said, not outcome.failed, outcome)


def _answers_alone(outcome: Outcome, version: int) -> bool:
    """Whether for two seconds no other version answers."""
    before = outcome.versions.copy()
    time.sleep(2)
    return set(outcome.versions - before) == {str(version)}
