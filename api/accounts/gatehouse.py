"""Wires gate and desk from the stores: for the server, and for the command line beside it."""

from api.access.gate import Gate
from api.accounts.desk import Desk
from api.accounts.passwords import Passwords
from tomma.clock import SystemClock
from tomma.errors import NotFoundError
from tomma.settings import Settings
from tomma.stores.wiring import Stores


def desk_of(settings: Settings, stores: Stores) -> Desk:
    """Return a desk for the command line: it lets nobody in, but makes and changes accounts."""
    wall = SystemClock()
    gate = Gate(
        people=stores.people,
        sessions=stores.sessions,
        tablets=stores.tablets,
        settings=settings,
        https=False,
        clock=wall,
        wall=wall,
    )

    def city_name() -> str:
        try:
            return stores.registry.load().organisation.name
        except NotFoundError:
            return ""

    return Desk(
        people=stores.people,
        sessions=stores.sessions,
        gate=gate,
        settings=settings,
        wall=wall,
        passwords=Passwords(),
        city_name=city_name,
    )
