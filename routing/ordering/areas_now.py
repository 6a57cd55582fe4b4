"""The areas that a day was ordered for, as the city has them now: they are names, and names change. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from tomma.city import City
from tomma.model import BinId
from tomma.plan import Plan
from tomma.reasons import ReasonCode

NOT_BY_AREA = frozenset(
    {ReasonCode.ADDED, ReasonCode.EXCLUDED, ReasonCode.EMPTIED_TODAY, ReasonCode.SKIPPED_TODAY, ReasonCode.OTHER_AREA}
)
"""What says nothing about whether the day was ordered for a bin's area."""


@dataclass(frozen=True)
class AreasNow:
    """What the order for some areas means today."""

    areas: frozenset[str] = frozenset()
    """Empty for the whole city."""
    gone: frozenset[str] = frozenset()
    """Those that no place names any more."""

    @classmethod
    def of(cls, ordered: frozenset[str], former: Plan, city: City) -> Self:
        """Return the areas of an order that `former` was made by.

        An area has no identity but its bins: one that was renamed or split is found where they stand now, also when
        it was put together with an area that was not ordered and nothing else is left. When no bin is left either,
        all of the city is planned rather than nothing, as the morning's schedule does.
        """
        still = ordered & {site.area for site in city.sites.values()}
        if still == ordered:
            return cls(ordered)
        moved = _where(_weighed(former), city) - still
        own = still | moved - _where(_beside(former), city)
        return cls(own or moved, ordered - still)


def _where(bins: Iterator[BinId], city: City) -> frozenset[str]:
    return frozenset(city.sites[city.bins[each].site_id].area for each in bins if each in city.bins)


def _weighed(plan: Plan) -> Iterator[BinId]:
    """Yield the bins that were in the areas of the order; one that a person or a driver named tells nothing."""
    told = [(stop.bin_id, stop.reasons) for route in plan.routes for stop in route.stops if stop.bin_id is not None]
    for bin_id, reasons in [*told, *((each.bin_id, each.reasons) for each in plan.left_out)]:
        if reasons and bin_id not in plan.locks and NOT_BY_AREA.isdisjoint(why.code for why in reasons):
            yield bin_id


def _beside(plan: Plan) -> Iterator[BinId]:
    """Yield the bins that were left out for their area."""
    for each in plan.left_out:
        if any(why.code is ReasonCode.OTHER_AREA for why in each.reasons):
            yield each.bin_id
