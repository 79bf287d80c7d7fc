"""Fixtures that more than one test of the limits uses."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.virtual import VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    """Time that passes when told to."""
    made = VirtualLoop()
    yield made
    for task in asyncio.all_tasks(made):
        task.cancel()
    made.settle()
    made.close()
