"""Every route, every role, both cities: the matrix is derived from the code and each cell of it is asked."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from api.access.doors import Door, doors_of
from api.access.matrix import written
from api.problems.model import NamedProblem
from tests.api.access.conftest import City, locked
from tests.api.town import make_city
from tests.api.world import World, settings_in
from tomma.people import PERSONAL, Role
from tomma.stores.wiring import open_stores

SHUT = {303, 401, 403}
"""A page leads to where one can sign in."""
ROLES = [role for role in Role if role is not Role.PUBLIC]
NOT_FOR_AUDITORS = ("/api/v1/driver", "/api/v1/followup", "/followup", "/install")
"""What tells of a driver's day is for those who lead it; an installer's phone page is for doing only."""
DOCS = Path(__file__).parents[3] / "docs" / "access.md"


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory, made_stores: Path) -> Iterator[list[City]]:
    """Two installations of two cities, equal down to the ids: the one asked, and a neighbour."""
    made = []
    for name in ("ours", "theirs"):
        data_dir = shutil.copytree(made_stores, tmp_path_factory.mktemp(name) / "data")
        stores = open_stores(settings_in(data_dir))
        stores.registry.save(make_city())
        made.append(City(locked(World(settings_in(data_dir), stores))))
    with made[0].open(), made[1].open():
        for city in made:
            assert city.app is not None
            city.app.state.services.hub.close()  # a stream then ends as soon as it has begun
        yield made
    for city in made:
        city.world.stores.close()


def visitors(city: City) -> dict[str, httpx.Client]:
    """One of each kind, by name: people by a session, programs by a key, a tablet, a half session, a stranger."""
    people = {role.value: city.add(f"matrix-{role.value}", role) for role in ROLES if role in PERSONAL}
    clients = {name: city.enter(person) for name, person in people.items()}
    clients |= {role.value: city.key(role) for role in ROLES if role not in PERSONAL}
    return {
        **clients,
        "tablet": city.tablet(),
        "half": city.enter(people["manager"], second_factor=False),
        "stranger": city.client(),
    }


def address_of(door: Door) -> str:
    """The door's address, with ids nobody has."""
    return re.sub(r"{\w+}", "1", door.path)


def rules_let_in(city: City, door: Door, client: httpx.Client) -> bool:
    """Whether the door's rules, taken from the running application, let this visitor pass."""
    headers = [(name.lower().encode(), value.encode()) for name, value in client.headers.items()]
    scope = {"type": "http", "method": door.method, "path": address_of(door), "query_string": b"", "app": city.app}
    address = {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http"}
    request = Request({**scope, **address, "headers": [*headers, (b"host", b"127.0.0.1")]})
    try:
        for rule in door.rules:
            rule(request)
    except NamedProblem as refused:
        return refused.status_code not in SHUT
    return True


def opens(door: Door, name: str) -> bool:
    """Whether the code says that this door opens for this visitor."""
    if Role.PUBLIC in door.roles:
        return True
    if name in {"stranger", "half"}:
        return door.half and name == "half"
    role = Role.DRIVER if name == "tablet" else Role(name)
    return role in door.roles


def of_our_own(city: City) -> list[Door]:
    """Every door but the static files, which take no rule."""
    assert city.app is not None
    return [door for door in doors_of(city.app) if door.rules]


def test_every_cell_is_as_the_code_says_and_a_neighbours_keys_open_nothing(cities: list[City]) -> None:
    """A2 and A1, 100 %: each route and method, each kind of visitor, each of two cities with the same ids."""
    ours, theirs = cities
    own, foreign = visitors(ours), {name: with_keys_of(client, ours) for name, client in visitors(theirs).items()}
    wrong, cells = [], 0
    for door in of_our_own(ours):
        told = [(name, client, opens(door, name)) for name, client in own.items()]
        told += [(f"neighbour's {name}", client, Role.PUBLIC in door.roles) for name, client in foreign.items()]
        wrong += [
            (door.method, door.path, name)
            for name, client, is_open in told
            if rules_let_in(ours, door, client) is not is_open
        ]
        cells += len(told)
    assert wrong == []
    assert cells == len(of_our_own(ours)) * 2 * len(own)


def test_every_door_that_is_shut_is_shut_for_a_real_request(cities: list[City]) -> None:
    """The rules are asked before anything is done: strangers and people with all the other roles stay outside."""
    ours, theirs = cities
    neighbour = with_keys_of(theirs.enter(theirs.add("neighbour", Role.MANAGER)), ours)
    wrong = []
    for door in of_our_own(ours):
        if Role.PUBLIC in door.roles:
            continue
        others = {role for role in PERSONAL if role not in door.roles}
        knocking = [ours.client(), neighbour]
        if others:
            login = "-".join(sorted(others))
            kept = ours.world.stores.people.by_login(login)
            knocking.append(ours.enter(kept.person if kept else ours.add(login, *others)))
        for client in knocking:
            status = client.request(door.method, address_of(door), follow_redirects=False).status_code
            if status not in SHUT:
                wrong.append((door.method, door.path, status))
    assert wrong == []


def with_keys_of(theirs: httpx.Client, ours: City) -> httpx.Client:
    """A client of our city that shows what opens the neighbour's."""
    shown = {name: theirs.headers[name] for name in ("cookie", "authorization") if name in theirs.headers}
    return ours.client(**shown)


def test_the_auditor_reads_what_the_manager_reads_and_changes_nothing(cities: list[City]) -> None:
    """Whoever checks must see all of it, and must not be able to touch it."""
    doors = [door for door in of_our_own(cities[0]) if not door.path.startswith(NOT_FOR_AUDITORS)]
    reads = [door for door in doors if door.method == "GET" and Role.MANAGER in door.roles]
    assert [door.path for door in reads if Role.AUDITOR not in door.roles] == []
    own = ("/api/v1/me", "/api/v1/session")
    changes = [door for door in doors if door.method not in {"GET", "HEAD"} and Role.AUDITOR in door.roles]
    assert [door.path for door in changes if not door.path.startswith(own)] == []


def test_the_matrix_in_the_docs_is_the_one_in_the_code(cities: list[City]) -> None:
    """`python -m api.access.matrix` writes it: whoever opens a door must have looked at it."""
    assert cities[0].app is not None
    assert written(doors_of(cities[0].app)) in DOCS.read_text(encoding="utf-8"), "run python -m api.access.matrix"
