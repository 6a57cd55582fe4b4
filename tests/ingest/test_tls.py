"""TLS to a real mosquitto: who is let in, and which certificates are believed (M10)."""

import gc
import getpass
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from typer.testing import CliRunner

from ingest.brokers.config_cli import app
from ingest.stream.link import MqttLink
from tomma.broker_settings import BrokerSettings
from tomma.clock import SystemClock
from tomma.errors import ConfigurationError
from tomma.settings import load_settings

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


class Encrypted:
    """Mosquitto with the files of `tomma broker-config --tls` and a certificate of the test's choice."""

    def __init__(self, directory: Path, ports: tuple[int, int]) -> None:
        self.directory, (self.plain_port, self.port) = directory, ports
        self.authority = trustme.CA()
        self.ca_file = directory.parent / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.ca_file))
        self._process: subprocess.Popen[bytes] | None = None
        arguments = ["--out", str(directory), "--port", str(ports[0]), "--run-as", getpass.getuser()]
        done = CliRunner().invoke(app, [*arguments, "--tls", "--tls-port", str(ports[1]), "--bind", "127.0.0.1"])
        assert done.exit_code == 0, done.output

    def start(self, certificate: trustme.LeafCert, wait: Callable[..., None]) -> None:
        """Start with this certificate."""
        for blob, name in [(certificate.cert_chain_pems[0], "server.crt"), (certificate.private_key_pem, "server.key")]:
            blob.write_to_path(str(self.directory / "tls" / name))
        binary = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        assert binary, "mosquitto must be installed; `make test` installs it or says how"
        command = [binary, "-c", str(self.directory / "mosquitto.conf")]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait((self.directory / "run" / "mosquitto.pid").exists, "mosquitto runs")

    def settings(self, **changes: Any) -> BrokerSettings:
        """What the generated ingest.env says, on the encrypted port."""
        lines = (self.directory / "ingest.env").read_text().splitlines()
        known = {key.removeprefix("TOMMA_BROKER__").lower(): value for key, value in (row.split("=") for row in lines)}
        whole = {**known, "port": self.port, "tls": True, "ca_file": self.ca_file, **changes}
        return BrokerSettings.model_validate(whole)

    def end(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)


@pytest.fixture
def encrypted(tmp_path: Path, free_port: int, free_ports: Callable[[], int]) -> Iterator[Encrypted]:
    """Not started yet."""
    broker = Encrypted(tmp_path / "broker", (free_port, free_ports()))
    yield broker
    broker.end()


def link_to(settings: BrokerSettings, wait: Callable[..., None]) -> MqttLink:
    """A link that is subscribed, or the refusal."""
    link = MqttLink(settings, SystemClock(), random.Random(1))  # noqa: S311  (jitter)

    def subscribed() -> bool:
        link.receive(1, 0.05)
        return link.subscribed

    try:
        wait(subscribed, "the link is subscribed")
    finally:
        link.close()
    return link


def test_a_broker_with_a_good_certificate_is_believed(encrypted: Encrypted, wait: Callable[..., None]) -> None:
    """The way it should be: our authority, this host, today."""
    encrypted.start(encrypted.authority.issue_cert("127.0.0.1"), wait)
    assert link_to(encrypted.settings(), wait).facts.sessions_lost == 0


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_wrong_password_ends_the_start_with_the_reason(
    version: str, encrypted: Encrypted, wait: Callable[..., None]
) -> None:
    """An operator who mistyped it must read so at once, not tomorrow in a log."""
    encrypted.start(encrypted.authority.issue_cert("127.0.0.1"), wait)
    with pytest.raises(ConfigurationError, match="refuses the login"):
        link_to(encrypted.settings(password="wrong", mqtt_version=version), wait)


# paho leaves the socket of a failed handshake to the garbage collector, which closes it with a warning.
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("name", "not_after", "trusted", "says"),
    [
        pytest.param("127.0.0.1", None, False, "certificate", id="of an authority we do not trust"),
        pytest.param("127.0.0.1", YESTERDAY, True, "expired", id="expired yesterday"),
        pytest.param("mqtt.elsewhere.example", None, True, "match", id="for another host"),
    ],
)
def test_a_certificate_is_refused(
    name: str, not_after: datetime | None, trusted: bool, says: str, encrypted: Encrypted, wait: Callable[..., None]
) -> None:
    """Whoever stands between us and the broker would get the password, and could acknowledge readings away."""
    authority = encrypted.authority if trusted else trustme.CA()
    encrypted.start(authority.issue_cert(name, not_after=not_after), wait)
    with pytest.raises(ConfigurationError, match=f"certificate that is refused: .*{says}"):
        link_to(encrypted.settings(), wait)
    gc.collect()  # now: the warning is ignored in this test, and would fail another


def test_a_plain_word_on_an_encrypted_port_gets_nowhere(encrypted: Encrypted, wait: Callable[..., None]) -> None:
    """A forgotten `tls = true` must not send the password in the clear and work."""
    encrypted.start(encrypted.authority.issue_cert("127.0.0.1"), wait)
    link = MqttLink(encrypted.settings(tls=False, ca_file=None), SystemClock(), random.Random(1))  # noqa: S311
    wait(lambda: link.receive(1, 0.05) or link.facts.reconnects, "the broker hangs up")
    link.close()
    assert not link.facts.connected


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        pytest.param("ca_file", "missing.pem", id="an authority that is not there"),
        pytest.param("certificate_file", "missing.pem", id="a certificate that is not there"),
    ],
)
def test_a_certificate_file_that_is_none_is_named(setting: str, value: str) -> None:
    """The reason must name the file, not an error number of OpenSSL."""
    settings = BrokerSettings.model_validate({"tls": True, setting: value})
    with pytest.raises(ConfigurationError, match=r"missing\.pem"):
        MqttLink(settings, SystemClock(), random.Random(1))  # noqa: S311


def test_a_certificate_without_tls_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody meant to encrypt; going on in the clear would be the worst answer."""
    monkeypatch.setenv("TOMMA_BROKER__CA_FILE", "ca.pem")
    with pytest.raises(ConfigurationError, match="tls must be true"):
        load_settings()
