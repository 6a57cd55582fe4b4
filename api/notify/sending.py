"""Sends a kept message to its recipient, whichever way that is."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from api.exports.words import Words
from api.notify.mail import mail_of, send_mail
from api.notify.reach import Resolve, resolve
from api.notify.webhook import Webhook, deliver, key_of
from routing.roads.guidance import Language
from tomma.city import Organisation
from tomma.errors import ConfigurationError, NotSentError
from tomma.notices import Notice
from tomma.notify_settings import NotifySettings, Recipient


@dataclass(frozen=True, slots=True)
class Sender:
    """Knows every recipient; NotSentError tells why a message did not leave."""

    settings: NotifySettings
    organisation: Callable[[], Organisation]
    resolving: Resolve = resolve

    def check(self) -> None:
        """Raise ConfigurationError when a secret cannot be read: better at start than at the first fire."""
        if any(each.email for each in self.settings.recipients):
            self._password()
        for each in self.settings.recipients:
            if each.webhook:
                self._key(each)

    def __call__(self, notice: Notice, now_utc: datetime) -> None:
        """Return when the message has been taken by whoever brings it further."""
        recipient = self._recipients().get(notice.recipient)
        if recipient is None:
            raise NotSentError(f"there is no recipient {notice.recipient} any more", for_good=True)
        try:
            if recipient.channel == "email":
                self._mail(notice, recipient)
            else:
                hook = Webhook(recipient.webhook, self._key(recipient))
                deliver(hook, notice.id, notice.body.encode(), now_utc, self.settings.webhooks, self.resolving)
        except ConfigurationError as exc:
            raise NotSentError(str(exc)) from exc

    def _mail(self, notice: Notice, recipient: Recipient) -> None:
        email = self.settings.email
        words = Words(Language(recipient.language), self.organisation())
        mail = mail_of(json.loads(notice.body), notice.id, recipient, email.from_address, notice.created_utc, words)
        send_mail(mail, email, self._password())

    def _recipients(self) -> Mapping[str, Recipient]:
        return {each.name: each for each in self.settings.recipients}

    def _password(self) -> str:
        return self.settings.email.reveal("password", "notify.email")

    def _key(self, recipient: Recipient) -> bytes:
        return key_of(recipient.reveal("secret", f"notify.recipients {recipient.name}"))
