"""A support bundle helps whoever helps, and holds no secret and nobody's name, whatever lies around."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from tomma.city import City
from tomma.errors import ConfigurationError
from tomma.notices import Notice
from tomma.people import KeptPerson, Person, Proof, Role, Session, Way
from tomma.section import secrets_of
from tomma.settings import Settings, load_settings
from tomma.stores.audit.intent import by_operator
from tomma.stores.commands import support_bundle as support_cli
from tomma.stores.upkeep.support import bundle
from tomma.stores.wiring import open_stores
from tomma.workers import Fact, WorkerKind, WorkerReport

NOW = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)
SECRETS = {".".join(path): f"canary-{'-'.join(path)}".replace("*", "x") for _, path in secrets_of(Settings)}
PEOPLE = ("Berit Almgren", "berit.a", "berit@exempel.test", "drift@exempel.test", "195.43.7.19", "2001:db8:41::7")
HASHES = ("$argon2id$v=19$m=65536$c2FsdA$aGFzaA", "JBSWY3DPEHPK3PXPJBSWY3DP", "f" * 64, "tm_a1b2_Zm9vYmFyYmF6")
LOG = f"""WARNING sign-in refused login=berit.a address={PEOPLE[4]} and {PEOPLE[5]}
ERROR cannot mail {PEOPLE[3]}: password {SECRETS["notify.email.password"]} refused, {HASHES[0]} {HASHES[1]}
INFO Berit Almgren came with {HASHES[3]} and {HASHES[2]}; token {"q1W-" * 12}; plan made routes=4 took_s=3.1
INFO nats 127.0.0.1:4222 at 2026-11-22T05:30:00Z postgresql://tomma:{SECRETS["registry_password"]}@db.test/t
"""
TOML = f"""
[broker]
host = "mqtt.exempel.test"
username = "sensor-login"
password = "{SECRETS["broker.password"]}"
[readings]
token_file = "token"
[people.provider]
issuer = "https://login.exempel.test/realm"
client_id = "client-4711"
roles_of_group = {{ "waste-office" = ["manager"] }}
client_secret = "{SECRETS["people.provider.client_secret"]}"
[notify.email]
host = "mail.exempel.test"
from_address = "drift@exempel.test"
username = "smtp-login"
password = "{SECRETS["notify.email.password"]}"
[[notify.recipients]]
name = "berit.a"
email = "berit@exempel.test"
[[notify.recipients]]
name = "hook"
webhook = "https://ops.exempel.test/hook/path-canary?key=query-canary"
secret = "{SECRETS["notify.recipients.*.secret"]}"
"""


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, city: City) -> Path:
    """One with every kind of secret, and with people."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text(SECRETS["readings.token"])
    (tmp_path / "tomma.toml").write_text(TOML)
    for name in ("token", "tomma.toml"):
        (tmp_path / name).chmod(0o600)
    settings = load_settings()
    (settings.data_dir).mkdir()
    settings.sealing_key_path.write_bytes(b"sealing-canary-of-thirty-2-bytes")
    settings.sealing_key_path.chmod(0o600)
    with open_stores(settings) as stores:
        stores.registry.save(city)
        person = Person("p1", "berit.a", "Berit Almgren", frozenset({Role.ADMIN}), NOW)
        stores.people.add(KeptPerson(person, Proof(HASHES[0], HASHES[1], "subject-canary")))
        stores.sessions.open(Session("e" * 64, "p1", NOW, NOW, Way.PASSWORD, True, PEOPLE[4], "agent-canary"))
        stores.outbox.put(Notice("n", "berit.a", "email", json.dumps({"to": PEOPLE[2]}), 1, True, NOW, NOW), [])
        with by_operator(stores.audit, "records-exported"):
            pass
        facts: dict[str, Fact] = {
            "readings": 12,
            "store_failure": f"{PEOPLE[2]} at {PEOPLE[4]} said {SECRETS['broker.password']}",
        }
        stores.workers.report(WorkerReport("tomma-ingest", WorkerKind.INGEST, NOW, NOW, facts))
    (tmp_path / "serve.log").write_text(LOG)
    return tmp_path


def texts(path: Path) -> dict[str, str]:
    """Every file of an archive, by name."""
    with zipfile.ZipFile(path) as archive:
        return {name.rpartition("/")[2]: archive.read(name).decode() for name in archive.namelist()}


def test_no_secret_and_nobody_is_in_it(installation: Path) -> None:
    """It travels by mail, to somebody who is not of the municipality (case O8)."""
    settings = load_settings()
    planted = {*SECRETS.values(), *PEOPLE, *HASHES, "e" * 64, "q1W-" * 12, "path-canary", "query-canary"}
    planted |= {"subject-canary", "agent-canary", "sensor-login", "smtp-login", "client-4711", "canary"}
    planted |= {settings.audit_key_path.read_text().strip(), settings.sealing_key_path.read_bytes().hex()}
    result = CliRunner().invoke(support_cli.app, ["b.zip", "--log", "serve.log"])
    assert result.exit_code == 0, result.output
    told = texts(installation / "b.zip")
    found = {(name, each) for name, text in told.items() for each in planted if each.lower() in text.lower()}
    assert found == set()
    assert "sealing-canary" not in str(told)
    assert (installation / "b.zip").stat().st_mode & 0o077 == 0


def test_it_tells_what_helps(installation: Path) -> None:
    """With everything blanked it would be safe, too."""
    bundle(load_settings(), installation / "b.zip", NOW, LOG.encode())
    told = texts(installation / "b.zip")
    settings, rows, counts = (json.loads(told[f"{name}.json"]) for name in ("settings", "tables", "counts"))
    assert (
        settings["broker"] | {"host": "mqtt.exempel.test", "port": 1883, "password": "[blanked]"} == settings["broker"]
    )
    assert settings["people"]["provider"]["issuer"] == "https://login.exempel.test"
    assert (settings["registry_password"], settings["readings"]["token_file"]) == (False, "token")
    assert (rows["registry_rows"]["person"], rows["registry_rows"]["session"]) == (1, 1)
    assert rows["readings_rows"]["readings.sqlite3"]["reading"] == 0
    assert rows["disk_bytes"]["free"] > 0
    assert "registry.sqlite3" in rows["files_bytes"]
    assert (counts["messages_by_state"], counts["audit_newest_number"]) == ({"waiting": 1}, 1)
    versions = json.loads(told["versions.json"])
    assert versions["migration_found"] == versions["migration_wanted"]
    assert any(each.lower().startswith("sqlalchemy==") for each in versions["packages"])
    assert json.loads(told["workers.json"])[0]["facts"]["readings"] == 12
    assert "plan made routes=4 took_s=3.1" in told["log.txt"]
    assert "nats 127.0.0.1:4222 at 2026-11-22T05:30:00Z" in told["log.txt"]


def test_it_is_made_when_nothing_works_and_changes_nothing(tmp_path: Path) -> None:
    """That is when it is asked for; an upgrade by the way would be the last thing one wants then."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "readings.sqlite3").write_bytes(b"x" * 9_000)
    settings = Settings(
        data_dir=home,
        registry_url="postgresql://tomma@127.0.0.1:1/tomma",
        registry_password=SecretStr(SECRETS["registry_password"]),
    )
    bundle(settings, tmp_path / "b.zip", NOW)
    told = texts(tmp_path / "b.zip")
    assert "cannot_be_told" in told["workers.json"]
    assert "not a database" in told["tables.json"]
    assert SECRETS["registry_password"] not in str(told)
    assert [path.name for path in home.iterdir()] == ["readings.sqlite3"]

    bundle(Settings(data_dir=tmp_path / "never"), tmp_path / "c.zip", NOW)
    assert not (tmp_path / "never").exists()
    with pytest.raises(ConfigurationError, match="is there already"):
        bundle(settings, tmp_path / "b.zip", NOW)
