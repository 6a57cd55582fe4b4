"""Bins that were promised today and stay full, and the way back into the next plan.

A bin that was missed is as full tomorrow, so the next plan weighs it by itself. A request makes it certain, and is
what lets a re-plan of the same day try a skipped bin once more: nobody drives twice to a locked gate unasked.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import uuid4

from api.context import ForecastView
from api.followup.day import RoadDay
from tomma.errors import NotFoundError
from tomma.events import SkipReason
from tomma.fold import StopState
from tomma.model import BinId, VehicleId
from tomma.ports import RequestBook
from tomma.requests import BinRequest, RequestReason

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Missed:
    """One bin that stays full."""

    bin_id: BinId
    vehicle_id: VehicleId
    """Whose it was."""
    why: Literal["skipped", "unfinished", "taken_off"]
    skip_reason: SkipReason | None
    p_overflow_24h: float | None


def missed_of(day: RoadDay, forecast: ForecastView | None) -> list[Missed]:
    """Return what was missed, the likeliest to overflow first. A bin that was empty already is not missed."""
    over = {bin_id for truck in day.trucks if day.now_utc > truck.limit_utc for bin_id in truck.left}
    planned = day.plan.bins_collected
    found = []
    for bin_id, promise in day.promises.bins.items():
        outcome = day.state.outcomes.get(bin_id)
        why: Literal["skipped", "unfinished", "taken_off"] | None = None
        if outcome is not None and outcome.state is StopState.SKIPPED:
            why = None if outcome.skip_reason is SkipReason.ALREADY_EMPTY else "skipped"
        elif outcome is None and bin_id in over:
            why = "unfinished"
        elif outcome is None and bin_id not in planned:
            why = "taken_off"
        if why is not None and bin_id in day.city.bins:
            outlook = forecast.outlook(bin_id) if forecast else None
            risk = outlook.p_overflow_24h if outlook else None
            found.append(Missed(bin_id, promise.vehicle_id, why, outcome.skip_reason if outcome else None, risk))
    return sorted(found, key=lambda each: (-(each.p_overflow_24h or 0.0), each.bin_id))


def asked_again(day: RoadDay, requests: RequestBook) -> Mapping[BinId, str]:
    """Return the newest request of each bin that was made since it was missed and still stands."""
    found: dict[BinId, str] = {}
    for each in requests.not_withdrawn(day.now_utc - DAY):
        outcome = day.state.outcomes.get(each.bin_id)
        is_since = outcome is None or (outcome.state is StopState.SKIPPED and each.asked_utc >= outcome.at_utc)
        if is_since:
            found[each.bin_id] = each.id
    return found


def take_back(day: RoadDay, bin_ids: Collection[BinId], requests: RequestBook) -> Mapping[BinId, str]:
    """Ask for these bins, durably, and return the request of each; one that is asked for already is not asked twice.

    Raises:
        NotFoundError: For a bin that is not of this city; then none is asked for.
    """
    unknown = sorted(each for each in bin_ids if each not in day.city.bins)
    if unknown:
        raise NotFoundError(f"there is no bin {unknown[0]}")
    standing = asked_again(day, requests)
    found: dict[BinId, str] = {}
    for bin_id in dict.fromkeys(bin_ids):
        if bin_id in standing:
            found[bin_id] = standing[bin_id]
        else:
            note = f"missed {day.day}"
            asked = BinRequest(str(uuid4()), bin_id, RequestReason.OTHER, day.now_utc, note)
            found[bin_id] = requests.ask(asked).id
    return found
