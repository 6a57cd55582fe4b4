"""docs/cases.md says which test shows that a fault is stood; a table that nobody checks would soon lie."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from simulator.faults.table import CASES

ROOT = Path(__file__).parents[2]
HOW_MANY = {"M": 22, "P": 11, "T": 5, "S": 11, "A": 23, "W": 7, "L": 10, "D": 9, "O": 8}
"""Cases by their letter: devices, payloads, time, stores, API and accounts, pages, planner, tablet, operation."""
ROW = re.compile(r"^\| ([MPTSAWLDO]\d+) \|(.*)\|$", re.MULTILINE)
KNOWN = {f"{letter}{number}" for letter, many in HOW_MANY.items() for number in range(1, many + 1)}
SHOWN_MIN = 104
"""Whoever takes the last test of a case away must lower this, and say why."""


def rows() -> list[tuple[str, str]]:
    """Each case with what shows it."""
    text = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    return [(name, line.rsplit("|", 1)[1]) for name, line in ROW.findall(text)]


@cache
def defined_in(path: str) -> set[str]:
    """The tests that a file defines."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_case_is_told_once() -> None:
    """A case that is left out looks like one that is no trouble."""
    assert sorted(name for name, _ in rows()) == sorted(KNOWN)


@pytest.mark.parametrize(("case", "shown_by"), rows(), ids=[name for name, _ in rows()])
def test_what_is_said_to_show_a_case_exists(case: str, shown_by: str) -> None:
    """A test that was renamed or a bench case that is gone shows nothing."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", shown_by)
    benches = [each for part in re.findall(r"bench ((?:`[\w-]+`(?:, )?)+)", shown_by) for each in part.split("`")[1::2]]
    assert named or benches or shown_by.strip().startswith("not covered"), case
    assert [f"{path}::{test}" for path, test in named if test not in defined_in(path)] == []
    assert set(benches) <= {each.id for each in CASES}


def test_nearly_every_case_is_shown() -> None:
    """What is not covered is said so, and does not become more by and by."""
    bare = [name for name, shown_by in rows() if shown_by.strip().startswith("not covered")]
    assert len(rows()) - len(bare) >= SHOWN_MIN, bare


def test_every_bench_case_is_in_the_table() -> None:
    """Whoever reads that a case is stood must find how it was tried."""
    text = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    assert [each.id for each in CASES if f"`{each.id}`" not in text] == []
    assert {case for each in CASES for case in each.covers} <= KNOWN
