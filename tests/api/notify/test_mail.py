"""E-mails, written in both languages and sent to a real mail server on this machine."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from api.exports.words import Words
from api.notify.items import Item, over
from api.notify.letter import letter_of, trial_letter
from api.notify.mail import mail_of, send_mail
from routing.roads.guidance import Language
from tests.api.notify.conftest import Mailbox, mail_server
from tomma.city import Organisation
from tomma.errors import NotSentError
from tomma.model import Alert, AlertKind, BinId, SensorId
from tomma.notify_settings import EmailSettings, Recipient

NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
TOWN = Organisation("O1", "Exempelstad", "Europe/Stockholm", "SEK")
DESK = Recipient(name="drift", email="drift@exempel.test", language="sv")
FIRE = Item(
    Alert(AlertKind.FIRE, NOW, True, SensorId("H1"), BinId("B1"), {"temperature_c": 71.0}),
    "id-1", "Torget 1", "Centrum", "residual",
)  # fmt: skip


def low(number: int) -> Item:
    """One weak battery of many."""
    alert = Alert(
        AlertKind.BATTERY_LOW, NOW - timedelta(hours=1), True, SensorId(f"H{number}"), None, {"battery_v": 2.5}
    )
    return Item(alert, f"id-{number}", f"Gata {number}")


def written(items: list[Item], language: str = "sv", listed_max: int = 20) -> EmailMessage:
    """The e-mail about these."""
    letter = letter_of(items, listed_max, NOW, "https://tomma.exempel.test/alerts")
    recipient = DESK.model_copy(update={"language": language})
    return mail_of(letter, "msg_1", recipient, "tomma@exempel.test", NOW, Words(Language(language), TOWN))


def test_one_fire_is_told_so_that_it_can_be_acted_on_from_a_phone() -> None:
    """What, where, since when on the city's clocks, how hot, and what to do."""
    mail = written([FIRE])
    assert mail["Subject"] == "tomma · Brand eller hetta: Torget 1"
    text = mail.get_content()
    assert "Ring 112" in text
    assert "Torget 1 · Centrum · B1 H1 · sedan 2026-11-22 06:30 · 71 °C" in text
    assert "https://tomma.exempel.test/alerts" in text


def test_a_message_about_hundreds_names_the_worst_and_counts_the_rest() -> None:
    """Three hundred lines are read by nobody."""
    mail = written([*map(low, range(300)), FIRE, over(replace(FIRE, alert_id="id-9"))], "en", listed_max=5)
    assert mail["Subject"].startswith("tomma · 301 alerts: Fire or heat 1, Battery low 300")
    text = mail.get_content()
    assert text.count("Gata") == 3
    assert "297 × Battery low" in text
    assert "Over:" in text


@pytest.mark.parametrize("name", ["Torget\r\nBcc: all@exempel.test", "a\u202eb", "x\x00y\x1b[2J"])
def test_a_name_cannot_become_a_header_or_turn_the_text_round(name: str) -> None:
    """Names of places come from imported files."""
    mail = written([replace(FIRE, place=name)])
    raw = mail.as_bytes(policy=policy.SMTP)
    headers = message_from_string(raw.decode(), policy=policy.default)
    assert headers["Bcc"] is None
    assert not any(each in mail.get_content() for each in "\r\x00\x1b\u202e")


def test_markup_is_only_text() -> None:
    """There is no HTML part in which it could be more (case W1)."""
    mail = written([replace(FIRE, place='<img src=x onerror="alert(1)">')])
    assert mail.get_content_type() == "text/plain"


def test_nothing_answers_it_and_the_same_message_is_known_again() -> None:
    """Absence notes stay away, and a message that came twice has one id."""
    mail = written([FIRE])
    assert (mail["Auto-Submitted"], mail["Message-ID"]) == ("auto-generated", "<msg_1@exempel.test>")


def settings_for(box: Mailbox, **more: Any) -> EmailSettings:
    """Of that mail server."""
    return EmailSettings(host="127.0.0.1", port=box.port, from_address="tomma@exempel.test", timeout_s=5.0, **more)


def test_a_mail_goes_encrypted_and_only_then_shows_its_password(
    servers: Any, server_context: ssl.SSLContext, ca_file: Path
) -> None:
    """STARTTLS first, the server's name proven, then the login; letters of every language arrive whole."""
    box = servers(mail_server(server_context))
    send_mail(written([FIRE]), settings_for(box, username="tomma", ca_file=ca_file), "hemligt")
    assert box.logins == [("\0tomma\0hemligt", True)]
    got = message_from_string(box.mails[0], policy=policy.default)
    assert got["To"] == "drift@exempel.test"
    assert got["Subject"] == "tomma · Brand eller hetta: Torget 1"


def test_a_server_whose_encryption_was_stripped_on_the_way_gets_neither_password_nor_mail(
    servers: Any, ca_file: Path
) -> None:
    """Whoever sits between takes the offer of STARTTLS out; then nothing is said."""
    box = servers(mail_server(None))
    with pytest.raises(NotSentError, match="STARTTLS"):
        send_mail(written([FIRE]), settings_for(box, username="tomma", ca_file=ca_file), "hemligt")
    assert (box.logins, box.mails) == ([], [])


def test_a_server_that_nobody_vouches_for_gets_nothing(servers: Any, server_context: ssl.SSLContext) -> None:
    """Else anybody on the way could read the password."""
    box = servers(mail_server(server_context))
    with pytest.raises(NotSentError, match="CERTIFICATE_VERIFY_FAILED"):
        send_mail(written([FIRE]), settings_for(box, username="tomma"), "hemligt")
    assert (box.logins, box.mails) == ([], [])


@pytest.mark.parametrize(("code", "for_good"), [(550, True), (450, False)])
def test_a_box_that_does_not_exist_is_given_up_and_a_busy_one_tried_again(
    servers: Any, code: int, for_good: bool
) -> None:
    """RFC 5321: 5yz for good, 4yz for now."""
    box = servers(mail_server())
    box.refuses = code
    with pytest.raises(NotSentError) as told:
        send_mail(written([FIRE]), settings_for(box, security="none"), "")
    assert told.value.for_good is for_good


def test_a_test_message_says_that_it_is_one() -> None:
    """Nobody shall run to a bin because of it."""
    letter = trial_letter(NOW, "")
    mail = mail_of(letter, "msg_1", DESK, "tomma@exempel.test", NOW, Words(Language.SV, TOWN))
    assert mail["Subject"] == "tomma · Provmeddelande"
