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

from api.exports.words import Words
from api.notify.letter import Letter
from tomma.errors import NotSentError
from tomma.notify_settings import EmailSettings, Recipient

SUBJECT_MAX = 120
"""Characters; phones show no more."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
"""Line ends would become headers, and marks of direction turn a text round."""


def mail_of(
    letter: Letter, message_id: str, recipient: Recipient, sender: str, now_utc: datetime, words: Words
) -> EmailMessage:
    """Return the letter as an e-mail, in the words and with the local times that `words` knows."""
    mail = EmailMessage()
    domain = sender.rpartition("@")[2]
    mail["From"] = Address("tomma", addr_spec=sender)
    mail["To"] = recipient.email
    mail["Subject"] = f"tomma · {subject_of(letter, words)}"[:SUBJECT_MAX]
    mail["Date"] = format_datetime(now_utc)
    mail["Message-ID"] = f"<{message_id}@{domain}>"  # the same at every try: mailboxes fold doubles
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers
    mail.set_content("\n".join(_lines(letter, recipient, words)) + "\n")
    return mail


def subject_of(letter: Letter, words: Words) -> str:
    """Return what it is about, in one line."""
    data = letter["data"]
    if letter["type"] == "test":
        return words("mail.test_subject")
    raised, ended, named = data["raised"], data["ended"], data["alerts"]
    if raised + ended == 1:
        key = "mail.one" if raised else "mail.one_over"
        return words(key, kind=words(f"alert.{named[0]['kind']}"), place=_place(named[0], words))
    if not raised:
        return words("mail.many_over", n=ended)
    worst = next(each["kind"] for each in named if each["active"])  # the most urgent are named first
    rest = sorted((kind for kind in data["counts"] if kind != worst), key=lambda kind: -int(data["counts"][kind]))
    kinds = ", ".join(f"{words(f'alert.{kind}')} {data['counts'][kind]}" for kind in (worst, *rest))
    return f"{words('mail.many', n=raised)}: {kinds}"


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


def _lines(letter: Letter, recipient: Recipient, words: Words) -> Iterator[str]:
    data = letter["data"]
    if letter["type"] == "test":
        yield words("mail.test")
    else:
        yield from _named([each for each in data["alerts"] if each["active"]], words)
        ended = [each for each in data["alerts"] if not each["active"]]
        if ended:
            yield words("mail.over")
            yield from _named(ended, words)
        yield from _counted(data["not_listed"], words)
    if data["link"]:
        yield words("mail.link", link=data["link"])
    yield ""
    yield words("mail.about", recipient=recipient.name)


def _named(alerts: Iterable[Mapping[str, Any]], words: Words) -> Iterator[str]:
    for kind, group in groupby(alerts, key=lambda each: str(each["kind"])):
        together = list(group)
        yield words(f"alert.{kind}")
        if together[0]["active"]:
            yield words(f"todo.{kind}")
        for each in together:
            at = words.local(datetime.fromisoformat(each["raised_utc"]))
            since = words("mail.since", time=f"{at:%Y-%m-%d %H:%M}")
            ids = " ".join(filter(None, (each["bin_id"], each["sensor_id"])))
            parts = (_place(each, words), each["area"], ids, since, _numbers(each["values"], words))
            yield f"  {' · '.join(_seen(part) for part in parts if part)}"
        yield ""


def _counted(rest: Iterable[Mapping[str, Any]], words: Words) -> Iterator[str]:
    lines = [
        words(
            "mail.counted" if each["active"] else "mail.counted_over",
            n=each["count"],
            kind=words(f"alert.{each['kind']}"),
        )
        for each in rest
    ]
    if lines:
        yield from (words("mail.not_listed"), *(f"  {line}" for line in lines), "")


def _place(alert: Mapping[str, Any], words: Words) -> str:
    return _seen(alert["place"] or alert["bin_id"] or alert["sensor_id"] or words("mail.stream"))


def _numbers(values: Mapping[str, float], words: Words) -> str:
    return ", ".join(filter(None, (_number(name, value, words) for name, value in values.items())))


def _number(name: str, value: float, words: Words) -> str:
    """Return a number that says something without its name; the others are on the page."""
    if name.endswith("_fraction") or name.startswith("p_"):
        return words.pct(value)
    for ending, unit in (("_c", "°C"), ("_v", "V")):
        if name.endswith(ending):
            return f"{words.tenth(value)} {unit}"
    return words.hours(value) if name == "hours_to_full" else ""


def _seen(text: str) -> str:
    return _UNSEEN.sub(" ", text)
