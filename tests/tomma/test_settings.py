"""Settings are read once, strictly: a typing mistake is an error with its name, never a silent default."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tomma.clock import ScaledClock, SystemClock
from tomma.errors import ConfigurationError
from tomma.settings import load_settings


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
    monkeypatch.setenv("TOMMA_BROKER__PASSWORD", "canary-4711")
    assert "canary-4711" not in repr(load_settings())
