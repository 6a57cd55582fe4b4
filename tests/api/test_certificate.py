"""The server's own certificate over the years: renewed without a restart, and told of before it ends."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import trustme
from cryptography import x509

from api.app import create_app
from api.certificate import Pair
from api.server import Server, listen_on
from tests.api.in_process import InProcess
from tests.api.patience import PATIENCE_S, until
from tests.api.world import World

type Shown = Callable[[], int]
NOW = datetime.now(UTC)


@pytest.fixture
def authority() -> trustme.CA:
    """Vouches for the server."""
    return trustme.CA()


@pytest.fixture
def pair(tmp_path: Path, authority: trustme.CA) -> Pair:
    """The files of a server that has just been set up."""
    found = Pair(tmp_path / "fullchain.pem", tmp_path / "privkey.pem")
    renew(found, authority)
    return found


def renew(pair: Pair, authority: trustme.CA, days: float = 90.0) -> int:
    """Write another certificate as a renewing program does; return its number."""
    issued = authority.issue_cert("127.0.0.1", not_after=NOW + timedelta(days=days))
    chain = issued.cert_chain_pems[0].bytes()
    for path, content in ((pair.key, issued.private_key_pem.bytes()), (pair.certificate, chain)):
        fresh = path.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(path)
    return x509.load_pem_x509_certificate(chain).serial_number


@pytest.fixture
def shown(world: World, pair: Pair, authority: trustme.CA) -> Iterator[Shown]:
    """What tells the number of the certificate that a new caller of a real server is shown."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    ready = threading.Event()
    with listen_on("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]

        def number() -> int:
            with (
                socket.create_connection(("127.0.0.1", port), PATIENCE_S) as plain,
                trusting.wrap_socket(plain, server_hostname="127.0.0.1") as line,
            ):
                return x509.load_der_x509_certificate(line.getpeercert(binary_form=True) or b"").serial_number

        app = create_app(world.context())
        server = Server(app, certificate=pair.certificate, key=pair.key, on_ready=ready.set, look_every_s=0.05)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            assert ready.wait(PATIENCE_S)
            yield number
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def test_a_renewed_certificate_is_used_without_a_restart(shown: Shown, pair: Pair, authority: trustme.CA) -> None:
    """It lasts weeks, the server years: tablets that refuse one that is over would stand there one morning."""
    first = shown()
    second = renew(pair, authority)
    assert until(shown, lambda number: number == second) != first


HALF = b"-----BEGIN"


@pytest.mark.parametrize(
    ("broken", "content"),
    [
        pytest.param("fullchain.pem", HALF, id="half a chain"),
        pytest.param("privkey.pem", HALF, id="half a key"),
        pytest.param("fullchain.pem", None, id="a chain whose key is still to come"),
    ],
)
def test_a_pair_that_does_not_fit_leaves_the_former_in_use(
    shown: Shown,
    pair: Pair,
    authority: trustme.CA,
    broken: str,
    content: bytes | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Half written, or only one of the two: it is told, and taken as soon as both are there."""
    first = shown()
    others = authority.issue_cert("127.0.0.1").cert_chain_pems[0].bytes()
    (pair.certificate.parent / broken).write_bytes(others if content is None else content)
    until(lambda: caplog.text, lambda text: "certificate not taken, the former is used" in text)
    assert shown() == first
    second = renew(pair, authority)
    assert until(shown, lambda number: number == second) == second


@pytest.mark.parametrize(
    ("days", "told"),
    [
        pytest.param(60.0, "", id="fresh"),
        pytest.param(13.0, "the certificate ends at", id="nobody has renewed it"),
        pytest.param(-1.0, "the certificate ended at", id="over"),
    ],
)
def test_a_certificate_that_ends_soon_is_told_by_health(
    world: World, pair: Pair, authority: trustme.CA, days: float, told: str
) -> None:
    """The program that renews it broke months ago, and says so to nobody."""
    renew(pair, authority, days)
    context = replace(world.context(), certificate=pair.certificate)
    with InProcess(create_app(context)) as transport:
        health = httpx.Client(transport=transport, base_url="http://127.0.0.1").get("/api/v1/health").json()
    check = health["checks"]["certificate"]
    assert (check["status"], check["detail"][: len(told)]) == ("degraded" if told else "ok", told)
