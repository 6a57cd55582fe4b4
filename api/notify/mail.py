"""Writes and sends one e-mail: plain text, so that no name in it can be more than a name."""

import re
import smtplib
import ssl
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from api.notify.letter import Letter
from api.notify.words import KINDS, WORDS, Language
from tomma.errors import NotSentError
from tomma.model import AlertKind
from tomma.notify_settings import EmailSettings, Recipient

SUBJECT_MAX = 120
"""Characters; phones show no more."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
"""Line ends would become headers, and marks of direction turn a text round."""


def mail_of(
    letter: Letter, message_id: str, recipient: Recipient, sender: str, now_utc: datetime, zone: ZoneInfo
) -> EmailMessage:
    """Return the letter as an e-mail in the recipient's language, with the city's local times."""
    mail = EmailMessage()
    domain = sender.rpartition("@")[2]
    mail["From"] = Address("tomma", addr_spec=sender)
    mail["To"] = recipient.email
    mail["Subject"] = f"tomma · {subject_of(letter, recipient.language)}"[:SUBJECT_MAX]
    mail["Date"] = format_datetime(now_utc)
    mail["Message-ID"] = f"<{message_id}@{domain}>"  # the same at every try: mailboxes fold doubles
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers
    mail.set_content("\n".join(_lines(letter, recipient, zone)))
    return mail


def subject_of(letter: Letter, language: Language) -> str:
    """Return what it is about, in one line."""
    words, data = WORDS[language], letter["data"]
    if letter["type"] == "test":
        return words["test_subject"]
    raised, ended, named = data["raised"], data["ended"], data["alerts"]
    if raised + ended == 1:
        return words["one" if raised else "one_over"].format(
            kind=_kind(named[0]["kind"], language), place=_place(named[0], language)
        )
    if not raised:
        return words["many_over"].format(count=ended)
    worst = [each["kind"] for each in named if each["active"]]
    counted = [
        worst[0],
        *sorted((kind for kind in data["counts"] if kind != worst[0]), key=data["counts"].get, reverse=True),
    ]
    kinds = ", ".join(f"{_kind(kind, language)} {data['counts'][kind]}" for kind in counted)
    return f"{words['many'].format(count=raised)}: {kinds}"


def send_mail(mail: EmailMessage, settings: EmailSettings, password: str) -> None:
    """Return when the mail server has taken the message.

    Raises:
        NotSentError: When it has not; for good when it refuses the addresses or the message themselves.
    """
    try:
        with _connected(settings) as server:
            if settings.username:
                server.login(settings.username, password)
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as exc:
        codes = [code for code, _ in exc.recipients.values()]
        raise NotSentError(f"{settings.host}: refused {mail['To']}: {codes}", for_good=min(codes) >= 500) from exc
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as exc:
        raise NotSentError(f"{settings.host}: {exc.smtp_code} {exc.smtp_error!r:.160}", for_good=False) from exc
    except (smtplib.SMTPException, OSError, ValueError) as exc:
        raise NotSentError(f"{settings.host}: {type(exc).__name__}: {exc}"[:240]) from exc


def _connected(settings: EmailSettings) -> smtplib.SMTP:
    if settings.security == "none":
        return smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout_s, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
    try:
        server.starttls(context=context)  # refused or stripped on the way: raises, and nothing is said in the clear
    except BaseException:
        server.close()
        raise
    return server


def _lines(letter: Letter, recipient: Recipient, zone: ZoneInfo) -> Iterator[str]:
    language, data = recipient.language, letter["data"]
    words = WORDS[language]
    if letter["type"] == "test":
        yield words["test"]
    else:
        yield from _named([each for each in data["alerts"] if each["active"]], language, zone)
        ended = [each for each in data["alerts"] if not each["active"]]
        if ended:
            yield words["all_over"]
            yield from _named(ended, language, zone)
        if data["not_listed"]:
            yield words["not_listed"]
            for each in data["not_listed"]:
                over = "" if each["active"] else f" ({words['all_over'].rstrip(':').lower()})"
                yield f"  {each['count']} × {_kind(each['kind'], language)}{over}"
            yield ""
    if data["link"]:
        yield words["link"].format(link=data["link"])
    yield ""
    yield words["about"].format(recipient=recipient.name)


def _named(alerts: Iterable[Mapping[str, Any]], language: Language, zone: ZoneInfo) -> Iterator[str]:
    for kind, group in groupby(alerts, key=lambda each: each["kind"]):
        name, what_to_do = KINDS[language][AlertKind(kind)]
        together = list(group)
        yield f"{name} – {what_to_do}" if together[0]["active"] else name
        for each in together:
            at = datetime.fromisoformat(each["raised_utc"]).astimezone(zone)
            since = WORDS[language]["since"].format(time=f"{at:%Y-%m-%d %H:%M}")
            ids = " ".join(filter(None, (each["bin_id"], each["sensor_id"])))
            yield _seen(f"  {_place(each, language)} · {ids} · {since}{_numbers(each['values'])}")
        yield ""


def _place(alert: Mapping[str, Any], language: Language) -> str:
    return _seen(alert["place"] or alert["bin_id"] or alert["sensor_id"] or WORDS[language]["stream"])


def _numbers(values: Mapping[str, float]) -> str:
    shown = [_number(name, value) for name, value in values.items()]
    return f" · {', '.join(shown)}" if shown else ""


def _number(name: str, value: float) -> str:
    for ending, unit, factor in (
        ("_fraction", " %", 100.0),
        ("_c", " °C", 1.0),
        ("_v", " V", 1.0),
        ("_mm", " mm", 1.0),
    ):
        if name.endswith(ending):
            return f"{value * factor:.3g}{unit}"
    return f"{name} {value:.3g}"


def _kind(kind: str, language: Language) -> str:
    return KINDS[language][AlertKind(kind)][0]


def _seen(text: str) -> str:
    return _UNSEEN.sub(" ", text)
