"""The lock files install the same bytes everywhere, from whichever mirror a city has."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "requirements" / "run.txt", ROOT / "requirements" / "test.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_locked_package_is_pinned_and_carries_a_hash(lock: Path) -> None:
    """A package without a hash could be swapped on the way."""
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert len(entries) > 40
    for entry in entries:
        assert re.match(r"[a-z0-9][\w.-]*(\[[\w,]+\])?==\S+", entry), f"not pinned: {entry.splitlines()[0]}"
        assert "--hash=sha256:" in entry, f"no hash: {entry.splitlines()[0]}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_no_lock_names_a_registry(lock: Path) -> None:
    """An address in the lock would bind every city to it."""
    assert not re.search(r"https?://|--index-url|--extra-index|--find-links", lock.read_text())


def test_every_declared_package_is_in_the_lock() -> None:
    """A dependency added without `make lock` fails here and not on a fresh machine."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = project["project"]["dependencies"]
    groups = project["dependency-groups"]["dev"] + project["dependency-groups"]["build"]
    names = {re.split(r"[\[><=!~ ]", each)[0].lower() for each in [*declared, *groups] if isinstance(each, str)}
    locked = set(re.findall(r"^([a-z0-9][\w.-]*?)(?:\[|==)", LOCKS[1].read_text(), re.MULTILINE))
    assert names <= locked, f"not locked: {sorted(names - locked)}"
