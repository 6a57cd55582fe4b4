"""Somebody must always be left who can let people in: without one, only the operator at the machine could."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from api.accounts import staff
from api.accounts.staff import Wanted
from tests.api.access.conftest import City
from tomma.errors import ConflictError, Refusal
from tomma.people import Person, Role
from tomma.stores.books.people import SqlPeopleBook

NO_ADMIN = Wanted(roles=(Role.DRIVER,))
BOTH_S = 1.0


class WaitsForBoth(SqlPeopleBook):
    """Saves a person once another one is about to be saved, too, or a moment later."""

    both = threading.Barrier(2)

    def save(self, person: Person) -> None:
        """Wait, then save."""
        with suppress(threading.BrokenBarrierError):
            self.both.wait(BOTH_S)
        super().save(person)


@pytest.mark.parametrize("wanted", [NO_ADMIN, Wanted(disabled=True)], ids=["without the role", "disabled"])
def test_the_last_admin_stays_one(city: City, wanted: Wanted) -> None:
    """A disabled one does not count: who is shut out lets nobody in."""
    desk, anna, bo = city.accounts, city.add("anna", Role.ADMIN), city.add("bo", Role.ADMIN)
    staff.change(desk, bo.id, wanted, "anna")
    with pytest.raises(ConflictError, match="anna is the only one left") as refused:
        staff.change(desk, anna.id, wanted, "anna")
    assert refused.value.kind is Refusal.LAST_ADMIN


def test_two_admins_who_take_each_others_role_at_once_leave_one(city: City) -> None:
    """Each sees the other as the one who is left."""
    desk, persons = city.accounts, [city.add(login, Role.ADMIN) for login in ("anna", "bo")]
    desk.people = WaitsForBoth(city.world.stores.engine)

    def taken(person: Person) -> bool:
        with suppress(ConflictError):
            staff.change(desk, person.id, NO_ADMIN, "the other")
            return True
        return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(taken, persons)) == [False, True]
    assert sum(Role.ADMIN in each.person.roles for each in desk.people.all()) == 1
