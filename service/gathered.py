"""What is noted during a turn of the event loop or two, written down in one go."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

_Note = TypeVar("_Note")


class Gathered(Generic[_Note]):
    """Keeps notes until the next turn: where many requests are answered together, what they count is added up first."""

    def __init__(self, write: Callable[[list[_Note]], None]) -> None:
        """Keep none yet.

        Args:
            write: takes the notes.
        """
        self._write = write
        self._notes: list[_Note] = []

    def add(self, note: _Note) -> None:
        """Keep a note until the event loop comes round; called on it."""
        if not self._notes:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._notes.append(note)

    def _hand_over(self) -> None:
        notes, self._notes = self._notes, []
        self._write(notes)
