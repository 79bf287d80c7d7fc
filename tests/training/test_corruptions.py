"""Corrupted images: worse with each severity, the same every time, measured once."""

from pathlib import Path

import numpy as np
import pytest

from tests.support import toy
from tests.support.serving import ROOT
from training.data import Data
from training.measure import corruptions, robustness
from training.measure.corruptions import CORRUPTIONS


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_worse_with_each_severity(name: str, images: Data) -> None:
    """Each severity changes the images more than the one before (mean absolute difference), the same every time."""
    pixels = images.images[:200]
    changes = []
    for severity in corruptions.SEVERITIES:
        corrupted = corruptions.corrupt(pixels, name, severity)
        assert corrupted.shape == pixels.shape
        assert corrupted.dtype == np.uint8
        changes.append(float(np.abs(corrupted.astype(int) - pixels).mean()))
    assert changes == sorted(changes)
    assert changes[0] > 0
    assert (corruptions.corrupt(pixels, name, 5) == corrupted).all()


def test_measurements_are_taken_up_again(images: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured before an interruption is not measured again, and a whole run equals one in two parts."""
    assert robustness.CACHE == ROOT / ".cache" / "corruptions"
    monkeypatch.setattr(robustness, "CACHE", tmp_path)
    few = images[:100]
    whole = robustness.measure(toy.model(), few)
    assert len(whole.corruptions) == len(CORRUPTIONS) * 5
    kept = sorted(tmp_path.rglob("*.answers"))
    kept[7].unlink()
    asked: list[tuple[str, int]] = []

    def corrupt(pictures: corruptions.Pixels, name: str, severity: int) -> corruptions.Pixels:
        asked.append((name, severity))
        return original(pictures, name, severity)

    original = corruptions.corrupt
    monkeypatch.setattr(corruptions, "corrupt", corrupt)
    assert robustness.measure(toy.model(), few) == whole
    assert len(asked) == 1
    assert len(kept[7].read_bytes()) == 100
