"""Who asks, and what of the city that person, tablet or program may see."""

from dataclasses import dataclass

from tomma.city import City
from tomma.model import BinId, VehicleId
from tomma.people import ApiKey, Person, Role, Session
from tomma.tablets import Tablet

SEES_ALL_AREAS = frozenset({Role.MANAGER, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Who:
    """The one who asks."""

    roles: frozenset[Role] = frozenset()
    person: Person | None = None
    session: Session | None = None
    tablet: Tablet | None = None
    key: ApiKey | None = None
    is_half: bool = False
    """Signed in, but a second factor must be set up first; until then there are no roles."""

    @property
    def name(self) -> str:
        """What records call the one who asks; empty for a stranger."""
        if self.person:
            return f"person:{self.person.login}"
        if self.key:
            return f"key:{self.key.name}"
        return f"tablet:{self.tablet.id}" if self.tablet else ""

    @property
    def areas(self) -> frozenset[str] | None:
        """The areas that may be seen; None: all of them."""
        if Role.CONTRACTOR not in self.roles or not self.roles.isdisjoint(SEES_ALL_AREAS):
            return None
        return self.person.areas if self.person else frozenset()

    @property
    def vehicle_ids(self) -> frozenset[VehicleId] | None:
        """The trucks whose routes may be seen; None: all of them."""
        if Role.DRIVER not in self.roles or Role.MANAGER in self.roles:
            return None
        if self.tablet:
            return None if self.tablet.vehicle_id is None else frozenset({self.tablet.vehicle_id})
        return self.person.vehicle_ids if self.person else None

    def may_be(self, *roles: Role) -> bool:
        """Return whether one of the roles is had."""
        return not self.roles.isdisjoint(roles)

    def sees_truck(self, vehicle_id: str) -> bool:
        """Return whether the truck's route may be seen."""
        return self.vehicle_ids is None or vehicle_id in self.vehicle_ids

    def sees_bin(self, city: City, bin_id: BinId) -> bool:
        """Return whether the bin may be seen; one that does not exist may, and then is not found."""
        own = city.bins.get(bin_id)
        return self.areas is None or own is None or city.sites[own.site_id].area in self.areas


NOBODY = Who()
