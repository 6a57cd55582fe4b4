"""The harness of power cuts finds nothing in the stores, and finds every missing sync that is planted.

Its images are tried by `tomma bench faults --case S1,S1-books`, in the short run of test_faults.py, too.
"""

import random
from pathlib import Path

import pytest

from simulator.faults.here import NotHereError
from simulator.faults.images import Found, play
from simulator.faults.recording import Disk, Entry

PLANTED = Path(__file__).parent / "planted"


def found_in(story: str, script: str) -> Found:
    """What forty images of a faulty store show."""
    found = Found()
    try:
        play(story, 40, found, random.Random(7), born=False, script=PLANTED / script)  # noqa: S311
    except NotHereError as exc:
        pytest.skip(str(exc))
    return found


@pytest.mark.parametrize("story", ["readings", "books"])
def test_a_store_that_syncs_its_commits_too_late_is_caught(story: str) -> None:
    """Promised and gone: what `synchronous=NORMAL` does, with readings as with drivers' taps."""
    assert found_in(story, "commits_unsynced.py").lost


def test_a_key_that_is_not_on_the_disk_before_it_is_used_is_caught() -> None:
    """The records and the second factors outlive it, and nobody can read them any more. It was so once."""
    found = found_in("books", "keys_unsynced.py")
    assert found.lost or any("key" in each for each in found.broken)


def entry(kind: str, name: str, inode: int, content: bytes = b"", offset: int = 0) -> Entry:
    """One entry of a recording."""
    return Entry(kind, name, offset, inode, content)


def left(tmp_path: Path, *recorded: Entry) -> set[tuple[tuple[str, bytes], ...]]:
    """Return every directory that a cut behind these entries left in two hundred draws."""
    disk, seen = Disk(), set[tuple[tuple[str, bytes], ...]]()
    for each in recorded:
        disk.take(each)
    for number in range(200):
        folder = tmp_path / str(number)
        folder.mkdir(parents=True)
        disk.after_a_cut(folder, random.Random(number))  # noqa: S311
        seen.add(tuple(sorted((path.name, path.read_bytes()) for path in folder.iterdir())))
    return seen


def test_the_disk_of_the_images_keeps_what_was_synced_and_nothing_else_for_sure(tmp_path: Path) -> None:
    """A name without its content, a content without its name, an old name instead of the new one: all of it happens."""
    written = entry("c", "a", 1), entry("w", "a", 1, b"x")
    assert left(tmp_path / "1", *written) == {(), (("a", b""),), (("a", b"x"),)}
    assert left(tmp_path / "2", *written, entry("s", "a", 1)) == {(), (("a", b"x"),)}
    sure = *written, entry("s", "a", 1), entry("d", "", 9)
    assert left(tmp_path / "3", *sure) == {(("a", b"x"),)}
    assert left(tmp_path / "4", *sure, entry("r", "b", 1, b"a")) == {(("a", b"x"),), (("b", b"x"),)}
    assert left(tmp_path / "5", *sure, entry("u", "a", 0)) == {(("a", b"x"),), ()}
    torn = left(tmp_path / "6", *sure, entry("w", "a", 1, b"y" * 1024))
    assert {len(content) for ((_, content),) in torn} == {1, 512, 1024}
    assert (("a", b"x" + bytes(511) + b"y" * 512),) in torn, "the second sector came, the first one did not"
