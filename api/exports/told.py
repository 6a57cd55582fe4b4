"""What every export tells: the plan in the words of the public API, with the places of what was left out."""

from dataclasses import dataclass
from itertools import groupby

from api.exports.words import Words
from api.plans.schemas import LeftOutOut, PlanOut, RouteOut, StopOut
from api.plans.view import UNMADE, plan_out
from tomma.city import Bin, City, Site
from tomma.errors import ConflictError, NotFoundError, Refusal
from tomma.model import BinId
from tomma.plan import Plan


@dataclass(frozen=True, slots=True)
class Told:
    """A plan about to be written down."""

    plan: PlanOut
    city: City
    words: Words
    whole: bool
    """False when it is one truck's part of the plan."""

    def bin_and_site(self, bin_id: str) -> tuple[Bin, Site] | None:
        """Return the bin and where it stands; None when the city no longer knows it."""
        own = self.city.bins.get(BinId(bin_id))
        return (own, self.city.sites[own.site_id]) if own else None

    def fraction_name(self, code: str | None) -> str:
        """Return the name of the waste stream in the language of the export."""
        found = next((each for each in self.city.fractions.values() if each.code == code), None)
        if found is None:
            return code or ""
        return found.name_sv if self.words.language == "sv" else found.name_en

    def why(self, told: StopOut | LeftOutOut) -> str:
        """Return the reasons as sentences."""
        return " ".join(self.words.reason(each) for each in told.reasons)

    def place(self, stop: StopOut) -> str:
        """Return the name of the place; a break's is the word for it."""
        return self.words("print.break") if stop.kind == "break" else stop.name

    def collected_l(self, route: RouteOut) -> float:
        """Return the litres expected in the route's bins, before compaction."""
        return sum(
            (stop.expected_fill_fraction or 0.0) * self.city.container_type_of(BinId(stop.bin_id)).volume_l
            for stop in route.stops
            if stop.bin_id is not None and BinId(stop.bin_id) in self.city.bins
        )


def told(plan: Plan, city: City, words: Words, vehicle_id: str | None = None) -> Told:
    """Return what to write of the plan, or of one truck's part of it.

    Raises:
        ConflictError: If the plan is not made, or never will be.
        NotFoundError: If the truck has no route in it.
    """
    if plan.status in UNMADE:
        raise ConflictError(
            f"plan {plan.id} is {plan.status}; only a plan that is made can be exported", Refusal.PLAN_NOT_MADE
        )
    shown = plan_out(plan, city)
    if vehicle_id is None:
        return Told(shown, city, words, whole=True)
    routes = [route for route in shown.routes if route.vehicle_id == vehicle_id]
    if not routes:
        raise NotFoundError(f"plan {plan.id} has no route for the truck {vehicle_id}")
    return Told(shown.model_copy(update={"routes": routes, "left_out": []}), city, words, whole=False)


def collects(route: RouteOut) -> list[StopOut]:
    """Return the stops where a bin is emptied."""
    return [stop for stop in route.stops if stop.kind == "collect"]


def left_by_reason(plan: PlanOut) -> list[tuple[str, int]]:
    """Return how many bins were left out for each first reason, the commonest first."""
    codes = sorted(each.reasons[0].code for each in plan.left_out)
    counted = [(code, len(list(group))) for code, group in groupby(codes)]
    return sorted(counted, key=lambda each: -each[1])
