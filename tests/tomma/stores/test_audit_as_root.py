"""An operator's command that runs as root must leave the server able to write its audit log."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tomma.audit import Deed
from tomma.settings import Settings
from tomma.stores.audit.intent import intended
from tomma.stores.wiring import open_stores

NOBODY = 65_534


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file in another account's folder")
def test_what_root_makes_for_the_audit_log_is_the_servers(tmp_path: Path) -> None:
    """A key or a note of root's would end every change of the server's until somebody finds out why."""
    settings = Settings(data_dir=tmp_path / "home")
    with open_stores(settings):
        pass
    for path in (settings.data_dir, *settings.data_dir.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    deed = Deed(datetime(2026, 11, 22, tzinfo=UTC), "operator", "something")
    with open_stores(settings) as stores, intended(stores.audit, deed):
        stores.audit.append([deed])
        made = {path.name: path.stat().st_uid for path in settings.data_dir.iterdir()}
    assert {"audit.key", "audit.head", "audit.head.lock"} <= made.keys()
    assert any(name.startswith("audit-begun") for name in made)
    assert set(made.values()) == {NOBODY}, made
