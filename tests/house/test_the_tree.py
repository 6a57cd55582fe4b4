"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENDORED = "api/web/static/vendor/"
CODE = (".py", ".js", ".css", ".html", ".toml", ".sh", ".lua")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file git knows, less what others wrote."""
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(ROOT / name for name in out.split("\n") if name and not name.startswith(VENDORED))


def code() -> list[Path]:
    """Our own code files that exist in the working tree."""
    return [path for path in tracked() if path.suffix in CODE and path.exists()]


def functions_of(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function in a Python file."""
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_file_is_longer_than_500_lines() -> None:
    """What does not fit in one look is two things."""
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in code()}
    assert {name: lines for name, lines in long.items() if lines > 500} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    """A function is one thought; its docstring does not count. A migration is a list of tables, not a thought."""
    long = {}
    for path in code():
        if path.suffix != ".py" or {"tests", "migrations"} & set(path.relative_to(ROOT).parts):
            continue
        for function in functions_of(path):
            body = function.body[1:] if ast.get_docstring(function) else function.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > 50:
                long[f"{path.relative_to(ROOT)}:{function.name}"] = lines
    assert long == {}


def test_every_test_says_why_it_exists() -> None:
    """The name tells the outcome, the docstring the reason: together they are the specification."""
    silent = [
        f"{path.relative_to(ROOT)}:{function.name}"
        for path in tracked()
        if path.name.startswith("test_") and path.suffix == ".py" and path.exists()
        for function in functions_of(path)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert silent == []


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"/(?:home|Users|root|work)/\w", id="the path of one machine"),
        pytest.param(r"\b(?:pypi|npmjs|pythonhosted|yarnpkg|debian)\.(?:org|com)\b", id="the host of a registry"),
        pytest.param(r"-----BEGIN [A-Z ]*PRIVATE KEY-----", id="a private key"),
    ],
)
def test_no_file_names(pattern: str) -> None:
    """The tree must be as good on the next machine as on this one."""
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix in {*CODE, ".md", ".txt", ".json", ".xml", ""} and path.exists() and path != Path(__file__)
        for text in [path.read_bytes().decode("utf-8", "replace")]
        if re.search(pattern, text)
    ]
    assert found == []


def test_production_code_imports_nothing_of_the_tests() -> None:
    """A fake in production would be a lie."""
    guilty = [
        str(path.relative_to(ROOT))
        for path in code()
        if path.suffix == ".py" and "tests" not in path.relative_to(ROOT).parts
        if re.search(r"^\s*(?:from|import) tests\b", path.read_text(), re.MULTILINE)
    ]
    assert guilty == []
