"""Whether a change of the plan on the road changes anything for a driver. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from routing.planning.morning import Morning
from tomma.model import VehicleId
from tomma.plan import Plan, Stop, StopKind

type Places = tuple[str | None, ...]


def changes_nothing(later: Plan, morning: Morning) -> bool:
    """Return whether every truck is to do what it had to do anyway, in the same order.

    Times differ in every new plan, and a break may be had a bin earlier: neither is worth a driver's attention.

    Args:
        later: The change.
        morning: What the day was when the change was made.
    """
    ahead = {id_: each.ahead for id_, each in morning.standings.items()}
    return _places(ahead) == _places({each.vehicle_id: each.stops[each.done_stops :] for each in later.routes})


def _places(ahead: Mapping[VehicleId, Sequence[Stop]]) -> Mapping[VehicleId, Places]:
    """Return where each truck is to go; one that is to go nowhere is none."""
    told = {vehicle_id: tuple(_visited(stops)) for vehicle_id, stops in ahead.items()}
    return {vehicle_id: places for vehicle_id, places in told.items() if places}


def _visited(stops: Iterable[Stop]) -> Iterable[str | None]:
    return (stop.bin_id or stop.disposal_site_id for stop in stops if stop.kind is not StopKind.BREAK)
