"""The table of the protocol's clauses names tests that there are."""

import ast
import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CLAUSES = [
    (f"{part}: {clause}", test)
    for part, clauses in tomllib.loads((TESTS / "protocol.toml").read_text()).items()
    for clause, test in clauses.items()
]


@pytest.mark.parametrize(("clause", "test"), CLAUSES, ids=[clause for clause, _ in CLAUSES])
def test_every_clause_has_its_test(clause: str, test: str) -> None:
    """The test that a clause names lies in the file that it names."""
    file, _, name = test.partition("::")
    found = {each.name for each in ast.parse((TESTS / file).read_text()).body if isinstance(each, ast.FunctionDef)}
    assert name in found, clause
