"""docs/asvs.md answers a standard for auditors: complete, and with proofs that exist."""

import re
from pathlib import Path

import pytest

from tests.house.test_the_cases import defined_in

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "asvs.md"
ROW = re.compile(r"^\| (\d+\.\d+\.)(\d+)(?: to \1(\d+))? \|([^|]*)\|(.*)\|$", re.MULTILINE)
ANSWERS = ("met", "partly", "not yet", "n/a")
LEVEL_1_AND_2 = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4
5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2
8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4
11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7
16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
"""
"""Requirements of levels 1 and 2 in each section of version 5.0.0: there they come first, without a gap."""


def rows() -> list[tuple[list[str], str]]:
    """Each row's numbers, with its answer."""
    found = []
    for section, first, last, _, answer in ROW.findall(PAGE.read_text(encoding="utf-8")):
        numbers = [f"{section}{number}" for number in range(int(first), int(last or first) + 1)]
        found.append((numbers, answer.strip()))
    return found


def test_every_requirement_is_answered_once() -> None:
    """One that is left out looks like one that is met."""
    sections = [each.split(":") for each in LEVEL_1_AND_2.split()]
    wanted = [f"{section}.{n}" for section, many in sections for n in range(1, int(many) + 1)]
    assert len(wanted) == 253
    assert [number for numbers, _ in rows() for number in numbers] == wanted


@pytest.mark.parametrize(("numbers", "answer"), rows(), ids=[numbers[0] for numbers, _ in rows()])
def test_an_answer_says_what_it_is_and_its_proofs_exist(numbers: list[str], answer: str) -> None:
    """A test that was renamed proves nothing, and neither does an answer that is none."""
    assert answer.startswith(ANSWERS), numbers
    named = re.findall(r"`((?:tests|api|docs|deploy|tomma)/[\w/.-]+|SECURITY\.md|pyproject\.toml)(?:::(\w+))?`", answer)
    assert [path for path, _ in named if not (ROOT / path).is_file()] == []
    assert [f"{path}::{test}" for path, test in named if test and test not in defined_in(path)] == []


def test_what_is_met_is_shown() -> None:
    """Most answers name a test or a file; the others say why there is none to name."""
    met = [(numbers, answer) for numbers, answer in rows() if answer.startswith("met")]
    bare = [numbers[0] for numbers, answer in met if "`" not in answer]
    assert len(bare) <= 0.1 * len(met), bare
