"""From stops, told in the city's words, back to the orders that an engine or a person begins with. Pure."""

from collections.abc import Mapping, Sequence

from routing.answer import Order, Orders, VisitKind
from routing.planning.build import Built
from tomma.model import VehicleId
from tomma.plan import Stop


def orders_of(built: Built, stops_of: Mapping[VehicleId, Sequence[Stop]]) -> dict[int, Order]:
    """Return the orders, as far as the problem's trucks, bins and gates have a part in them; none without a visit."""
    trucks = {vehicle_id: index for index, vehicle_id in enumerate(built.vehicle_ids)}
    bins = {bin_id: index for index, bin_id in enumerate(built.bin_ids)}
    gates = {site_id: index for index, site_id in enumerate(built.points.disposal_ids)}
    orders: dict[int, Order] = {}
    for vehicle_id, stops in stops_of.items():
        order: list[tuple[VisitKind, int]] = []
        for stop in stops:
            if stop.bin_id in bins:
                order.append((VisitKind.COLLECT, bins[stop.bin_id]))
            elif stop.disposal_site_id in gates:
                order.append((VisitKind.DISPOSE, gates[stop.disposal_site_id]))
        if vehicle_id in trucks and order:
            orders[trucks[vehicle_id]] = tuple(order)
    return orders


def collecting(orders: Orders) -> Orders:
    """Return the orders that collect anything: what an engine is worth telling of."""
    return {truck: order for truck, order in orders.items() if any(kind is VisitKind.COLLECT for kind, _ in order)}
