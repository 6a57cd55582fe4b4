"""Signed webhooks against a real web server on this machine."""

import base64
import hashlib
import hmac
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from api.notify.reach import Address
from api.notify.webhook import Webhook, deliver, key_of
from tests.api.notify.conftest import SECRET, WebReceiver, web_receiver
from tomma.errors import ConfigurationError, NotSentError
from tomma.notify_settings import WebhookSettings

NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
DOCS = Path(__file__).parents[3] / "docs" / "alerts.md"
LOOPBACK = (ip_network("127.0.0.0/8"),)
OPEN = WebhookSettings(allowed_networks=LOOPBACK, allow_http=True, timeout_s=2.0)
BODY = '{"type":"test","data":{"place":"Gata 1 å"}}'.encode()


def at_loopback(_host: str, _port: int) -> Sequence[Address]:
    """Every name is this machine."""
    return [ip_address("127.0.0.1")]


def send(receiver: WebReceiver, settings: WebhookSettings = OPEN, url: str = "") -> None:
    """Deliver one message."""
    deliver(Webhook(url or receiver.url, key_of(SECRET)), "msg_1", BODY, NOW, settings, at_loopback)


def test_the_receiver_can_prove_who_sent_it_and_when(servers: Any) -> None:
    """Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body, with the secret both know."""
    receiver = servers(web_receiver())
    send(receiver)
    taken = receiver.taken[0]
    assert (taken.path, taken.body) == ("/hook?x=1", BODY)
    signed = b"msg_1.%d.%b" % (int(NOW.timestamp()), BODY)
    secret = base64.b64decode(SECRET.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert taken.headers["webhook-id"] == "msg_1"
    assert taken.headers["webhook-timestamp"] == "1795325400"
    assert taken.headers["webhook-signature"] == f"v1,{wanted}"
    assert taken.headers["content-type"] == "application/json"


def test_a_receiver_written_from_the_docs_knows_us_and_nobody_else(servers: Any) -> None:
    """Whoever writes one has docs/alerts.md and no network to read a standard in."""
    code = DOCS.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102  (what we tell others to run)
    is_from_tomma = found["is_from_tomma"]
    receiver = servers(web_receiver())
    deliver(Webhook(receiver.url, key_of(SECRET)), "msg_1", BODY, datetime.now(UTC), OPEN, at_loopback)
    deliver(Webhook(receiver.url, key_of(SECRET)), "msg_1", BODY, NOW, OPEN, at_loopback)
    fresh, old = receiver.taken
    assert is_from_tomma(SECRET, fresh.headers, fresh.body)
    assert not is_from_tomma(SECRET, fresh.headers, fresh.body + b" ")
    assert not is_from_tomma(SECRET, {**fresh.headers, "webhook-id": "msg_2"}, fresh.body)
    assert not is_from_tomma("whsec_" + base64.b64encode(b"b" * 24).decode(), fresh.headers, fresh.body)
    assert not is_from_tomma(SECRET, old.headers, old.body), "of another day: somebody plays it again"


def test_of_several_addresses_the_one_that_answers_is_used(servers: Any) -> None:
    """A name has one in IPv6, and the city's line has none: whoever took the first alone told nobody of the fire."""
    receiver = servers(web_receiver())

    def two(_host: str, _port: int) -> Sequence[Address]:
        return [ip_address("127.0.0.2"), ip_address("127.0.0.1")]

    deliver(Webhook(receiver.url, key_of(SECRET)), "msg_1", BODY, NOW, OPEN, two)
    assert [each.headers["webhook-id"] for each in receiver.taken] == ["msg_1"]
    with pytest.raises(NotSentError, match="Connection refused"):
        deliver(Webhook(receiver.url, key_of(SECRET)), "msg_2", BODY, NOW, OPEN, lambda *_: two("", 0)[:1])


@pytest.mark.parametrize(("status", "for_good"), [(500, False), (404, False), (429, False), (410, True)])
def test_an_answer_that_is_no_yes_is_told(servers: Any, status: int, for_good: bool) -> None:
    """Only 410 says that nobody wants it any more."""
    receiver = servers(web_receiver())
    receiver.statuses = [status]
    with pytest.raises(NotSentError, match=f"answered {status}") as told:
        send(receiver)
    assert told.value.for_good is for_good


def test_a_redirect_is_not_followed(servers: Any) -> None:
    """It would lead past the guard, to wherever the receiver likes (case A15)."""
    inner, outer = servers(web_receiver()), servers(web_receiver())
    outer.statuses, outer.location = [307], inner.url
    with pytest.raises(NotSentError, match="answered 307"):
        send(outer)
    assert inner.taken == []


def test_this_machine_is_not_reached_unless_its_network_is_listed(servers: Any) -> None:
    """What listens here trusts whoever is here."""
    receiver = servers(web_receiver())
    with pytest.raises(NotSentError, match="not a public address"):
        send(receiver, WebhookSettings(allow_http=True))
    assert receiver.taken == []


def test_a_name_is_asked_once_and_the_answer_that_was_judged_is_used(servers: Any) -> None:
    """DNS rebinding: a name that is public when judged and private when used is of no help."""
    receiver = servers(web_receiver())
    asked = []

    def rebinding(host: str, port: int) -> Sequence[Address]:
        asked.append((host, port))
        return [ip_address("127.0.0.1")]

    url = f"http://rebind.invalid:{receiver.port}/"
    deliver(Webhook(url, key_of(SECRET)), "msg_1", BODY, NOW, OPEN, rebinding)
    assert asked == [("rebind.invalid", receiver.port)]
    assert receiver.taken[0].headers["host"] == f"rebind.invalid:{receiver.port}"


def test_plain_http_is_refused_unless_it_is_meant(servers: Any) -> None:
    """A signature proves who sent it; it hides nothing."""
    receiver = servers(web_receiver())
    with pytest.raises(NotSentError, match="https only"):
        send(receiver, WebhookSettings(allowed_networks=LOOPBACK))


def test_the_certificate_must_be_the_names(
    servers: Any, server_context: ssl.SSLContext, ca_file: Path, tmp_path: Path
) -> None:
    """The address is pinned, the name is still what is proven; a stranger's authority vouches for nobody."""
    receiver = servers(web_receiver(server_context))
    trusted = OPEN.model_copy(update={"ca_file": ca_file})
    send(receiver, trusted, f"https://hooks.test:{receiver.port}/")
    assert len(receiver.taken) == 1
    for settings, host in ((trusted, "other.test"), (OPEN, "hooks.test")):
        with pytest.raises(NotSentError, match="CERTIFICATE_VERIFY_FAILED"):
            send(receiver, settings, f"https://{host}:{receiver.port}/")
    assert len(receiver.taken) == 1


def test_an_answer_that_drips_for_ever_is_cut(servers: Any) -> None:
    """Each byte renews a socket's own patience; the whole delivery has one."""
    receiver = servers(web_receiver())
    receiver.drip_s = 0.05
    with pytest.raises(NotSentError, match=r"no answer within 0\.5 s"):
        send(receiver, OPEN.model_copy(update={"timeout_s": 0.5}))


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", "not base64 at all"])
def test_a_secret_that_keeps_nobody_out_is_refused(secret: str) -> None:
    """The specification asks for 24 bytes or more."""
    with pytest.raises(ConfigurationError, match="secret must"):
        key_of(secret)
