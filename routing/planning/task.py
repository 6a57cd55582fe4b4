"""What one call of the planner works on: the day, its trucks, what every bin asks for, and the problem of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from routing.ahead.days_ahead import look_ahead, taken_early
from routing.ahead.outlook import Foresight, city_outlook
from routing.ahead.seen import seen_by_drivers
from routing.choice.asked import standing_requests
from routing.choice.demand import Demand, demands
from routing.choice.nearby import Streets
from routing.daytime import WorkingDay, hours_of
from routing.planning.build import Built, Fleet, Points, build_problem, wanted
from routing.planning.drives import Drives
from routing.planning.morning import Morning
from routing.planning.opportunity import until_the_next
from routing.planning.replan import on_the_road, still_on_duty, still_open
from routing.planning.wishes import locked_in, wished
from tomma.city import City
from tomma.model import BinId, VehicleId
from tomma.plan import Wishes
from tomma.planning_settings import PlanningSettings
from tomma.ports import EventLog, ReadingStore, RequestBook
from tomma.trucks import Vehicle


class Wants(Protocol):
    """What tells the demand of every bin, as often as it is weighed anew."""

    def __call__(self, streets: Streets | None = None) -> tuple[Demand, ...]:
        """Return every bin's demand, weighed with straight lines or streets."""


@dataclass
class Task:
    """What one call works on."""

    city: City
    day: WorkingDay
    now_utc: datetime
    settings: PlanningSettings
    not_before_s: int
    wishes: Wishes
    foresight: Foresight | None
    vehicles: Sequence[Vehicle] = ()
    morning: Morning | None = None
    asked_since: frozenset[BinId] = frozenset()
    """Skipped today, and asked for since."""

    @property
    def hours(self) -> tuple[int, int]:
        """When the first truck leaves and the last one is home, in seconds after midnight."""
        return hours_of(self.vehicles, self.day, self.not_before_s)

    def wants(self, readings: ReadingStore, events: EventLog, requests: RequestBook | None) -> Wants:
        """Return what tells each bin's demand in the middle of the work: on average that is when a truck comes."""
        outlook = city_outlook(self.city, readings, events, self.now_utc, self.foresight)
        forecast = outlook.forecast
        at_utc = max(self.now_utc, self.day.after_midnight_utc(sum(self.hours) // 2))
        usual_utc = self.day.after_midnight_utc(sum(hours_of(self.vehicles, self.day)) // 2)
        settings = until_the_next(self.settings.on(self.day.day), usual_utc, at_utc)
        since = outlook.unemptied_since
        asked = standing_requests(requests, outlook.last_emptied, self.now_utc)
        seen = seen_by_drivers(events, outlook.last_emptied, self.now_utc)
        outcomes = self.morning.state.outcomes if self.morning is not None else {}
        self.asked_since = frozenset(
            id_ for id_, own in asked.items() if id_ in outcomes and own.asked_utc > outcomes[id_].at_utc
        )

        days = self.day.those(self.settings.collection_days.within(self.day.day, self.settings.horizon_days))
        ahead = look_ahead(self.city, forecast, self.settings, days, since, asked, self.vehicles, only_if_needed=True)

        def all_of_them(streets: Streets | None = None) -> tuple[Demand, ...]:
            weighed = demands(self.city, forecast, settings, at_utc, since, asked, seen=seen, streets=streets)
            return taken_early(weighed, ahead)

        return all_of_them

    def open(self, asked: Sequence[Demand]) -> tuple[Demand, ...]:
        """Return the demands that a person and the day so far leave open."""
        free = wished(asked, self.wishes, self.city)
        if self.morning is None:
            return free
        return still_open(free, self.morning, self.city, self.settings, self.asked_since, self.now_utc)

    def built(self, asked: Sequence[Demand], among: frozenset[BinId], points: Points, drives: Drives) -> Built:
        """Return the problem, its bins among those that the points know."""
        built = build_problem(
            self.city,
            [each for each in wanted(self.open(asked)) if each.bin_id in among],
            points,
            Fleet(self.vehicles, self.day, self.not_before_s),
            drives.matrices,
            self.settings,
            drives.profile_of,
        )
        built = locked_in(built, self.wishes)
        if self.morning is None:
            return built
        return on_the_road(built, self.morning, self.city, self.settings, self.day, self.now_utc)


def weighed(by_line: Sequence[Demand], by_street: Sequence[Demand], chosen: Sequence[Demand]) -> tuple[Demand, ...]:
    """Return the demands as the streets weigh them; of bins that were out of the question, as straight lines did."""
    known = {each.bin_id for each in chosen}
    return tuple(late if late.bin_id in known else early for early, late in zip(by_line, by_street, strict=True))


def on_duty(task: Task, vehicle_ids: Sequence[VehicleId] | None) -> list[Vehicle]:
    """Return the trucks to plan for: of those named, or of all, whose shift is not over or who are still out."""
    city = task.city
    asked = set(city.vehicles if vehicle_ids is None else vehicle_ids) - task.wishes.unavailable
    found = [city.vehicles[each] for each in sorted(asked & set(city.vehicles))]
    if task.morning is None:
        return found
    return still_on_duty(found, task.morning, task.day, task.not_before_s)
