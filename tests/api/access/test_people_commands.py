"""`tomma people` and `tomma keys` at the machine: what they do is on record, too."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.accounts.cli import keys_app, people_app
from tomma.errors import ConflictError
from tomma.settings import Settings
from tomma.stores.wiring import open_stores

type Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `tomma people …`."""
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TOMMA_CONFIG", os.devnull)
    return lambda *words, app=people_app: CliRunner().invoke(app, list(words))


def summary(data_dir: Path) -> list[tuple[str, str, str]]:
    """Who did what on what, oldest first."""
    with open_stores(Settings(data_dir=data_dir)) as stores:
        assert stores.audit.verify().is_whole
        return [(each.actor, each.action, each.target) for each in stores.audit.walk()]


def test_what_the_operator_does_about_people_and_keys_is_on_record(run: Run, tmp_path: Path) -> None:
    """Who has the machine can let anybody in; not without leaving a trace in the chain."""
    assert run("add", "Berit", "--role", "admin").exit_code == 0
    key = run("add", "prometheus", "--role", "monitor", app=keys_app).output.strip()
    assert [each[:2] for each in summary(tmp_path)] == [
        ("operator", "person-added"),
        ("operator", "link-made"),
        ("operator", "key-added"),
    ]
    with open_stores(Settings(data_dir=tmp_path)) as stores:
        assert key.rpartition("_")[2] not in repr(stores.audit.page(99))


def test_somebody_gets_a_file_and_is_taken_out(run: Run, tmp_path: Path) -> None:
    """Both are asked for by law, and answered by one command each; the last admin stays."""
    run("add", "berit", "--role", "admin")
    run("add", "anna", "--role", "driver", "--name", "Anna Ek")
    file = tmp_path / "anna.json"
    assert run("export", "anna", str(file)).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["person"]["name"] == "Anna Ek"
    assert run("erase", "anna").exit_code == 1, "it asks first"
    assert run("erase", "anna", "--yes").exit_code == 0
    assert "anna" not in run("list").output.lower()
    assert isinstance(run("erase", "berit", "--yes").exception, ConflictError)
    assert [each[1] for each in summary(tmp_path)][-4:] == [
        "person-exported",
        "person-disabled",
        "person-erased",
        "person-erased",  # refused: who tries it is on record, too
    ]
