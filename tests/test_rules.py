"""The rules that the project keeps about itself."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.serving import ROOT

FORBIDDEN = {"tensorflow", "keras", "tf2onnx", "onnx", "matplotlib", "sklearn", "scipy", "training"}


def tracked() -> list[str]:
    """The repository's files."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return listing.stdout.splitlines()


IMPORT_ALL = """
import importlib, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
print(*sys.modules)
"""


@pytest.mark.parametrize(("package", "module", "forbidden"), [
    ("service", "service.server.start", FORBIDDEN),
    ("models", "models.repository", FORBIDDEN | {"service", "fastapi", "starlette", "PIL"}),
])  # fmt: skip
def test_importing_one_brings_in_none_of_these(package: str, module: str, forbidden: set[str]) -> None:
    """Importing every module of the service brings in no TensorFlow, Keras or training; models brings in neither side.

    Every one by itself: `service.__main__` loads the others only when it runs, and some wait until they are needed.
    """
    program = [sys.executable, "-c", IMPORT_ALL, package]
    loaded = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert module in loaded
    assert forbidden.isdisjoint(name.partition(".")[0] for name in loaded)


@pytest.mark.parametrize(("package", "forbidden"), [
    ("service", FORBIDDEN),
    ("models", FORBIDDEN | {"service", "fastapi", "starlette", "uvicorn", "PIL"}),
    ("training", {"service", "fastapi", "starlette", "uvicorn"}),
])  # fmt: skip
def test_no_module_imports_any_of_these(package: str, forbidden: set[str]) -> None:
    """No module names what its side must not know, not even inside a function; training knows nothing of the service.

    Read from the text of the modules: to import training's starts TensorFlow, which takes seconds.
    """
    paths = sorted((ROOT / package).rglob("*.py"))
    imported = {name for path in paths for name in imports(path)}
    assert "models" in imported or package == "models"
    assert forbidden.isdisjoint(imported)


def imports(path: Path) -> Iterator[str]:
    """The packages that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


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
    """tests/requirements.txt, installed with --no-deps, pins both its packages with a hash and no index address."""
    text = (ROOT / "tests" / "requirements.txt").read_text()
    assert len(re.findall(r"^\S+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}$", text, re.MULTILINE)) == 2
    assert text.count("==") == 2
    assert "://" not in text


def test_what_installs_the_rest_is_pinned_too() -> None:
    """training/requirements-uv.txt pins uv alone, with hashes and no index address."""
    text = (ROOT / "training" / "requirements-uv.txt").read_text()
    assert re.fullmatch(r"uv==[\d.]+( \\\n    --hash=sha256:[0-9a-f]{64})+\n", text)


def test_what_checks_the_page_is_pinned() -> None:
    """package.json names exact versions, and package-lock.json has a hash of every package and no address of one."""
    folder = ROOT / "service" / "page"
    wanted = json.loads((folder / "package.json").read_text())["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    del locked[""]  # package.json itself
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    for package in locked.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package


def test_every_test_states_a_fact() -> None:
    """Each test function has a docstring of one sentence or more that says what it proves."""
    found = 0
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found += 1
                fixture = any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)
                assert fixture or (ast.get_docstring(node) or "").endswith("."), f"{path}: {node.name}"
    assert found > 100


def test_no_file_is_too_large_for_a_clone() -> None:
    """Every file of the repository stays under 25 MB."""
    assert max((ROOT / name).stat().st_size for name in tracked() if (ROOT / name).exists()) < 25_000_000
