"""Who may log in at a broker, and where each may publish.

A device publishes on its own topic and nowhere else. Its user name is a part of that topic, so a name must not be
able to widen it: `+` and `#` are wildcards, `/` is another level, `%` and `$` have a meaning in access lists, and `:`
ends the name in mosquitto's password file.

A broker knows one password for each user name. So a device that gets a new one gets a new name with it, `H0001@2` after
`H0001`, and for a while both are good: nobody need be at the bin at the minute of the change.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from ingest.brokers.private_files import write_private
from ingest.brokers.topics import bare
from tomma.errors import ConfigurationError, ConflictError, NotFoundError, Refusal

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
AGAIN = "@"
"""Stands between a device's id and the count of its passwords; no id holds it."""
OURS = re.compile(r"(ingest(-\d+)?|device)")
PASSWORD_BYTES = 24


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A login that was given to a device, or to a network server that speaks for many."""

    name: str
    secret: str
    """What the broker compares with: a hash where it can, else the password."""
    topics: tuple[str, ...] = ()
    """Where it may publish, as filters; none means the device's own topic."""
    until_utc: datetime | None = None
    """When a newer password leaves this one behind; None: it is the device's newest."""

    @property
    def device(self) -> str:
        """Whose login it is: the device's id, as it stands in its topic."""
        return self.name.partition(AGAIN)[0]

    def has_ended(self, now_utc: datetime) -> bool:
        """Return whether a newer password has left it behind."""
        return self.until_utc is not None and self.until_utc <= now_utc

    @property
    def username(self) -> str:
        """The user name."""
        return self.name

    @property
    def password(self) -> str:
        """The secret, where the broker compares with the password itself."""
        return self.secret

    def __repr__(self) -> str:
        """Keep the secret out of logs."""
        return f"Enrolled(name={self.name!r}, topics={self.topics!r})"


def checked_name(name: str) -> str:
    """Return the name if a device may have it.

    Raises:
        ConfigurationError: If it could widen its rights, or is one of our own logins.
    """
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"a device's name must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit, got {name!r}"
        )
    if OURS.fullmatch(name):
        raise ConfigurationError(f"a device must not be called {name!r}: that is a login of tomma's own")
    return name


def checked_topic(topic: str) -> str:
    """Return the filter if it can stand in an access list; else ConfigurationError.

    A wildcard in front would let one login speak for every device there is.
    """
    levels = topic.split("/")
    wild = all(level in ("+", "#") or not set(level) & set("+#") for level in levels) and "#" not in levels[:-1]
    if not topic or topic[0] in "$+#" or not wild or not topic.isprintable() or " " in topic:
        raise ConfigurationError(
            f"a topic must be an MQTT filter without spaces that begins with a word, not $, + or #, got {topic!r}"
        )
    return topic


def own_topics(filters: Sequence[str], name: str) -> tuple[str, ...]:
    """Return a device's own topics: the filters that leave exactly one level open, with the name in it.

    >>> own_topics(["tomma/v1/+/reading", "v3/+/devices/+/up"], "H1")
    ('tomma/v1/H1/reading',)
    """
    own = (bare(each) for each in filters)
    return tuple(each.replace("+", name) for each in own if each.split("/").count("+") == 1 and "#" not in each)


def new_password() -> str:
    """Return a password that nobody can guess: there are no default ones."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


@dataclass(frozen=True, slots=True)
class LoginBook:
    """Every enrolled login, kept in one private file; the broker's own files are written from it."""

    path: Path
    logins: tuple[Enrolled, ...] = ()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the book; an absent one is empty.

        Raises:
            ConfigurationError: If the file is not such a book.
        """
        if not path.exists():
            return cls(path)
        try:
            return cls(path, tuple(_read(row) for row in json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise ConfigurationError(f"{path}: must be a list of logins, got {exc}; restore it from a backup") from exc

    @property
    def devices(self) -> tuple[Enrolled, ...]:
        """The logins of devices and network servers."""
        return tuple(each for each in self.logins if not OURS.fullmatch(each.name))

    @property
    def workers(self) -> tuple[Enrolled, ...]:
        """The logins of ingest."""
        return tuple(each for each in self.logins if OURS.fullmatch(each.name))

    def with_logins(self, *logins: Enrolled) -> Self:
        """Return the book with more of them; ConflictError when a device has one already."""
        known = {each.device for each in self.logins}
        for login in logins:
            if login.device in known:
                raise ConflictError(
                    f"{login.device!r} is enrolled already; rotate-device gives it a new password",
                    Refusal.DEVICE_HAS_LOGIN,
                    device_id=login.device,
                )
            known.add(login.device)
        return replace(self, logins=(*self.logins, *logins))

    def rotated(self, device: str, secret: str, until_utc: datetime | None) -> tuple[Self, Enrolled]:
        """Return the book with a new login of the device, and that login.

        Args:
            device: Whose password is to be new.
            secret: What the broker compares the new one with.
            until_utc: How long the one before is good for; None: no more. Older ones end now.

        Raises:
            NotFoundError: If it is not enrolled.
        """
        newest = next((each for each in self.logins if each.device == device and each.until_utc is None), None)
        if newest is None:
            raise NotFoundError(f"{device!r} is not enrolled here")
        count = int(newest.name.partition(AGAIN)[2] or 1) + 1
        fresh = Enrolled(f"{device}{AGAIN}{count}", secret, newest.topics)
        others = tuple(each for each in self.logins if each.device != device)
        left = (replace(newest, until_utc=until_utc),) if until_utc is not None else ()
        return replace(self, logins=(*others, *left, fresh)), fresh

    def without(self, device: str) -> Self:
        """Return the book without any login of this device; NotFoundError when there is none."""
        left = tuple(each for each in self.logins if each.device != device)
        if len(left) == len(self.logins):
            raise NotFoundError(f"{device!r} is not enrolled here")
        return replace(self, logins=left)

    def as_of(self, now_utc: datetime) -> Self:
        """Return the book without the logins that have ended; itself when none has."""
        left = tuple(each for each in self.logins if not each.has_ended(now_utc))
        return self if len(left) == len(self.logins) else replace(self, logins=left)

    def save(self) -> None:
        """Write it, for its owner only."""
        write_private(self.path, json.dumps([_row(each) for each in self.logins], indent=1) + "\n")


def _row(login: Enrolled) -> Mapping[str, object]:
    row: dict[str, object] = {"name": login.name, "secret": login.secret, "topics": login.topics}
    return row if login.until_utc is None else {**row, "until_utc": login.until_utc.isoformat()}


def _read(row: Mapping[str, str]) -> Enrolled:
    until = row.get("until_utc")
    topics = tuple(row["topics"])
    return Enrolled(row["name"], row["secret"], topics, datetime.fromisoformat(until) if until else None)
