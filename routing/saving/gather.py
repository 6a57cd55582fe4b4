"""Computes the next day that is over and not yet kept: each once, in order, whoever starts or stops the server."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from routing.ahead.outlook import Foresight, city_outlook
from routing.alternatives.rules import interval_days
from routing.daytime import WorkingDay, hours_of
from routing.planning.drives import pace_of
from routing.roads.port import Roads
from routing.saving.compute import Case, compute
from routing.saving.drives import drives_of
from routing.saving.heard import DayHeard, hear
from routing.saving.tape import FULL_FRACTION, level_at, tape_of
from routing.solve_here import engine_version
from tomma.city import City
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings, SavingSettings
from tomma.ports import EventLog, PlanStore, ReadingStore
from tomma.saving import NEVER, BinState, DayInputs, RuleSettings, SavingBook, SavingDay, Side, digest_of
from tomma.stores.files.city_file import city_document

FloatArray = NDArray[np.float64]

log = logging.getLogger(__name__)

DONE_AT = time(4, 0)
"""The next morning: by then the tablets have sent what they had, and nobody has begun to work."""
SETTLING_DAYS = 14
"""Before the first plan, so that both rules stand where they would: what they inherit is not their doing."""

SETTLING_ITERATIONS = 300
"""Enough for days that never count."""


@dataclass(frozen=True)
class World:
    """What is asked."""

    readings: ReadingStore
    events: EventLog
    plans: PlanStore
    book: SavingBook
    roads: Roads
    planning: PlanningSettings
    saving: SavingSettings
    foresight: Foresight | None = None


def next_day(world: World, city: City, now_utc: datetime) -> date | None:
    """Return the first day that is over and not kept; None when there is none yet."""
    first = world.book.first_published()
    if first is None:
        return None
    last = world.book.last()
    day = _begins(world, city, first) if last is None else last.inputs.day + timedelta(days=1)
    return day if is_over(day, city, now_utc) else None


def is_over(day: date, city: City, now_utc: datetime) -> bool:
    """Return whether everything of the day has been told, as far as it will be."""
    zone = ZoneInfo(city.organisation.timezone)
    return now_utc >= datetime.combine(day + timedelta(days=1), DONE_AT, zone)


def make_day(world: World, city: City, day: date, now_utc: datetime) -> SavingDay:
    """Compute the day and keep it with its inputs; who comes second gets what the first one kept."""
    city = replace(city, sensors={}, installations=())  # the audit asks nothing of devices
    drives = drives_of(world.roads, city)
    shared = (city_document(city), drives.to_bytes())
    last = world.book.last()
    inputs = _inputs(world, city, WorkingDay(day, city.organisation.timezone), now_utc, last)
    inputs = replace(inputs, city=digest_of(shared[0]), drives=digest_of(shared[1]))
    made = SavingDay(inputs, compute(Case(inputs, city, drives)))
    if not world.book.keep(made, shared):
        return world.book.day(day)
    log.info("saving day=%s counts=%s digest=%s", day, made.counts, made.digest[:12])
    return made


def _begins(world: World, city: City, first: date) -> date:
    """Return a fortnight before the first plan, or the day that readings begin when that is later."""
    for back in range(SETTLING_DAYS, 0, -1):
        day = WorkingDay(first - timedelta(days=back), city.organisation.timezone)
        if world.readings.range_all(day.at_utc(0), day.at_utc(6 * 3600)):
            return day.day
    return first


def _inputs(world: World, city: City, day: WorkingDay, now_utc: datetime, last: SavingDay | None) -> DayInputs:
    heard = hear(city, world.readings, world.events, world.plans, day)
    outlook = city_outlook(city, world.readings, world.events, now_utc, world.foresight)
    row_of = outlook.forecast.row_of
    usual_l_per_day = outlook.forecast.usual_arrivals((24.0,)).mean[:, 0] * outlook.forecast.volume_l
    bin_ids = tuple(sorted(city.bins))
    usual = np.asarray([usual_l_per_day[row_of[each]] for each in bin_ids], dtype=np.float64)
    volume_l = np.asarray([city.container_type_of(each).volume_l for each in bin_ids], dtype=np.float64)
    inflow_dl, measured_pct = _inflow(heard, bin_ids, volume_l, usual / 86_400.0, day)
    held_dl = _held(heard, bin_ids, volume_l, usual / 86_400.0, day)
    full_dl = [int(each) for each in volume_l * FULL_FRACTION * 10.0]
    fits = interval_days(volume_l, usual, world.saving.fixed_margin)
    in_service = _in_service(world, day.day)
    return DayInputs(
        day=day.day,
        previous=last.digest if last else "",
        engine=engine_version(),
        city="",
        drives="",
        pace=pace_of(world.roads, day.day, *hours_of(city.vehicles.values(), day)),
        planning=world.planning.model_dump(mode="json", exclude={"cluster_address"}),
        rules=_rules(world, in_service=in_service),
        minutes=_seconds(day) // 60,
        bin_ids=bin_ids,
        interval_days=_kept_intervals(last, bin_ids, fits.tolist()),
        inflow_dl=inflow_dl,
        measured_pct=measured_pct,
        before=_before(last, bin_ids, held_dl, full_dl, _emptied_before(outlook.last_emptied, bin_ids, day)),
        emptied=heard.emptied,
        driven=heard.driven,
        unknown_trucks=tuple(sorted({trip.vehicle_id for trip in heard.driven} - set[str](city.vehicles))),
        in_service=in_service,
        planned=heard.planned,
        weighed_kg=heard.weighed_kg,
    )


def _rules(world: World, *, in_service: bool) -> RuleSettings:
    """Return the rules that the day is compared with; those before the first plan only settle the bins' levels."""
    most = world.saving.iterations
    return RuleSettings(
        threshold_fraction=world.saving.threshold_fraction,
        weekdays=tuple(sorted(world.saving.iso_weekdays)),
        iterations=most if in_service else min(most, SETTLING_ITERATIONS),
        seed=world.planning.seed,
    )


def _in_service(world: World, day: date) -> bool:
    first = world.book.first_published()
    return first is not None and first <= day


def _seconds(day: WorkingDay) -> int:
    return day.since_midnight_s(day.later(1).at_utc(0))


def _inflow(
    heard: DayHeard,
    bin_ids: Sequence[BinId],
    volume_l: FloatArray,
    usual_l_per_s: FloatArray,
    day: WorkingDay,
) -> tuple[tuple[tuple[int, ...], ...], int]:
    """Return what arrived by hour in whole decilitres, no litre lost to rounding, and how much of it was measured."""
    begin_s, seconds = day.at_utc(0).timestamp(), _seconds(day)
    edges_s = begin_s + np.arange(0, seconds + 1, 3600, dtype=np.float64)
    rows, measured_s = [], 0.0
    for row, bin_id in enumerate(bin_ids):
        tape = tape_of(heard.of_bin[bin_id], float(volume_l[row]), float(usual_l_per_s[row]), edges_s)
        total_dl = np.rint(np.concatenate(([0.0], np.cumsum(tape.inflow_l))) * 10.0).astype(np.int64)
        rows.append(tuple(np.diff(total_dl).tolist()))
        measured_s += tape.measured_s
    return tuple(rows), round(100.0 * measured_s / max(1, seconds * len(bin_ids)))


def _held(
    heard: DayHeard,
    bin_ids: Sequence[BinId],
    volume_l: FloatArray,
    usual_l_per_s: FloatArray,
    day: WorkingDay,
) -> list[int | None]:
    """Return what each bin really held at midnight, as far as anybody knows."""
    found: list[int | None] = []
    for row, bin_id in enumerate(bin_ids):
        level_l = level_at(heard.of_bin[bin_id], day.at_utc(0).timestamp(), float(usual_l_per_s[row]))
        found.append(None if level_l is None else round(min(level_l, float(volume_l[row])) * 10.0))
    return found


def _emptied_before(last_emptied: Mapping[BinId, datetime], bin_ids: Sequence[BinId], day: WorkingDay) -> list[int]:
    """Return when each bin was last emptied before the day, in minutes since 1970."""
    midnight = int(day.at_utc(0).timestamp()) // 60
    told = [last_emptied.get(each) for each in bin_ids]
    minutes = [NEVER if at is None else int(at.timestamp()) // 60 for at in told]
    return [NEVER if at >= midnight else at for at in minutes]


def _kept_intervals(last: SavingDay | None, bin_ids: Sequence[BinId], fits: Sequence[int]) -> tuple[int, ...]:
    """Return the calendar: as it was on the first day, since a calendar does not follow the sensors."""
    known = {} if last is None else dict(zip(last.inputs.bin_ids, last.inputs.interval_days, strict=True))
    return tuple(known.get(bin_id, fits[row]) for row, bin_id in enumerate(bin_ids))


def _real(told_dl: int | None, carried_dl: int, full_dl: int) -> int:
    if told_dl is None:
        return carried_dl
    return max(told_dl, carried_dl) if told_dl >= full_dl else told_dl


def _before(
    last: SavingDay | None,
    bin_ids: Sequence[BinId],
    held_dl: Sequence[int | None],
    full_dl: Sequence[int],
    emptied: Sequence[int],
) -> Mapping[Side, BinState]:
    """Return where each side stands at midnight.

    A rule goes on from where it was; on the first day, and at a bin that is new, it stands where the street does. The
    real side stands where the sensors say; what lay beside a bin at the brim is known from the day before only.
    """
    states = {}
    for side in Side:
        held, since, owed = dict[str, int](), dict[str, int](), tuple[str, ...]()
        if last is not None:
            after = last.results.after[side]
            held = dict(zip(last.inputs.bin_ids, after.held_dl, strict=True))
            since = dict(zip(last.inputs.bin_ids, after.emptied_minute, strict=True))
            owed = tuple(each for each in after.owed if each in set(bin_ids))
        real = [
            _real(told, held.get(bin_id, 0), full_dl[at])
            for at, (told, bin_id) in enumerate(zip(held_dl, bin_ids, strict=True))
        ]
        states[side] = BinState(
            tuple(real)
            if side is Side.DONE
            else tuple(held.get(bin_id, real[at]) for at, bin_id in enumerate(bin_ids)),
            tuple(since.get(bin_id, emptied[at]) for at, bin_id in enumerate(bin_ids)),
            owed,
        )
    return states
