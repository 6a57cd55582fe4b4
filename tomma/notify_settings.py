"""Who is told of alerts, and how: the `[alerts]` and `[notify]` sections of the settings. See docs/alerts.md."""

from datetime import time
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from tomma.model import AlertKind
from tomma.section import Section

ADDRESS_PATTERN = r"^[^@\s<>,;:\"\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,255}$"
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
SECRET_PREFIX = "whsec_"  # noqa: S105  (how Standard Webhooks marks a secret, and none itself)


class AlertSettings(Section):
    """What counts as worth an alert."""

    overflow_soon_h: float = Field(default=12.0, ge=1.0, le=72.0)
    """A bin that the forecast sees full within this, and that no truck reaches before, is told of."""


class EmailSettings(Section):
    """The mail server that takes our messages."""

    host: str = ""
    """Empty: no e-mail is sent."""
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` only for a server on this machine or network that takes mail without a login."""
    username: str = ""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    """A file with the password on its first line, in place of `password`."""
    from_address: str = Field(default="", pattern=rf"{ADDRESS_PATTERN}|^$")
    ca_file: Path | None = None
    """Who may vouch for the server; without one, whom this machine trusts."""
    timeout_s: float = Field(default=20.0, ge=1.0, le=120.0)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.host and not self.from_address:
            raise ValueError("from_address must be set where host is, got none")
        if self.username and self.security == "none":
            raise ValueError('security must be "starttls" or "tls" where username is set, got "none"')
        return self


class WebhookSettings(Section):
    """How webhooks may reach out; the addresses themselves belong to the recipients."""

    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Private networks that webhooks may reach, such as 10.20.0.0/16; all others are refused."""
    allow_http: bool = False
    """Whether addresses without TLS are taken: only inside a network of one's own."""
    ca_file: Path | None = None
    timeout_s: float = Field(default=10.0, ge=0.5, le=60.0)
    """For one whole delivery, the slowest answer included."""
    answer_max_bytes: int = Field(default=16_384, ge=256, le=1_048_576)


class Recipient(Section):
    """Somebody, or some system, that is told of alerts."""

    name: str = Field(pattern=NAME_PATTERN)
    email: str = Field(default="", pattern=rf"{ADDRESS_PATTERN}|^$")
    webhook: str = ""
    secret: SecretStr = SecretStr("")
    """Signs what is sent to the webhook: `whsec_` and 24 to 64 random bytes in base64 (`tomma notify secret`)."""
    secret_file: Path | None = None
    """A file with the secret on its first line, in place of `secret`."""
    language: Literal["sv", "en"] = "sv"
    """Of e-mails."""
    tell_ends: bool = False
    """Whether to tell also that an alert is over; webhooks are always told."""

    @field_validator("webhook")
    @classmethod
    def _is_an_address(cls, webhook: str) -> str:
        parts = urlsplit(webhook)
        if webhook and (
            parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.fragment
        ):
            raise ValueError("webhook must be an address such as https://ops.example/tomma, without login and fragment")
        return webhook

    @model_validator(mode="after")
    def _goes_one_way(self) -> Self:
        if bool(self.email) == bool(self.webhook):
            raise ValueError(f"recipient {self.name}: exactly one of email and webhook must be set")
        if self.webhook and not (self.secret.get_secret_value() or self.secret_file):
            raise ValueError(f"recipient {self.name}: secret or secret_file must be set where webhook is")
        return self

    @property
    def channel(self) -> Literal["email", "webhook"]:
        """How it is reached."""
        return "email" if self.email else "webhook"


class Rule(Section):
    """Which alerts go to whom; what is left empty matches everything."""

    kinds: tuple[AlertKind, ...] = ()
    areas: tuple[str, ...] = ()
    fractions: tuple[str, ...] = ()
    """Codes of waste streams."""
    to: tuple[str, ...] = Field(min_length=1)
    """Names of recipients."""


class NotifySettings(Section):
    """Messages about alerts."""

    email: EmailSettings = EmailSettings()
    webhooks: WebhookSettings = WebhookSettings()
    recipients: tuple[Recipient, ...] = ()
    rules: tuple[Rule, ...] = ()
    """None: every recipient is told of everything."""
    group_s: float = Field(default=120.0, ge=0.0, le=3_600.0)
    """How long the first alert of a message waits for company."""
    digest_s: float = Field(default=4 * 3_600.0, ge=0.0, le=7 * 86_400.0)
    """The same for alerts that can wait, such as batteries and single silent sensors."""
    many: int = Field(default=20, ge=2, le=10_000)
    """So many alerts of one kind that can wait do not wait: together they are a greater trouble."""
    urgent_gap_s: float = Field(default=60.0, ge=1.0, le=3_600.0)
    """Between two messages of fire to one recipient."""
    messages_per_h: int = Field(default=6, ge=1, le=1_000)
    """To one recipient, fire left out; what does not fit waits for the next message."""
    listed_max: int = Field(default=20, ge=1, le=500)
    """Alerts named in one message; the rest is counted by kind."""
    again_after_h: float = Field(default=6.0, ge=0.0, le=168.0)
    """An alert that ended and came back within this is not told again."""
    quiet_from: time | None = time(22)
    """Local time of day; only fire is told until `quiet_to`."""
    quiet_to: time | None = time(6)
    give_up_h: float = Field(default=72.0, ge=1.0, le=720.0)
    """How long a message is tried."""
    keep_days: int = Field(default=90, ge=1, le=3_650)
    """How long messages that left are kept to be looked at."""

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        names = [each.name for each in self.recipients]
        if len(set(names)) < len(names):
            raise ValueError(f"recipients: names must differ, got {sorted(names)}")
        strangers = sorted({name for rule in self.rules for name in rule.to} - set(names))
        if strangers:
            raise ValueError(f"rules: to must name recipients {sorted(names)}, got {strangers}")
        if not self.email.host and any(each.email for each in self.recipients):
            raise ValueError("email.host must be set where a recipient has an e-mail address, got none")
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet_from and quiet_to must both be set or both be left out")
        if not self.webhooks.allow_http and any(each.webhook.startswith("http:") for each in self.recipients):
            raise ValueError("webhook must begin with https:// unless webhooks.allow_http is true")
        return self
