"""Files that are either as they were or complete."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tomma.errors import StoreUnavailableError
from tomma.stores.files.drafts import replacing


def test_two_threads_may_write_one_file_at_once(tmp_path: Path) -> None:
    """Server and planner share a process: with one draft between them the second would find it gone."""
    target, written = tmp_path / "file", Barrier(2, timeout=20)

    def write(text: str) -> None:
        with replacing(target) as draft:
            draft.write_text(text)
            written.wait()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, ["one", "two"]))
    assert target.read_text() in ("one", "two")
    assert list(tmp_path.iterdir()) == [target]


def test_a_block_that_fails_leaves_the_former_file_and_no_draft(tmp_path: Path) -> None:
    """Whoever reads meanwhile sees the old one whole."""
    target = tmp_path / "file"
    target.write_text("former")
    with pytest.raises(StoreUnavailableError, match="disk full"), replacing(target) as draft:  # noqa: PT012  (the block)
        draft.write_text("half")
        raise OSError("disk full")
    assert target.read_text() == "former"
    assert list(tmp_path.iterdir()) == [target]
