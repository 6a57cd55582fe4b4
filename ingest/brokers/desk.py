"""Where logins are given: keeps the book, writes what the broker reads, and has a running broker read it again."""

import contextlib
import grp
import os
import pwd
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import psutil

from ingest.brokers.embedded import write_embedded_users
from ingest.brokers.enrolment import Enrolled, LoginBook, checked_name, new_password, own_topics
from ingest.brokers.mosquitto_config import MosquittoFacts, acl, mosquitto_conf, password_file, password_hash
from ingest.brokers.private_files import write_private
from tomma.errors import ConfigurationError, ConflictError, Refusal
from tomma.locks import holding
from tomma.settings import Settings

TURN_S = 10.0
"""Nobody changes the book for longer."""


class Desk(Protocol):
    """One kind of broker, as an operator's command sees it."""

    @property
    def topics(self) -> Sequence[str]:
        """Where readings come in, as filters."""

    @property
    def lock_path(self) -> Path:
        """Held by whoever changes the book."""

    @property
    def book(self) -> LoginBook:
        """Who is enrolled."""

    def secret_of(self, password: str) -> str:
        """Return what is kept of a password."""

    def write(self, book: LoginBook) -> None:
        """Keep the book and write what the broker reads from it."""

    def reload(self) -> bool:
        """Have a running broker read it; return whether there was one."""


@dataclass(frozen=True, slots=True)
class MosquittoDesk:
    """Mosquitto's files in one directory; passwords are kept as hashes only."""

    directory: Path
    topics: Sequence[str]

    @property
    def lock_path(self) -> Path:
        """Beside the book."""
        return self.directory / "logins.lock"

    @property
    def book(self) -> LoginBook:
        """Who is enrolled, with ingest's own logins."""
        return LoginBook.open(self.directory / "logins.json")

    def secret_of(self, password: str) -> str:
        """Return the hash."""
        return password_hash(password)

    def check(self) -> None:
        """Raise ConfigurationError unless the directory was made ready."""
        if not (self.directory / "mosquitto.conf").exists():
            raise ConfigurationError(
                f"{self.directory}: holds no broker files; run `tomma broker-config --out {self.directory}` first, "
                "or say `--kind embedded` for the broker that `tomma ingest` brings"
            )

    def make_ready(self, facts: MosquittoFacts) -> None:
        """Make the directories and mosquitto.conf; what mosquitto keeps at run time belongs to its account."""
        user_id, group_id = _account(facts.run_as)
        for name, owner_id, mode in ((".", -1, 0o750), ("tls", -1, 0o750), ("run", user_id, 0o700)):
            made = self.directory / name
            made.mkdir(parents=True, exist_ok=True, mode=mode)
            if os.geteuid() == 0:
                os.chown(made, owner_id, group_id)
        write_private(self.directory / "mosquitto.conf", mosquitto_conf(facts), group_id)

    def write(self, book: LoginBook) -> None:
        """Keep the book; write the password file and the access list for mosquitto's group."""
        group_id = (self.directory / "mosquitto.conf").stat().st_gid
        write_private(self.directory / "passwords", password_file(book.logins), group_id)
        write_private(self.directory / "acl", acl(self.topics, book), group_id)
        book.save()

    def write_worker(self, name: str, password: str, facts: MosquittoFacts, group: str) -> Path:
        """Write what one ingest worker is started with."""
        values = {"HOST": "127.0.0.1", "PORT": facts.port, "USERNAME": name, "PASSWORD": password, "CLIENT_ID": name}
        values |= {"SHARE_GROUP": group} if group else {}
        path = self.directory / f"{name}.env"
        write_private(path, "".join(f"TOMMA_BROKER__{key}={value}\n" for key, value in values.items()))
        return path

    def reload(self) -> bool:
        """Send SIGHUP: mosquitto reads its files again and cuts whoever may no longer be there."""
        return _hang_up(self.directory / "run" / "mosquitto.pid", "mosquitto")


@dataclass(frozen=True, slots=True)
class EmbeddedDesk:
    """The embedded broker's files; NATS compares with the password itself, so the book is for its owner only."""

    data_dir: Path
    topics: Sequence[str]

    @property
    def lock_path(self) -> Path:
        """Beside the book."""
        return self.data_dir / "broker" / "devices.lock"

    @property
    def book(self) -> LoginBook:
        """Who is enrolled."""
        return LoginBook.open(self.data_dir / "broker" / "devices.json")

    def secret_of(self, password: str) -> str:
        """Return the password."""
        return password

    def write(self, book: LoginBook) -> None:
        """Keep the book, and tell the configuration of a broker that runs."""
        book.save()
        write_embedded_users(self.data_dir, self.topics)

    def reload(self) -> bool:
        """Send SIGHUP: the server reads its configuration again and cuts whoever may no longer be there."""
        return _hang_up(self.data_dir / "broker" / "nats.pid", "nats-server")


def desk_of(settings: Settings, *, embedded: bool, directory: Path) -> Desk:
    """Return the desk; ConfigurationError when mosquitto's directory is not ready."""
    if embedded:
        return EmbeddedDesk(settings.data_dir, settings.broker.topics)
    desk = MosquittoDesk(directory.absolute(), settings.broker.topics)
    desk.check()
    return desk


def desk_here(settings: Settings) -> Desk | None:
    """Return the desk of the broker whose logins are kept on this machine; None when they are elsewhere."""
    if settings.broker.mosquitto_dir is not None:
        return desk_of(settings, embedded=False, directory=settings.broker.mosquitto_dir)
    has_own = (settings.data_dir / "broker" / "logins.json").exists()
    return EmbeddedDesk(settings.data_dir, settings.broker.topics) if has_own else None


@dataclass(frozen=True, slots=True)
class Given:
    """A login just given: the only time its password is known here."""

    username: str
    password: str
    publish: tuple[str, ...]
    reloaded: bool
    """Whether a running broker knows it already."""

    def __repr__(self) -> str:
        """Keep the password out of logs."""
        return f"Given(username={self.username!r})"


@contextlib.contextmanager
def changing(desk: Desk) -> Iterator[LoginBook]:
    """Lend the book to one at a time: of two who enrol at once, neither undoes the other."""
    with holding(desk.lock_path, TURN_S) as got:
        if not got:
            text = f"another command has changed the logins for {TURN_S:g} s; try again"
            raise ConflictError(text, Refusal.LOGINS_BUSY)
        yield desk.book


def enrolled(desk: Desk, devices: Sequence[str], topics: Sequence[str] = ()) -> Sequence[Given]:
    """Give each device a login with a password nobody can guess, and let a running broker know.

    Raises:
        ConfigurationError: If a name could widen its rights, or a device would have nowhere to publish.
        ConflictError: If one of them has a login; then none is given.
    """
    names = [checked_name(each) for each in devices]
    where = {each: tuple(topics) or own_topics(desk.topics, each) for each in names}
    if not all(where.values()):
        raise ConfigurationError("a device needs a source with exactly one `+` in its topic, got none; say --topic")
    passwords = {each: new_password() for each in devices}
    with changing(desk) as book:
        fresh = (Enrolled(each, desk.secret_of(passwords[each]), tuple(topics)) for each in devices)
        desk.write(book.with_logins(*fresh))
        reloaded = desk.reload()
    return [Given(each, passwords[each], where[each], reloaded) for each in devices]


def rotated(desk: Desk, device: str, until_utc: datetime | None) -> Given:
    """Give the device a new login; the one before is good until then, or with None no more."""
    password = new_password()
    with changing(desk) as book:
        changed, fresh = book.rotated(device, desk.secret_of(password), until_utc)
        desk.write(changed)
        reloaded = desk.reload()
    return Given(fresh.name, password, fresh.topics or own_topics(desk.topics, device), reloaded)


def disabled(desk: Desk, device: str) -> bool:
    """Take a device's logins away; return whether a running broker knows it already."""
    with changing(desk) as book:
        desk.write(book.without(device))
        return desk.reload()


def overdue(desk: Desk, now_utc: datetime) -> int:
    """Return how many logins newer ones have left behind."""
    return sum(each.has_ended(now_utc) for each in desk.book.logins)


def tidied(desk: Desk, now_utc: datetime) -> int:
    """Take the logins away that newer ones have left behind; return how many."""
    if not overdue(desk, now_utc):
        return 0  # without the lock: it is asked every minute
    with changing(desk) as book:
        left = book.as_of(now_utc)
        desk.write(left)
        desk.reload()
    return len(book.logins) - len(left.logins)


def _hang_up(pid_path: Path, program: str) -> bool:
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(pid_path.read_text(encoding="ascii")))
        if program in process.name():  # the number may be another program's by now
            process.send_signal(signal.SIGHUP)
            return True
    return False


def _account(name: str) -> tuple[int, int]:
    """Return the user and group of the account mosquitto will run as."""
    if os.geteuid() != 0 and name != pwd.getpwuid(os.geteuid()).pw_name:
        raise ConfigurationError(
            f"only root can give files to {name!r}: run as root, or say --run-as with your own name"
        )
    try:
        user = pwd.getpwnam(name)
    except KeyError as exc:
        raise ConfigurationError(
            f"the account mosquitto runs as must exist, got {name!r}; install mosquitto, or say --run-as"
        ) from exc
    return user.pw_uid, grp.getgrgid(user.pw_gid).gr_gid
