"""What a page offers is what the server would do: the words in `data-may` come from the doors."""

import re

import pytest

from api.pages.acts import ACTS
from tests.api.access.conftest import City
from tomma.people import Role


def offered(city: City, page: str, role: Role) -> list[str]:
    """Return what the page tells its script that somebody with the role may do."""
    html = city.enter(city.add(f"{role}@stad.example", role, totp=True)).get(page).text
    found = re.search(r'data-may="([^"]*)"', html)
    assert found is not None
    return found[1].split()


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (Role.AUDITOR, ["see-open-data"]),
        (Role.ADMIN, ["messages", "tablets", "logins", "people"]),
        (Role.MANAGER, [act for act in ACTS if act != "people"]),
    ],
)
def test_a_page_offers_what_its_reader_may_do(city: City, role: Role, acts: list[str]) -> None:
    """An auditor reads everything and changes nothing; an administrator lets in; a manager runs the city."""
    assert offered(city, "/connections", role) == acts


def test_every_act_has_its_door(city: City) -> None:
    """A route that was moved would take its buttons from everybody."""
    assert city.app is not None
    doors = {(door.method, door.path) for door in city.app.state.doors}
    assert set(ACTS.values()) <= doors
