"""Who may come in: people with their roles, their sessions, and the keys of programs.

Secrets never get this far: what is kept is a digest, or sealed.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tomma.bounds import BoundError, Rule, check_length, check_utc
from tomma.model import VehicleId

LOGIN_MAX = 100
NAME_MAX = 100
"""Characters."""
LOGIN = re.compile(r"[^\s\x00-\x1f\x7f:/\\]+")
SHA_256 = re.compile(r"[0-9a-f]{64}")


class Role(StrEnum):
    """What somebody is here for. A person may have several; what one role may do is written at each route."""

    MANAGER = "manager"
    """Plans the collection and changes what belongs to it."""
    CONTRACTOR = "contractor"
    """Manages some areas for the city, and sees only those."""
    DRIVER = "driver"
    """Drives a route of today."""
    INSTALLER = "installer"
    """Hangs sensors into bins."""
    ADMIN = "admin"
    """Lets people in and out."""
    AUDITOR = "auditor"
    """Reads everything and changes nothing."""
    MONITOR = "monitor"
    """A program that watches the server's health."""
    SENSOR = "sensor"
    """A device that hands in readings over HTTP."""
    PUBLIC = "public"
    """Anybody, signed in or not: what is listed with it is open."""


NO_KEYS = frozenset({Role.ADMIN, Role.PUBLIC})
"""What no program's key may be: whoever lets people in is a person, and the public needs none."""

PERSONAL = (Role.MANAGER, Role.CONTRACTOR, Role.DRIVER, Role.INSTALLER, Role.ADMIN, Role.AUDITOR)
"""What a person can be."""
SECOND_FACTOR_ROLES = frozenset({Role.MANAGER, Role.ADMIN})
"""Whoever has one of these signs in with a second factor."""


def login_of(text: str) -> str:
    """Return a login as it is compared: Anna@Stad.se and anna@stad.se are one person."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    id: str
    login: str
    name: str
    roles: frozenset[Role]
    created_utc: datetime
    areas: frozenset[str] = frozenset()
    """The parts of the city a contractor sees; others are not bound to any."""
    vehicle_ids: frozenset[VehicleId] = frozenset()
    """The trucks whose routes a driver sees."""
    disabled_utc: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a login that could be typed in two ways, and roles no person has."""
        check_length("login", self.login, 1, LOGIN_MAX)
        check_length("name", self.name, 1, NAME_MAX)
        if self.login != login_of(self.login) or not LOGIN.fullmatch(self.login):
            bound = "must be small letters without spaces, colons or slashes"
            raise BoundError("login", Rule.LOGIN, bound, repr(self.login))
        if not self.roles or not self.roles <= set(PERSONAL):
            names = ", ".join(PERSONAL)
            raise BoundError("roles", Rule.ONE_OF, f"must be one or more of {names}", sorted(self.roles), names=names)
        check_utc("created_utc", self.created_utc)

    @property
    def needs_second_factor(self) -> bool:
        """Whether a password alone does not let this person in."""
        return not self.roles.isdisjoint(SECOND_FACTOR_ROLES)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person is known by; nothing here opens a door by itself."""

    password_hash: str = ""
    """Argon2id in its own notation; empty: no password."""
    totp_sealed: str = ""
    """The secret of the one-time codes, encrypted with a key that is not in the database; empty: none."""
    subject: str = ""
    """Who this is at the identity provider: issuer and subject; empty: nobody there."""


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """A person as stored."""

    person: Person
    proof: Proof = field(default_factory=Proof, repr=False)


class Way(StrEnum):
    """How a session came about."""

    PASSWORD = "password"  # noqa: S105  (a word, not a secret)
    PROVIDER = "provider"
    """The municipality's identity provider vouched."""
    LINK = "link"
    """A one-time link."""
    DEMO = "demo"
    """Nobody was asked: a made-up town on a loopback address."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that somebody signed in with."""

    sha256: str
    """Of the token in its cookie."""
    person_id: str
    created_utc: datetime
    seen_utc: datetime
    way: Way
    second_factor: bool
    """Whether more than a password was shown."""
    address: str
    agent: str
    """What the browser says it is, shortened."""

    def __post_init__(self) -> None:
        """Refuse what is no digest: a token must never be stored by mistake."""
        _check_digest(self.sha256)

    @property
    def id(self) -> str:
        """What a page may call it: tells nothing of the token."""
        return self.sha256[:16]


class Purpose(StrEnum):
    """What a one-time link is for."""

    SETUP = "setup"
    """The first person of a new installation."""
    INVITE = "invite"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """Opens once, for a while."""

    sha256: str
    purpose: Purpose
    person_id: str
    """Empty for the first person, who does not exist yet."""
    expires_utc: datetime

    def __post_init__(self) -> None:
        """Refuse what is no digest."""
        _check_digest(self.sha256)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program that may ask what its roles may."""

    id: str
    name: str
    roles: frozenset[Role]
    secret_sha256: str
    created_utc: datetime
    expires_utc: datetime
    revoked_utc: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a nameless key, one for everything, and a secret in place of its digest."""
        check_length("name", self.name, 1, NAME_MAX)
        _check_digest(self.secret_sha256)
        if not self.roles or self.roles & NO_KEYS:
            got = ", ".join(sorted(self.roles)) or "none"
            raise ValueError(f"roles of a key must be one or more, without admin and public, got {got}")

    def is_good(self, now_utc: datetime) -> bool:
        """Return whether it opens anything."""
        return self.revoked_utc is None and now_utc < self.expires_utc


def _check_digest(sha256: str) -> None:
    if not SHA_256.fullmatch(sha256):
        raise ValueError("a digest must be 64 hexadecimal digits")
