"""The whole OpenAPI asked by Schemathesis: thousands of requests that keep to it, and as many that nearly do.

Each operation is asked as a person who has every role, and those for programs with a program's key, through a real
socket; a part of the addresses names things that are there. What is found: crashes, statuses and types that are not
described, and bodies that break their schema.
"""

import secrets
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from api.access.doors import doors_of
from api.access.tokens import KEY, digest_of, new_secret, new_token
from api.app import create_app
from api.context import ApiContext
from routing.ahead.days_ahead import BinAhead, DayAhead, DaysAhead
from routing.alternatives.pareto_weeks import Weekly
from tests.api.town import NOW, make_city
from tests.api.world import CALM, World, serving_on_a_port, settings_in
from tomma.model import BinId
from tomma.people import PERSONAL, ApiKey, KeptPerson, Person, Proof, Role, Session, Way
from tomma.people_settings import PeopleSettings
from tomma.stores.wiring import open_stores

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what its own imports deprecate is not ours to mend
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.failures import FailureGroup
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (
        allow_header_conformance,
        content_type_conformance,
        missing_required_header,
        negative_data_rejection,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
        unsupported_method,
    )

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    missing_required_header,
    unsupported_method,
    allow_header_conformance,
]
type Doors = Collection[tuple[str, str]]

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
PROGRAMS = (Role.MONITOR, Role.SENSOR)
"""What no person can be: they come with a key."""
IN_CI, IN_CI_BY_PROGRAMS, IN_A_NIGHT = 1, 12, 25
"""Requests of either kind to each operation: some 250 always, and in rounds of some 5,600 until there are enough."""
ENOUGH = 10_000
ENDLESS = "text/event-stream"
TOO_LONG = 414
"""An address of more than 8 KiB is refused by the line, before any operation and its description are known."""
ONE_BY_ONE = "/api/v1/driver/events"
"""Taps are refused one by one within a 200, so that one that cannot be read never holds up a shift's others."""
CURL_MAX = 400
"""Characters of a request that are told; the seed gives it whole."""
ANSWER_WITHIN_S = 20.0
THERE = {
    "bin_id": "B1",
    "site_id": "S1",
    "sensor_id": "H1",
    "type_id": "C240",
    "plan_id": "P1",
    "vehicle_id": "V1",
    "device_id": "H1",
    "day": NOW.date().isoformat(),
    "person_id": "id-bo",
    "leg": 0,
    "network": "json",
}
"""What a part of the addresses names, so that more is answered than 404."""


class LightWorld(World):
    """What takes an engine is made by hand: the engines are tried elsewhere, and would be asked thousands of times."""

    def context(self) -> ApiContext:
        """What the application is built from."""
        return replace(super().context(), lookout=days_by_hand, weekly=week_by_hand)


def days_by_hand(*, first_day: date, days: int, **_: Any) -> DaysAhead:
    """The same bin each day."""
    bins = (BinAhead(BinId("B1"), first_day, p_overflow=0.5),)
    ahead = [first_day + timedelta(days=each) for each in range(days)]
    return DaysAhead(tuple(DayAhead(day, bins, 240.0, 1.0, 8.0, 1, 0.0, 1.0) for day in ahead), "by hand", {}, {})


def week_by_hand(**_: Any) -> Weekly:
    """The same for every setting."""
    return Weekly(km=12.5, expected_overflows=0.5, lifts=30.0, cost_minor=123_456)


class Fuzzed:
    """A real server, what its description promises, and who asks."""

    def __init__(self, world: World, address: str, described: dict[str, Any], *, seeded: int) -> None:
        self.seeded = seeded
        self._world = world
        self._address = address
        self._described = described
        self._schema = schemathesis.openapi.from_dict(described)
        self.line = requests.Session()
        self.line.trust_env = False
        self.asked = 0
        self.answered = Counter[int]()
        self.faults: list[str] = []

    def only(self, path: str, said: dict[str, Any]) -> None:
        """Ask one address from here on, and have its answer described as told."""
        operation = self._described["paths"][path]["get"]
        operation["responses"]["200"]["content"]["application/json"]["schema"] = said
        self._schema = schemathesis.openapi.from_dict({**self._described, "paths": {path: {"get": operation}}})

    def ask_everything(
        self, examples: int, who: Callable[[], dict[str, str]] | None = None, doors: Doors | None = None
    ) -> None:
        """Send to each operation so many requests of either kind; gather what breaks a promise.

        Args:
            examples: How many of a kind.
            who: Returns the headers of who asks; left out, a person with every role.
            doors: Only these operations, as (path, method); left out, all.
        """
        for found in self._schema.get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]  # what it cannot read it raises
            if doors is not None and (operation.path, operation.method.upper()) not in doors:
                continue
            for mode in MODES:
                headers = (who or self.as_a_person)()  # anew: the last operation may have ended the session
                with suppress(Unsatisfiable):  # where whatever one sends keeps to the description
                    self._ask(operation, mode, examples, headers)

    def opened_by(self, role: Role) -> Doors:
        """What this role opens, and not everybody."""
        doors = doors_of(create_app(self._world.context()))
        return {(each.path, each.method) for each in doors if role in each.roles and Role.PUBLIC not in each.roles}

    def _ask(self, operation: Any, mode: Any, examples: int, headers: dict[str, str]) -> None:
        @seed(self.seeded + self.asked)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), is_there=st.booleans())
        def ask(case: Any, is_there: bool) -> None:
            if is_there and mode is GenerationMode.POSITIVE:
                for name in set(case.path_parameters) & set(THERE):
                    case.path_parameters[name] = THERE[name]
            self._send(case, headers)

        ask()

    def _send(self, case: Any, headers: dict[str, str]) -> None:
        self.asked += 1
        asking = case.as_transport_kwargs(self._address, headers)
        answer = self.line.request(**asking, timeout=ANSWER_WITHIN_S, stream=True)
        if answer.headers.get("content-type", "").startswith(ENDLESS):
            answer._content = b""
            answer.close()
        self.answered[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=_checks(case, answer.status_code), headers=headers)
        except FailureGroup as exc:  # all faults are wanted, not the first
            told = "\n".join(str(each) for each in exc.exceptions)
            self.faults.append(f"{answer.status_code} {case.as_curl_command()[:CURL_MAX]}\n{told}")

    def as_a_program(self, role: Role) -> dict[str, str]:
        """The headers of a program with a key."""
        token, now = new_token(KEY), self._world.context().wall.now_utc()
        key = ApiKey(token.id, role.value, frozenset({role}), token.sha256, now, now + timedelta(days=1))
        self._world.stores.sessions.add_key(key)
        return {"authorization": f"Bearer {token.text}"}

    def as_a_person(self) -> dict[str, str]:
        """The headers of somebody who has just signed in."""
        token, now = new_secret(), self._world.context().wall.now_utc()
        self._world.stores.sessions.open(
            Session(digest_of(token), "id-anna", now, now, Way.PASSWORD, second_factor=True, address="", agent="")
        )
        port = self._address.rpartition(":")[2]
        return {"cookie": f"tomma-{port}={token}", "origin": self._address}


def _checks(case: Any, status: int) -> list[Any]:
    if status == TOO_LONG:
        return [not_a_server_error]
    return [each for each in CHECKS if case.path != ONE_BY_ONE or each is not negative_data_rejection]


def add(world: World, login: str, *roles: Role) -> None:
    """Somebody with these roles, and with a password that nobody knows."""
    person = Person(f"id-{login}", login, login.title(), frozenset(roles), NOW)
    world.stores.people.add(KeptPerson(person, Proof("", "")))


@contextmanager
def fuzzed(data_dir: Path, *, seeded: int = 0) -> Iterator[Fuzzed]:
    """A city that may be ruined."""
    configured = settings_in(data_dir).model_copy(update={"people": PeopleSettings()})
    with open_stores(configured) as stores:
        stores.registry.save(make_city())
        world = LightWorld(configured, stores, pace=CALM)
        world.planner.gate.set()
        world.publish()
        add(world, "anna", *PERSONAL)
        add(world, "bo", Role.DRIVER)
        with serving_on_a_port(world) as client:
            described = client.get("/api/openapi.json").json()
            for each in (operation for path in described["paths"].values() for operation in path.values()):
                each.pop(
                    "security", None
                )  # who asks is told apart here, and a session's cookie is named after the port
            made = Fuzzed(world, str(client.base_url).rstrip("/"), described, seeded=seeded)
            with closing(made.line):
                yield made


def told(fuzzed: Fuzzed) -> str:
    """The first faults, to be read by a person, and how to have the same again."""
    return f"{len(fuzzed.faults)} of {fuzzed.asked}, seed {fuzzed.seeded}\n\n" + "\n\n".join(fuzzed.faults[:8])


@pytest.mark.timeout(300)  # far more than it takes, on a machine with a lot of other work
def test_requests_made_from_the_description_break_no_promise(tmp_path: Path) -> None:
    """One of each kind to each operation, always the same ones: no 5xx, and every answer as it is described."""
    with fuzzed(tmp_path) as asking:
        asking.ask_everything(IN_CI)
        before = asking.answered[204]
        for role in PROGRAMS:
            asking.ask_everything(IN_CI_BY_PROGRAMS, partial(asking.as_a_program, role), asking.opened_by(role))
        assert not asking.faults, told(asking)
    assert asking.asked > 200
    assert asking.answered[200] > 30  # else the refusals alone were tried
    assert asking.answered[204] > before + 1  # else no program handed anything in


def test_an_answer_that_is_not_as_described_is_found(tmp_path: Path) -> None:
    """A harness that finds nothing proves nothing until it has found something."""
    with fuzzed(tmp_path) as asking:
        asking.only("/api/v1/city", {"type": "object", "required": ["mayor"]})
        asking.ask_everything(IN_CI)
    assert "mayor" in told(asking)


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_ten_thousand_requests_break_no_promise(tmp_path: Path) -> None:
    """Others each night; a stranger's among them, and those of programs at doors that are not theirs."""
    with fuzzed(tmp_path, seeded=secrets.randbelow(2**32)) as asking:
        asking.ask_everything(IN_CI, dict)
        for role in PROGRAMS:
            asking.ask_everything(IN_CI, partial(asking.as_a_program, role))
            asking.ask_everything(IN_A_NIGHT, partial(asking.as_a_program, role), asking.opened_by(role))
        while asking.asked < ENOUGH:
            asking.ask_everything(IN_A_NIGHT)
    print(f"{asking.asked} asked, seed {asking.seeded}, {sorted(asking.answered.items())}")  # noqa: T201
    assert not asking.faults, told(asking)
