"""Who may log in at a broker, and where each may publish.

A device publishes on its own topic and nowhere else. Its user name is a part of that topic, so a name must not be
able to widen it: `+` and `#` are wildcards, `/` is another level, `%` and `$` have a meaning in access lists, and `:`
ends the name in mosquitto's password file.
"""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from ingest.private_files import write_private
from ingest.topics import bare
from tomma.errors import ConfigurationError, ConflictError, NotFoundError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
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
    """Return the filter if it can stand in an access list; else ConfigurationError."""
    levels = topic.split("/")
    wild = all(level in ("+", "#") or not set(level) & set("+#") for level in levels) and "#" not in levels[:-1]
    if not topic or topic.startswith("$") or not wild or not topic.isprintable() or " " in topic:
        raise ConfigurationError(f"a topic must be an MQTT filter without spaces and not begin with $, got {topic!r}")
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
            rows = json.loads(path.read_text(encoding="utf-8"))
            return cls(path, tuple(Enrolled(row["name"], row["secret"], tuple(row["topics"])) for row in rows))
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

    def with_login(self, login: Enrolled) -> Self:
        """Return the book with one more; ConflictError when the name is taken."""
        if any(each.name == login.name for each in self.logins):
            raise ConflictError(f"{login.name!r} is enrolled already; disable-device first for a new password")
        return replace(self, logins=(*self.logins, login))

    def without(self, name: str) -> Self:
        """Return the book without this login; NotFoundError when there is none."""
        left = tuple(each for each in self.logins if each.name != name)
        if len(left) == len(self.logins):
            raise NotFoundError(f"{name!r} is not enrolled here")
        return replace(self, logins=left)

    def save(self) -> None:
        """Write it, for its owner only."""
        write_private(self.path, json.dumps([asdict(each) for each in self.logins], indent=1) + "\n")
