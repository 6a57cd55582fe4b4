"""Why and how much each bin wants a visit: forecast in, `Demand` out, one for every bin.

A bin must be emptied when a person asked for it, when it is full, when P(overflow before the next opportunity)
exceeds the accepted one, or when its hygiene interval would end before then. Every other bin is optional, with a
prize in money (`routing.choice.worth`) or none; the planner takes it when the detour costs less.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.choice.nearby import Streets
from routing.choice.worth import Worth, worth
from routing.forecast import CityForecast, Feedback, Word
from routing.forecast.city_forecast import FURTHEST_H
from tomma.city import City
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings
from tomma.reasons import Reason, ReasonCode
from tomma.requests import BinRequest, RequestSource

FULL_NOW_P = 0.5
"""Full means: more likely than not."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a visit to one bin would bring, and what leaving it would cost."""

    bin_id: BinId
    fill_fraction: float
    """Expected at the visit, within [0, 1]."""
    volume_l: float
    weight_kg: float
    must: bool
    """Leaving it out breaks a promise: the planner does so only when it cannot be helped."""
    prize_minor: int
    """What a visit today is worth when it is optional; 0 for a must and for a bin not worth a thought."""
    p_overflow: float
    """P(overflow before the next opportunity)."""
    reasons: tuple[Reason, ...]
    """Why it is wanted; or, with neither must nor prize, why it is not."""
    reasons_if_left: tuple[Reason, ...] = ()
    """What to tell when an optional bin did not make it onto a route; empty for a must."""
    p_before: float = 0.0
    """P(it has overflowed by the visit)."""


def demands(
    city: City,
    forecast: CityForecast,
    planning: PlanningSettings,
    at_utc: datetime,
    last_emptied: Mapping[BinId, datetime],
    requested: Collection[BinId] = frozenset(),
    *,
    seen: Mapping[BinId, Feedback] | None = None,
    streets: Streets | None = None,
) -> tuple[Demand, ...]:
    """Return every bin's demand for a visit at `at_utc`, in the order of `forecast.bin_ids`.

    Args:
        city: The snapshot the forecast was made from.
        forecast: Every bin's fill.
        planning: What a visit costs and what risk is accepted; the next opportunity is `next_opportunity_h` later.
        at_utc: When the truck would come, within the day to plan.
        last_emptied: When each bin was last emptied; a bin without an entry has no hygiene interval running.
        requested: Bins that a person asked to empty; a mapping tells when, and who.
        seen: What drivers said last of bins that nobody emptied since: the forecast believes it, the reasons tell it.
        streets: The drives between (some of) the sites; straight lines stand in for the rest.
    """
    next_utc = at_utc + timedelta(hours=planning.next_opportunity_h)
    fill = forecast.expected_fill_at(at_utc).tolist()
    p_now, p_next = forecast.p_overflow_at(at_utc).tolist(), forecast.p_overflow_at(next_utc).tolist()
    outlooks = [
        _Outlook(bin_id, fill[row], p_now[row], p_next[row], planning, _said(seen, bin_id, forecast.as_of_utc))
        for row, bin_id in enumerate(forecast.bin_ids)
    ]
    musts = [
        _requested(each, requested, forecast.as_of_utc)
        + _overflow(each, forecast, row)
        + _hygiene(each, city, last_emptied.get(each.bin_id), at_utc, next_utc)
        for row, each in enumerate(outlooks)
    ]
    must_ids = frozenset(each.bin_id for each, why in zip(outlooks, musts, strict=True) if why)
    value = worth(city, forecast, planning, at_utc, must_ids, streets)
    return tuple(
        _demand(city, each, why, value, row) for row, (each, why) in enumerate(zip(outlooks, musts, strict=True))
    )


@dataclass(frozen=True, slots=True)
class _Outlook:
    bin_id: BinId
    fill_fraction: float
    p_now: float
    p_next: float
    planning: PlanningSettings
    said: Mapping[ReasonCode, Reason]
    """What a driver said of it, by the code that tells it."""

    def told(self, code: ReasonCode) -> list[Reason]:
        """Return the driver's word if it is this one."""
        return [self.said[code]] if code in self.said else []


def _said(seen: Mapping[BinId, Feedback] | None, bin_id: BinId, now_utc: datetime) -> Mapping[ReasonCode, Reason]:
    last = seen.get(bin_id) if seen else None
    if last is None:
        return {}
    code = ReasonCode.DRIVER_SAW_FULL if last.word is Word.FULL else ReasonCode.DRIVER_FOUND_EMPTY
    return {code: Reason(code, {"ago_h": max((now_utc - last.at_utc) / timedelta(hours=1), 0.0)})}


def _requested(each: _Outlook, requested: Collection[BinId], now_utc: datetime) -> list[Reason]:
    if each.bin_id not in requested:
        return []
    asked: BinRequest | None = requested.get(each.bin_id) if isinstance(requested, Mapping) else None
    if asked is None:
        return [Reason(ReasonCode.REQUESTED)]
    code = ReasonCode.RESIDENT_ASKED if asked.source is RequestSource.RESIDENT else ReasonCode.REQUESTED
    return [Reason(code, {"asked_h": max((now_utc - asked.asked_utc) / timedelta(hours=1), 0.0)})]


def _overflow(each: _Outlook, forecast: CityForecast, row: int) -> list[Reason]:
    alpha = each.planning.accepted_overflow_probability
    if each.p_now >= FULL_NOW_P:
        why = [Reason(ReasonCode.FULL_NOW, {"fill_fraction": each.fill_fraction})]
    elif each.p_next > alpha:
        numbers = {"p_overflow": each.p_next, "by_h": each.planning.next_opportunity_h, "alpha": alpha}
        why = [Reason(ReasonCode.OVERFLOW_RISK, numbers)]
    else:
        return []
    why.extend(each.told(ReasonCode.DRIVER_SAW_FULL))
    silent_h = forecast.silent_h[row]
    if forecast.no_data[row]:
        why.append(Reason(ReasonCode.NO_DATA))
    elif forecast.is_overdue[row] and silent_h is not None:
        why.append(Reason(ReasonCode.SILENT_SENSOR, {"silent_h": silent_h, "p_overflow": each.p_next}))
    return why


def _hygiene(
    each: _Outlook, city: City, emptied_utc: datetime | None, at_utc: datetime, next_utc: datetime
) -> list[Reason]:
    limit_days = city.fraction_of(each.bin_id).hygiene_interval_days
    if limit_days is None or emptied_utc is None or next_utc - emptied_utc <= timedelta(days=limit_days):
        return []
    days = (at_utc - emptied_utc) / timedelta(days=1)
    return [Reason(ReasonCode.HYGIENE_INTERVAL, {"days_since_emptied": days, "limit_days": limit_days})]


def _demand(city: City, each: _Outlook, musts: Sequence[Reason], value: Worth, row: int) -> Demand:
    container = city.container_type_of(each.bin_id)
    volume_l = each.fill_fraction * container.volume_l
    prize_minor = int(value.prize_minor[row])
    wanted, left = _optional(each, prize_minor, value, row)
    return Demand(
        bin_id=each.bin_id,
        fill_fraction=each.fill_fraction,
        volume_l=volume_l,
        weight_kg=min(volume_l * city.fraction_of(each.bin_id).density_kg_per_l, container.max_kg),
        must=bool(musts),
        prize_minor=0 if musts else prize_minor,
        p_overflow=each.p_next,
        reasons=tuple(musts) or wanted,
        reasons_if_left=() if musts else left,
        p_before=each.p_now,
    )


def _optional(
    each: _Outlook, prize_minor: int, value: Worth, row: int
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Return what to tell when the bin is taken and when it is left."""
    due_in = {"due_in_h": min(float(value.left_h[row]), FURTHEST_H)}
    if not prize_minor:
        why = (_not_needed(each, due_in), *each.told(ReasonCode.DRIVER_FOUND_EMPTY))
        return why, why
    numbers = {"prize_minor": float(prize_minor), "later_minor": float(value.later_minor[row]), **due_in}
    worth_it = Reason(ReasonCode.WORTH_THE_DETOUR, {**numbers, "p_overflow": each.p_next})
    left = (Reason(ReasonCode.NOT_WORTH_THE_DETOUR, numbers), *each.told(ReasonCode.DRIVER_FOUND_EMPTY))
    return (worth_it,), left


def _not_needed(each: _Outlook, due_in: Mapping[str, float]) -> Reason:
    numbers = {
        "fill_fraction": each.fill_fraction,
        "p_overflow": each.p_next,
        "by_h": each.planning.next_opportunity_h,
        **due_in,
    }
    return Reason(ReasonCode.NOT_NEEDED_YET, numbers)
