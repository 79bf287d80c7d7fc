"""The rules that the project keeps about itself."""

import ast
import re
import subprocess
import sys

import pytest

from tests.serving import ROOT

FORBIDDEN = {"tensorflow", "keras", "tf2onnx", "onnx", "matplotlib", "sklearn", "scipy", "training"}


def tracked() -> list[str]:
    """The repository's files."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return listing.stdout.splitlines()


@pytest.mark.parametrize(("module", "forbidden"), [
    ("service.__main__", FORBIDDEN),
    ("models.repository", FORBIDDEN | {"service", "fastapi", "starlette", "PIL"}),
    ("training.pipeline", {"service", "fastapi", "starlette", "uvicorn"}),
])  # fmt: skip
def test_importing_one_brings_in_none_of_these(module: str, forbidden: set[str]) -> None:
    """Importing the service brings in no TensorFlow, Keras or training; models brings in neither side."""
    program = f"import {module}, sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert module.partition(".")[0] in result.stdout.split()
    assert forbidden.isdisjoint(result.stdout.split())


def test_serving_installs_nothing_of_training() -> None:
    """The serving set pins no TensorFlow, and both sets pin every package with hashes and no index address."""
    for name in ("service", "training"):
        text = (ROOT / name / "requirements.txt").read_text()
        packages = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
        assert "fastapi" in packages
        assert ("tensorflow" in packages) == (name == "training")
        assert len(re.findall(r"^\S+==", text, re.MULTILINE)) == len(
            re.findall(r"^\S+==.*\\\n    --hash=sha256:", text, re.MULTILINE)
        )
        assert "://" not in text


def test_what_comes_without_its_dependencies_is_pinned_too() -> None:
    """tests/requirements.txt, installed with --no-deps, pins its one package with a hash and no index address."""
    text = (ROOT / "tests" / "requirements.txt").read_text()
    assert len(re.findall(r"^\S+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}$", text, re.MULTILINE)) == 1
    assert text.count("==") == 1
    assert "://" not in text


def test_every_test_states_a_fact() -> None:
    """Each test function has a docstring of one sentence or more that says what it proves."""
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and node.returns:
                fixture = any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)
                assert fixture or (ast.get_docstring(node) or "").endswith("."), f"{path.name}: {node.name}"


def test_no_file_is_too_large_for_a_clone() -> None:
    """Every file of the repository stays under 25 MB."""
    assert max((ROOT / name).stat().st_size for name in tracked() if (ROOT / name).exists()) < 25_000_000
