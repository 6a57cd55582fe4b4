"""`tomma notify`: a message on purpose leaves the house, and that is on record."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.notify.cli import app
from tests.api.notify.conftest import SECRET, web_receiver
from tests.api.town import make_city
from tomma.errors import NotSentError
from tomma.settings import Settings
from tomma.stores.wiring import open_stores


def test_a_message_on_purpose_is_on_record_whether_it_was_taken_or_not(
    tmp_path: Path, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What went out of the house is asked after later; looking at the list, and a new secret, change nothing."""
    receiver = servers(web_receiver())
    receiver.statuses = [204, 410]
    config = tmp_path / "tomma.toml"
    config.write_text(
        f"[[notify.recipients]]\nname = 'hook'\nwebhook = '{receiver.url}'\nsecret = '{SECRET}'\n"
        "[notify.webhooks]\nallow_http = true\nallowed_networks = ['127.0.0.0/8']\n"
    )
    config.chmod(0o600)
    monkeypatch.setenv("TOMMA_CONFIG", str(config))
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / "home"))
    with open_stores(Settings(data_dir=tmp_path / "home")) as stores:
        stores.registry.save(make_city())
    assert CliRunner().invoke(app, ["test", "hook"]).exit_code == 0
    assert isinstance(CliRunner().invoke(app, ["test", "hook"]).exception, NotSentError)
    assert CliRunner().invoke(app, ["list"]).exit_code == 0
    assert CliRunner().invoke(app, ["secret"]).exit_code == 0
    with open_stores(Settings(data_dir=tmp_path / "home")) as stores:
        found = [(each.actor, each.action, each.outcome, json.loads(each.facts)) for each in stores.audit.walk()]
    assert found == [
        ("operator", "message-tested", "done", {"recipient": "hook"}),
        ("operator", "message-tested", "failed", {"recipient": "hook", "why": "NotSentError"}),
    ]
    assert len(receiver.taken) == 2
