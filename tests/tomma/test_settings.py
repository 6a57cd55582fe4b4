"""Settings are read once, strictly: a typing mistake is an error with its name, never a silent default."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from tomma.broker_settings import BrokerSettings
from tomma.clock import ScaledClock, SystemClock
from tomma.errors import ConfigurationError
from tomma.notify_settings import EmailSettings, Recipient
from tomma.section import Section, secrets_of
from tomma.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No settings of the machine reach a test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_variable_wins_over_the_file(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's last word is the environment."""
    (own_folder / "tomma.toml").write_text("[broker]\nport = 1884\nhost = 'mqtt.example'\n")
    monkeypatch.setenv("TOMMA_BROKER__PORT", "1885")
    settings = load_settings()
    assert (settings.broker.port, settings.broker.host) == (1885, "mqtt.example")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("[broker]\nprot = 1883\n", "broker.prot: is not a known key$", id="a key with a typing mistake"),
        pytest.param("[broker]\nport = 0\n", "broker.port: .* 1, got 0", id="a port out of bounds"),
        pytest.param("[server]\nport = 'web'\n", "server.port: .*, got 'web'", id="a word for a number"),
        pytest.param("data_dir = ''\n", "data_dir: must name a folder, got ''", id="no folder"),
        pytest.param("[server]\nhost = ''\n", "server.host: .* at least 1", id="nowhere to listen"),
        pytest.param("[broker]\nsensor_rate_per_s = inf\n", "sensor_rate_per_s: .*, got inf", id="no limit at all"),
        pytest.param("[retention]\naudit_days = 99999999\n", "audit_days: .* 36500, got 99999999", id="before Christ"),
        pytest.param("[planning]\ncost_per_km_minor = 10_000_000_000\n", "cost_per_km_minor: .*, got 1", id="no price"),
        pytest.param("[broker]\nclient_id = ''\n", "broker.client_id: .* at least 1", id="a session without a name"),
        pytest.param("[planning]\nseed = -1\n", "planning.seed: .* 0, got -1", id="no seed of an engine"),
        pytest.param("[saving]\nweekdays = []\n", "saving.weekdays: .* at least 1", id="nobody ever drives"),
        pytest.param(
            "[server]\ntrusted_proxies = ['proxy.internal']\n",
            "trusted_proxies.0: must be an address or a network, .* got proxy.internal",
            id="a proxy by its name",
        ),
        pytest.param(
            "[server]\ntrusted_hosts = ['https://bins.example']\n",
            "trusted_hosts.0: must be a name alone, .* got 'https://bins.example'",
            id="an address for a name",
        ),
        pytest.param("[server]\ntrusted_hosts = ['*']\n", "trusted_hosts.0: must be a name", id="every name there is"),
        pytest.param(
            "[server]\npublic_url = 'https://town.example/bins'\n",
            "public_url: must be http:// or https:// and a name",
            id="a folder of a web site",
        ),
        pytest.param("[broker\n", r"tomma\.toml cannot be read: .*line 1", id="no TOML"),
        pytest.param("colour = 'green'\n", "colour", id="a key nobody knows"),
        pytest.param(
            "[[broker.sources]]\ntopic = 'a/+/up'\nenvelope = 'tts'\n",
            "broker.sources.0.envelope: .*'tts_v3'.*, got 'tts'",
            id="an envelope nobody knows",
        ),
        pytest.param(
            "[[broker.sources]]\ntopic = 'city/b#'\nenvelope = 'json'\n",
            "broker.sources.0.topic: .*alone between its slashes.*, got 'city/b#'",
            id="a topic that no broker takes",
        ),
    ],
)
def test_a_wrong_key_or_value_is_refused_by_name(own_folder: Path, text: str, named: str) -> None:
    """A service that starts with half its settings is worse than one that does not start."""
    (own_folder / "tomma.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=named):
        load_settings()


@pytest.mark.parametrize("named", ["/etc/tomma/tomma.tmol", "."])
def test_a_named_file_of_settings_must_be_there(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """The defaults would open an empty city in whatever folder this is, and offer its first account."""
    monkeypatch.setenv("TOMMA_CONFIG", named)
    with pytest.raises(ConfigurationError, match=rf"TOMMA_CONFIG names {Path(named).absolute()}, which is no file"):
        load_settings()


def test_no_settings_at_all_can_be_asked_for(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bench or a test must not read the settings of the folder it happens to run in."""
    (own_folder / "tomma.toml").write_text("[broker]\nport = 1884\n")
    monkeypatch.setenv("TOMMA_CONFIG", os.devnull)
    assert load_settings().broker.port == Settings().broker.port == 1883


def test_what_is_no_toml_is_told_with_its_own_name(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message about `tomma.toml` sends somebody with two files to the wrong one."""
    (own_folder / "north.toml").write_text("[broker\n")
    monkeypatch.setenv("TOMMA_CONFIG", str(own_folder / "north.toml"))
    with pytest.raises(ConfigurationError, match=r"north\.toml cannot be read"):
        load_settings()


def test_a_password_under_a_misspelt_key_is_not_shown(own_folder: Path) -> None:
    """The refusal ends up in a log."""
    (own_folder / "tomma.toml").write_text("[broker]\npasword = 'canary-4711'\n")
    with pytest.raises(ConfigurationError, match=r"broker\.pasword") as refused:
        load_settings()
    assert "canary" not in str(refused.value)


def test_without_a_start_the_clock_is_the_machines() -> None:
    """Only the demo runs on another time."""
    assert isinstance(load_settings().clock.clock(), SystemClock)


def test_the_scaled_clock_runs_at_its_factor() -> None:
    """Every process of the demo computes the same time from the same three numbers."""
    start = datetime(2026, 6, 1, 4, tzinfo=UTC)
    clock = ScaledClock(start, real_start_s=0.0, factor=120.0)
    assert clock.real_seconds(3600.0) == 30.0
    assert clock.now_utc() > start


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), 1e6])
def test_a_clock_that_does_not_move_forward_is_refused(factor: float) -> None:
    """A factor of zero would wait for ever."""
    with pytest.raises(ValueError, match="factor must be within"):
        ScaledClock(datetime(2026, 6, 1, tzinfo=UTC), 0.0, factor)


def test_a_secret_does_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings end up in logs and bug reports."""
    monkeypatch.setenv("TOMMA_BROKER__USERNAME", "tomma")
    monkeypatch.setenv("TOMMA_BROKER__PASSWORD", "canary-4711")
    assert "canary-4711" not in repr(load_settings())


SECRETS = {".".join(path): model for model, path in secrets_of(Settings)}


def test_every_secret_of_the_settings_is_known() -> None:
    """The tests below are over these; a secret that is plain text to them would be in logs and in support bundles."""
    assert SECRETS.keys() >= {"broker.password", "readings.token", "registry_password", "notify.recipients.*.secret"}
    doubtful = re.compile(r"password|secret|token|api_?key|passphrase")
    plain = {name for name, annotation in _leaves(Settings) if doubtful.search(name) and annotation is not SecretStr}
    assert {name for name in plain if not name.endswith("_file")} == set()


def _leaves(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield name, field.annotation
    for each in {inner for inner, _ in secrets_of(model)} - {model}:
        yield from _leaves(each)


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_come_from_a_file_of_its_own(name: str, tmp_path: Path) -> None:
    """As service managers hand it over; set twice, nobody would know which one counts (case O5)."""
    model, field = SECRETS[name], name.rpartition(".")[2]
    path = tmp_path / "secret"
    path.write_text("canary-4711\n")
    path.chmod(0o600)
    needed: dict[str, Any] = {"name": "hook", "webhook": "https://ops.example/"} if model is Recipient else {}
    needed |= {"registry_url": "postgresql://tomma@db.example/tomma"} if model is Settings else {}
    needed |= {"username": "tomma"} if "username" in model.model_fields else {}
    settings = model(**needed, **{f"{field}_file": path})
    assert _revealed(settings, field) == "canary-4711"
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match=f"{field}_file: .* can be read by everybody") as refused:
        _revealed(settings, field)
    assert "canary" not in str(refused.value)
    with pytest.raises(ValidationError, match=f"{field} and {field}_file must not both be set"):
        model(**needed, **{field: "canary", f"{field}_file": path})


def _revealed(settings: BaseModel, field: str) -> str:
    if isinstance(settings, Settings):
        return str(urlsplit(settings.registry_address).password)
    assert isinstance(settings, Section)
    return settings.reveal(field, "section")


@pytest.mark.parametrize("name", SECRETS)
def test_a_file_of_settings_with_a_secret_must_not_be_everybodys(name: str, own_folder: Path) -> None:
    """Whoever may log in to the machine could read it (case O5)."""
    text = {
        "registry_password": "registry_url = 'postgresql://tomma@db/tomma'\nregistry_password = 'canary'",
        "notify.recipients.*.secret": "[[notify.recipients]]\nname = 'hook'\nwebhook = 'https://a/'\nsecret = 'canary'",
        "broker.password": "[broker]\nusername = 'tomma'\npassword = 'canary'",
        "notify.email.password": "[notify.email]\nusername = 'tomma'\npassword = 'canary'",
    }.get(name, f"[{name.rpartition('.')[0]}]\n{name.rpartition('.')[2]} = 'canary'")
    path = own_folder / "tomma.toml"
    path.write_text(f"{text}\n")
    path.chmod(0o640)
    load_settings()
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match=r"everybody and holds .*chmod o-r") as refused:
        load_settings()
    assert name.replace("*", "0") in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_file_of_settings_without_a_secret_may_be_everybodys(own_folder: Path) -> None:
    """Most are, and need not be hidden: a path to a secret is none."""
    path = own_folder / "tomma.toml"
    path.write_text(
        "[broker]\nport = 1884\nusername = 'tomma'\npassword = ''\npassword_file = '/run/credentials/mqtt'\n"
    )
    path.chmod(0o644)
    assert load_settings().broker.port == 1884


@pytest.mark.parametrize("section", [BrokerSettings, EmailSettings])
@pytest.mark.parametrize("given", ["password", "password_file"])
def test_a_password_without_a_user_name_is_refused(section: type[BaseModel], given: str) -> None:
    """It would not be sent, nor its file opened: the server's refusal is then read as a wrong password."""
    with pytest.raises(ValidationError, match=f"username must be set where {given} is") as refused:
        section.model_validate({given: "/run/canary"})
    assert "canary" not in refused.value.errors()[0]["msg"]
    section.model_validate({given: "/run/canary", "username": "tomma"})


@pytest.mark.parametrize("name", ["TOMMA_DATADIR", "TOMMA_BROKR__PORT", "tomma_datadir", "TOMMA_"])
def test_a_variable_that_sets_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With its data directory misspelt, a city would come up empty."""
    monkeypatch.setenv(name, "canary-4711")
    with pytest.raises(ConfigurationError, match=f"{name}: is not a known variable") as refused:
        load_settings()
    assert "canary" not in str(refused.value)


def test_a_variable_with_an_unknown_key_of_a_section_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the file."""
    monkeypatch.setenv("TOMMA_BROKER__PROT", "1883")
    with pytest.raises(ConfigurationError, match=r"broker\.prot: is not a known key"):
        load_settings()


def test_the_registrys_address_shows_no_password() -> None:
    """Addresses are told in logs, and in refusals."""
    with pytest.raises(ValidationError, match="set registry_password"):
        Settings(registry_url="postgresql://tomma:secret@db.example/tomma")
    settings = Settings(registry_url="postgresql://tomma@db.example:5433/t", registry_password=SecretStr("a/@"))
    assert settings.registry_address == f"postgresql://tomma:{quote('a/@', safe='')}@db.example:5433/t"
    assert "a/@" not in repr(settings)
    with pytest.raises(ValidationError, match="must name a login"):
        Settings(registry_password=SecretStr("canary"))
