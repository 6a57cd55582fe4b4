"""A city with real locks: what the tests of people and roles share."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from api.access.tokens import KEY, TABLET, digest_of, new_secret, new_token
from api.accounts.desk import Desk
from api.accounts.passwords import Passwords
from api.app import create_app
from api.context import ApiContext
from tests.api.in_process import InProcess
from tests.api.town import NOW
from tests.api.world import World
from tomma.model import VehicleId
from tomma.people import ApiKey, KeptPerson, Person, Proof, Role, Session, Way
from tomma.people_settings import PeopleSettings
from tomma.tablets import KeptTablet, PairingCode, Tablet

PASSWORD = "tre kloka kajor i kön"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2id all the same; the tests are not about how slow it is."""


@dataclass
class Wall:
    """The wall's clock, moved by hand."""

    now: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def now_utc(self) -> datetime:
        """The time it was set to."""
        return self.now

    def real_seconds(self, clock_s: float) -> float:
        """One second is one second."""
        return clock_s


@dataclass
class City:
    """One installation with its people, asked in process."""

    world: World
    wall: Wall = field(default_factory=Wall)
    passwords: Passwords = field(default_factory=lambda: Passwords(CHEAP))
    app: FastAPI | None = None
    transport: InProcess | None = None

    def context(self) -> ApiContext:
        """What the application is built from."""
        return replace(self.world.context(), wall=self.wall, passwords=self.passwords)

    @contextmanager
    def open(self) -> Iterator["City"]:
        """Serve while the context lasts."""
        self.app = create_app(self.context())
        with InProcess(self.app) as transport:
            self.transport = transport
            try:
                yield self
            finally:
                self.world.planner.gate.set()

    def client(self, **headers: str) -> httpx.Client:
        """A browser or program that shows nothing but these headers."""
        assert self.transport is not None
        own = {"origin": "http://127.0.0.1", **headers}
        return httpx.Client(transport=Unclosed(self.transport), base_url="http://127.0.0.1", headers=own, timeout=30)

    def add(self, login: str, *roles: Role, password: str = PASSWORD, totp: bool = False, **more: object) -> Person:
        """Somebody with an account; with `totp`, an app whose secret `secret_of` tells."""
        person = Person(f"id-{login}", login, login.title(), frozenset(roles), self.wall.now, **more)  # type: ignore[arg-type]
        sealed = self.accounts.seal.seal(SECRET, person.id) if totp else ""
        self.world.stores.people.add(KeptPerson(person, Proof(self.passwords.hash(password), sealed)))
        return person

    @property
    def accounts(self) -> Desk:
        """The desk behind the routes."""
        assert self.app is not None
        desk: Desk = self.app.state.services.accounts
        return desk

    def enter(self, person: Person, *, second_factor: bool = True) -> httpx.Client:
        """A browser that is signed in."""
        token = new_secret()
        now = self.wall.now
        self.world.stores.sessions.open(
            Session(digest_of(token), person.id, now, now, Way.PASSWORD, second_factor, "127.0.0.1", "test")
        )
        return self.client(cookie=f"tomma-80={token}")

    def key(self, *roles: Role, lasts: timedelta = timedelta(days=1)) -> httpx.Client:
        """A program with a key."""
        token = new_token(KEY)
        now = self.wall.now
        self.world.stores.sessions.add_key(
            ApiKey(token.id, "program", frozenset(roles), token.sha256, now, now + lasts)
        )
        return self.client(authorization=f"Bearer {token.text}")

    def tablet(self, vehicle_id: str | None = None) -> httpx.Client:
        """A paired tablet, of one truck or of any."""
        token = new_token(TABLET)
        truck = VehicleId(vehicle_id) if vehicle_id else None
        book = self.world.stores.tablets
        book.offer(PairingCode(token.id, "salt", "digest", NOW + timedelta(minutes=5), truck), NOW, 5)
        book.begin_try(NOW, NOW - timedelta(minutes=10), 20)
        assert book.pair(KeptTablet(Tablet(token.id, "Bil", NOW, NOW, None, truck), token.sha256), token.id)
        return self.client(authorization=f"Bearer {token.text}")


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(moment: datetime, secret: str = SECRET) -> str:
    """What the app shows then."""
    return pyotp.TOTP(secret).at(moment)


class Unclosed(httpx.BaseTransport):
    """Lends a transport to many clients, none of which may close it."""

    def __init__(self, inner: InProcess) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask."""
        return self._inner.handle_request(request)


def locked(world: World, people: PeopleSettings | None = None) -> World:
    """The world with real locks in place of the demo's open doors, and without its people."""
    with closing(sqlite3.connect(world.settings.data_dir / "registry.sqlite3")) as registry, registry:
        registry.execute("DELETE FROM person WHERE id LIKE 'demo-%'")
    world.settings = world.settings.model_copy(update={"people": people or PeopleSettings()})
    return world


@pytest.fixture
def city(world: World) -> Iterator[City]:
    """A city where everybody must sign in."""
    with City(locked(world)).open() as city:
        yield city


def kind_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and name of a refusal."""
    return answer.status_code, answer.json()["type"].removeprefix("urn:tomma:problem:")
