"""What the product is made of is told truly, and comes under licences that a city may use."""

import json
import re
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

import pytest

from api.about.bom import LICENCES, as_written, in_tree, vendored
from api.about.lock import packages_in

ROOT = Path(__file__).parents[2]
BILL = ROOT / "api/about/sbom.cdx.json"
VENDOR = ROOT / "api/web/static/vendor"
ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "Bitstream-Vera", "CC0-1.0", "ISC", "MIT", "MIT-0"),
    *("MIT-CMU", "PSF-2.0", "Zlib"),
    "MPL-2.0",  # asks for the source of its own files only, and we change none of them
    "ODbL-1.0",  # the map: its notice travels with it (NOTICE)
}
"""Nothing here asks a city to publish what it adds."""
SAID_BY_CLASSIFIER = {
    "MIT License": {"MIT", "MIT OR Apache-2.0"},
    "Apache Software License": {"Apache-2.0", "MIT OR Apache-2.0"},
    "BSD License": {"BSD-2-Clause", "BSD-3-Clause"},
    "Mozilla Public License 2.0 (MPL 2.0)": {"MPL-2.0"},
    "Python Software Foundation License": {"PSF-2.0"},
    "ISC License (ISCL)": {"ISC"},
}


@cache
def bill() -> dict[str, Any]:
    """The bill that is shipped."""
    found: dict[str, Any] = json.loads(BILL.read_text(encoding="utf-8"))
    return found


@cache
def licences() -> dict[str, str]:
    """SPDX expression by package."""
    found: dict[str, str] = tomllib.loads((ROOT / LICENCES).read_text(encoding="utf-8"))["packages"]
    return found


def locked() -> set[str]:
    """Every package of both locks."""
    return {
        each.name for lock in ("run", "test") for each in packages_in((ROOT / f"requirements/{lock}.txt").read_text())
    }


def is_allowed(expression: str) -> bool:
    """Whether one side of each choice, and every part of it, may be used."""
    return any(
        all(part.strip(" ()") in ALLOWED for part in choice.split(" AND ")) for choice in expression.split(" OR ")
    )


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        pytest.param("MIT", True, id="a licence on the list"),
        pytest.param("GPL-3.0-only OR MIT", True, id="a choice"),
        pytest.param("MIT AND GPL-3.0-only", False, id="both at once"),
        pytest.param("AGPL-3.0-or-later", False, id="one that is not on the list"),
        pytest.param("", False, id="none"),
    ],
)
def test_a_licence_is_judged(expression: str, allowed: bool) -> None:
    """A judge who lets everything pass would pass every test below."""
    assert is_allowed(expression) is allowed


def test_every_part_comes_under_a_licence_we_allow() -> None:
    """Packages of both locks, browser libraries, fonts and maps; one new licence is one decision more."""
    assert set(licences()) == locked(), "requirements/licences.toml must hold exactly what is locked"
    told = {**licences(), **{each["name"]: each["licenses"][0]["expression"] for each in bill()["components"]}}
    assert {name: told[name] for name in told if not is_allowed(told[name])} == {}


def test_the_table_agrees_with_what_the_packages_say_of_themselves() -> None:
    """A package that changes its licence is noticed with the update that brings it."""
    wrong = {}
    for name, ours in licences().items():
        try:
            told = metadata(name)
        except PackageNotFoundError:  # for another platform
            continue
        theirs = told.get("License-Expression")
        classified = [each.split(" :: ")[-1] for each in told.get_all("Classifier") or () if "License ::" in each]
        fits = [ours in SAID_BY_CLASSIFIER[each] for each in classified if each in SAID_BY_CLASSIFIER]
        if theirs not in {None, ours} or (theirs is None and not all(fits)):
            wrong[name] = (ours, theirs, classified)
    assert wrong == {}


def test_the_bill_is_the_one_of_this_tree() -> None:
    """`make lock` writes it, and so does `python -m api.about.bom`: an old one would hide what came since."""
    assert BILL.read_text(encoding="utf-8") == as_written(in_tree(ROOT))


def test_the_bill_is_cyclonedx() -> None:
    """Held to the standard's own schema: a scanner must be able to read it."""
    from cyclonedx.schema import SchemaVersion  # here: it takes 1.6 s to import, in each worker that only collects
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(BILL.read_text(encoding="utf-8")) is None


def test_everything_in_the_bill_is_needed_by_something() -> None:
    """A part that nothing leads to is one that nobody knows why it is there."""
    graph = {each["ref"]: each.get("dependsOn", []) for each in bill()["dependencies"]}
    parts = {each["bom-ref"]: each["scope"] for each in bill()["components"]}
    reached, waiting = set(), ["tomma"]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting += [each for each in graph.get(name, []) if each not in reached]
    assert reached - {"tomma"} == {name for name, scope in parts.items() if scope == "required"}
    assert {each for needs in graph.values() for each in needs} <= set(parts)


def test_every_browser_library_is_in_the_bill_with_the_sums_of_its_files() -> None:
    """What the pages load is checked by the same sums that the bill tells."""
    libraries = vendored((VENDOR / "README.md").read_text(), (VENDOR / "CHECKSUMS.sha256").read_text())
    assert {f"{each.name}-{each.version}" for each in libraries} == {
        path.name for path in VENDOR.iterdir() if path.is_dir()
    }
    sums = {
        file["name"]: file["hashes"][0]["content"]
        for each in bill()["components"]
        if each.get("purl", "").startswith("pkg:npm/")
        for file in each["components"]
    }
    lines = [line.split(maxsplit=1) for line in (VENDOR / "CHECKSUMS.sha256").read_text().splitlines()]
    assert sums == {name: digest for digest, name in lines}


def test_whatever_is_no_text_of_ours_is_accounted_for() -> None:
    """A font or a map that somebody adds needs a line in requirements/licences.toml."""
    table = tomllib.loads((ROOT / LICENCES).read_text(encoding="utf-8"))
    told = {ROOT / name for each in table["shipped"] for name in each["files"]}
    binary = re.compile(r"\.(ttf|otf|woff2?|pbf|pmtiles|mbtiles|wasm|so|whl|jar)$")
    floors = ("tomma", "ingest", "routing", "api", "simulator")
    found = {path for floor in floors for path in (ROOT / floor).rglob("*") if binary.search(path.name)}
    assert found == told
