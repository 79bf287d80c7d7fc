"""How many cores a process may use, by the files that the kernel keeps of control groups."""

import math
from pathlib import Path

import pytest

from service.server import cores


@pytest.mark.parametrize(("own", "files", "wanted"), [
    ("0::/", {"cpu.max": "max 100000"}, math.inf),
    ("0::/", {"cpu.max": "200000 100000"}, 2),
    ("0::/", {"cpu.max": "20000 100000"}, 0.2),
    ("0::/system.slice/a.service", {"cpu.max": "max 100000", "system.slice/a.service/cpu.max": "150000 100000"}, 1.5),
    ("0::/a/b", {"a/cpu.max": "100000 100000", "a/b/cpu.max": "300000 100000"}, 1),
    ("3:cpuset:/\n2:cpu,cpuacct:/\n0::/", {"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 0.5),
    ("2:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, math.inf),
    ("2:cpu:/of/the/host", {"cpu/cpu.cfs_quota_us": "400000", "cpu/cpu.cfs_period_us": "100000"}, 4),
    ("", {}, math.inf),
])  # fmt: skip
def test_the_quota_is_the_least_of_all_groups(tmp_path: Path, own: str, files: dict[str, str], wanted: float) -> None:
    """Of both versions, in a container and outside, the group that leaves least counts, and none leaves all."""
    (tmp_path / "own").write_text(own)
    groups = tmp_path / "groups"
    for name, content in files.items():
        (groups / name).parent.mkdir(parents=True, exist_ok=True)
        (groups / name).write_text(f"{content}\n")
    assert cores.quota(tmp_path / "own", groups) == wanted


def test_there_is_at_least_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of a core is one, and two and a half are three, where there are as many."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    for quota, wanted in ((0.2, 1), (2.5, 3), (math.inf, 8)):
        monkeypatch.setattr(cores, "quota", lambda *_, quota=quota: quota)
        assert cores.available() == wanted
