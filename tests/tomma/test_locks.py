"""One at a time: what a lock must do when its holder lives, ends, or is killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tomma.errors import ConflictError
from tomma.locks import holding, the_only

HOLDER = """
import sys, time
from pathlib import Path
from tomma.locks import the_only
with the_only("holder", Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_second_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    """Two ingests with one client id would take the broker's session from each other without end."""
    path = tmp_path / "new" / "a.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(ConflictError, match=rf"ingest runs already \(process {process.pid} holds .*a.lock\)"):
            the_only("ingest", path, wait_s=0.05).__enter__()
        process.kill()
        process.wait(30)
        with the_only("ingest", path):
            pass  # whoever is killed holds nothing any more


def test_a_lock_is_one_for_all_handles_of_a_process_too(tmp_path: Path) -> None:
    """Two stores opened by one process must not both feed the server."""
    path = tmp_path / "a.lock"
    with holding(path) as first, holding(path) as second:
        assert (first, second) == (True, False)
    with holding(path) as third:
        assert third
