"""The people of a demo: made up, without passwords, and only where the town is made up, too."""

from tomma.clock import Clock
from tomma.errors import NotFoundError
from tomma.people import KeptPerson, Person, Role
from tomma.people_ports import PeopleBook
from tomma.ports import Registry

VISITOR = "demo"
"""Whoever opens a page of the demo."""
ROLES = {
    VISITOR: ("Demo manager", {Role.MANAGER, Role.ADMIN, Role.INSTALLER}),
    "demo-driver": ("Demo driver", {Role.DRIVER}),
    "demo-installer": ("Demo installer", {Role.INSTALLER}),
    "demo-contractor": ("Demo contractor", {Role.CONTRACTOR}),
    "demo-auditor": ("Demo auditor", {Role.AUDITOR}),
}


def make_demo_people(people: PeopleBook, registry: Registry, wall: Clock) -> Person:
    """Make sure that everybody is there, and return who a visitor is.

    The driver drives the first truck, and the contractor manages the first area that has a name.
    """
    try:
        city = registry.load()
        trucks, areas = sorted(city.vehicles)[:1], sorted({site.area for site in city.sites.values()} - {""})[:1]
    except NotFoundError:
        trucks, areas = [], []
    for login, (name, roles) in ROLES.items():
        if people.by_login(login) is None:
            person = Person(
                f"demo-{login}", login, name, frozenset(roles), wall.now_utc(), frozenset(areas), frozenset(trucks)
            )
            people.add(KeptPerson(person))
    kept = people.by_login(VISITOR)
    assert kept is not None  # noqa: S101  (made above)
    return kept.person
