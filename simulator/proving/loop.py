"""One policy on one seed, day after day: the office plans at five, trucks drive, residents throw, sensors speak."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from routing.daytime import WorkingDay, hours_of
from routing.forecast import CityForecast
from routing.planning.leaving import not_before_s
from routing.planning.opportunity import until_the_next
from simulator.draws import HOUR_S
from simulator.proving.bill import DayBill, bill_of
from simulator.proving.contents import Contents, Emptied
from simulator.proving.driving import Drive
from simulator.proving.ears import Ears, hour_utc
from simulator.proving.foresight import foresee
from simulator.proving.morning import Morning, Policy
from simulator.proving.old_rounds import OldRounds
from simulator.proving.router import Routed, route
from simulator.proving.second_round import second_round
from simulator.proving.tape import Tape
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings
from tomma.trucks import Vehicle

FloatArray = NDArray[np.float64]

PLAN_HOUR = 5
"""Local hour at which the day is planned; trucks leave at six."""
SECOND = 500
"""Seeds of second rounds count from here."""
KNOWN_DAYS = 10
"""How far perfect information sees; beyond it all days are mean days."""


@dataclass(frozen=True)
class Course:
    """How long, how carefully, and with what trucks a policy is tried."""

    first_day: date
    warm_up_days: int
    """Under the town's old rounds: sensors speak, the office learns."""
    settling_days: int
    """Under the policy, not yet measured: what it inherits is not its doing."""
    days: int
    """Measured."""
    iterations: int
    planning: PlanningSettings
    trucks_off: Callable[[int, Vehicle], bool] = lambda number, vehicle: False  # noqa: ARG005
    """Whether a truck is in the workshop on a day, counted from the first measured one."""
    is_off_duty: Callable[[date], bool] = lambda day: False  # noqa: ARG005
    """Days on which nobody drives."""
    second_round_h: int | None = None
    """Local hour at which the rest of each day is chosen and routed anew by the production choice; None for never."""


@dataclass(frozen=True)
class Outcome:
    """What one policy did on one seed: a bill for each measured day, and the books at the end."""

    policy: str
    seed: int
    days: tuple[DayBill, ...]
    deposited_l: float
    in_bins_l: float
    beside_l: float
    collected_l: float
    unloaded_l: float
    aboard_l: float


class Emptier(Protocol):
    """Whoever empties bins."""

    def hour(self, hour: int, day_ordinal: int) -> list[Emptied]:
        """Return which bins are emptied when within this hour."""


class Trial:
    """One policy's life in one town."""

    def __init__(self, tape: Tape, course: Course, policy: Policy, *, knows_future: bool = False) -> None:
        self.tape, self.course, self.policy = tape, course, policy
        self.contents = Contents(tape)
        self.ears = Ears(tape)
        self._knows_future = knows_future
        self._rows = {bin_id: row for row, bin_id in enumerate(tape.town.bin_ids)}
        self._last_emptied: dict[BinId, datetime] = {}
        self._timezone = tape.town.city.organisation.timezone
        self._unloaded_l = 0.0
        self._aboard_l = 0.0

    def run(self, name: str) -> Outcome:
        """Live through the warm-up with the town's old rounds, then with the policy."""
        first_utc = WorkingDay(self.course.first_day, self._timezone).at_utc(PLAN_HOUR * HOUR_S)
        for each in self.tape.town.bin_ids:  # nobody remembers earlier emptyings: hygiene counts from here
            self._last_emptied[each] = first_utc
        for number in range(-self.course.warm_up_days, 0):
            self.live_an_old_day(number)
        bills = [self.live_a_day(number) for number in range(self.course.settling_days + self.course.days)]
        contents = self.contents
        return Outcome(
            name,
            self.tape.seed,
            tuple(bills[self.course.settling_days :]),
            float(contents.deposited_l.sum()),
            float(contents.inside_l.sum()),
            float(contents.beside_l.sum()),
            float(contents.collected_l.sum()),
            self._unloaded_l,
            self._aboard_l,
        )

    def live_an_old_day(self, number: int) -> None:
        """Live a day of the warm-up: the town's old rounds take what looks full in the morning, at some time."""
        day = self._day(number)
        begin, end = self._hours(number)
        rounds = OldRounds(self.contents, self.tape.seed, begin, day.day.toordinal())
        self._live(range(begin, end), day, rounds)
        self._unloaded_l += rounds.taken_l

    def live_a_day(self, number: int) -> DayBill:
        """Plan the day (numbered from the first measured one), drive it, and live on until the next planning."""
        day = self._day(number)
        morning = self._morning(number, day)
        choice = self.policy(morning) if morning.vehicles else ()
        routed = route(morning, choice, self.course.iterations, self._seed(number))
        drive = Drive(routed, self.contents, day.at_utc(0), self._rows)
        begin, end = self._hours(number)
        noon = end if self.course.second_round_h is None else _hour(day.at_utc(self.course.second_round_h * HOUR_S))
        over_h, over_l = self._live(range(begin, noon), day, drive)
        if noon < end:
            if morning.vehicles:
                drive = self._changed(morning, hour_utc(noon), routed, drive)
            later_h, later_l = self._live(range(noon, end), day, drive)
            over_h, over_l = over_h + later_h, over_l + later_l
        self._unloaded_l += drive.log.unloaded_l
        self._aboard_l = drive.aboard_l
        return bill_of(drive.log, over_h, over_l, self.tape.bins, self.course.planning)

    def _changed(self, morning: Morning, now_utc: datetime, routed: Routed, drive: Drive) -> Drive:
        """Return who drives the rest of the day, by a plan made now."""
        day = morning.day
        hours = hours_of(morning.vehicles, day, not_before_s(day, now_utc))
        at_utc = max(now_utc, day.after_midnight_utc(sum(hours) // 2))
        noon = replace(
            morning,
            now_utc=now_utc,
            at_utc=at_utc,
            planning=until_the_next(morning.planning, morning.at_utc, at_utc),
            last_emptied=dict(self._last_emptied),
            newest_fraction=self.ears.newest_fraction.copy(),
            deposits_since=self.contents.deposits_since.copy(),
            make_forecast=lambda: self._forecast(now_utc),
        )
        seed = self._seed(morning.number) + SECOND
        found = second_round(noon, routed, drive.done, self.course.iterations, seed)
        drive.hand_over({vehicle_id for vehicle_id, each in found.standings.items() if each.out})
        return Drive(found.routed, self.contents, day.at_utc(0), self._rows, former=drive)

    def _seed(self, number: int) -> int:
        return self.tape.seed * 1_000 + number

    def _hours(self, number: int) -> tuple[int, int]:
        """Return the hour of planning, and that of the day after."""
        begin, end = (_hour(self._day(each).at_utc(PLAN_HOUR * HOUR_S)) for each in (number, number + 1))
        return begin, end

    def _live(self, hours: range, day: WorkingDay, trucks: Emptier) -> tuple[FloatArray, FloatArray]:
        over_h, over_l = np.zeros(self.tape.bins), np.zeros(self.tape.bins)
        ordinal = day.day.toordinal()
        for hour in hours:
            emptied = trucks.hour(hour, ordinal)
            start_l = self.contents.inside_l
            spilt_h, spilt_l = self.contents.live(hour, emptied, ordinal)
            over_h += spilt_h
            over_l += spilt_l
            self._note(hour, emptied)
            self.ears.listen(hour, self.contents, start_l, emptied)
        return over_h, over_l

    def _note(self, hour: int, emptied: list[Emptied]) -> None:
        for each in emptied:
            at_utc = hour_utc(hour) + timedelta(minutes=each.minute)
            self.ears.note_emptied(each.bin_index, at_utc, overflowing=each.overflowing)
            self._last_emptied[self.tape.town.bin_ids[each.bin_index]] = at_utc

    def _day(self, number: int) -> WorkingDay:
        return WorkingDay(self.course.first_day + timedelta(days=self.course.warm_up_days + number), self._timezone)

    def _morning(self, number: int, day: WorkingDay) -> Morning:
        town, now_utc = self.tape.town, day.at_utc(PLAN_HOUR * HOUR_S)
        fleet = [town.city.vehicles[each] for each in sorted(town.city.vehicles)]
        shifts = [each.shift for each in fleet]
        middle_s = (min(each.start_s for each in shifts) + max(each.end_s for each in shifts)) // 2
        gap_days = 1
        while self.course.is_off_duty(day.day + timedelta(days=gap_days)):
            gap_days += 1

        off = self.course.is_off_duty(day.day)
        return Morning(
            town=town,
            day=day,
            number=number,
            now_utc=now_utc,
            at_utc=day.at_utc(middle_s),
            planning=_with_gap(self.course.planning, gap_days),
            vehicles=() if off else tuple(each for each in fleet if not self.course.trucks_off(number, each)),
            last_emptied=dict(self._last_emptied),
            newest_fraction=self.ears.newest_fraction.copy(),
            deposits_since=self.contents.deposits_since.copy(),
            make_forecast=lambda: self._forecast(now_utc),
        )

    def _forecast(self, now_utc: datetime) -> CityForecast:
        forecast = self.ears.forecast(now_utc)
        return self._foreseen(forecast, _hour(now_utc)) if self._knows_future else forecast

    def _foreseen(self, forecast: CityForecast, hour: int) -> CityForecast:
        there_l = self.contents.inside_l + self.contents.beside_l
        ahead_l = self.tape.inflow_l(hour, KNOWN_DAYS * 24)
        return foresee(forecast, there_l, self.contents.volume_l, ahead_l, self.tape.town.inflow.rate_l_per_day / 24.0)


def _with_gap(planning: PlanningSettings, gap_days: int) -> PlanningSettings:
    """Return the settings with the next opportunity so many days away."""
    hours = planning.next_opportunity_h + 24.0 * (gap_days - 1)
    return planning if gap_days == 1 else planning.model_copy(update={"next_opportunity_h": hours})


def _hour(moment_utc: datetime) -> int:
    return int(moment_utc.timestamp()) // HOUR_S
