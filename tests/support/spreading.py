"""How the tests are spread over several processes, and which begin first.

A hook of pytest-xdist's and not its marks (`--dist loadgroup`): those do nothing with this version of pytest, without a
word.
"""

from pathlib import Path

from xdist.scheduler.loadfile import LoadFileScheduling

# They share a model that takes most of a minute to train.
_TOGETHER = dict.fromkeys(("tests/training/test_pipeline.py", "tests/training/test_update.py"), "quick model")
# The folders whose tests take longest. They begin first: what is left at the end is short, so that no process waits
# long for another one.
_LONG = ("training", "card_formats", "page", "server")


class FileByFile(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """The tests of a file run in one process, as they share fixtures, and so do those of files that share one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return _TOGETHER.get(file, file)


def rank(file: Path) -> int:
    """The smaller, the earlier a file's tests begin."""
    return _LONG.index(file.parent.name) if file.parent.name in _LONG else len(_LONG)
