"""Scores on a real recording of collections: fill before and after each, no readings in between.

The file is a CSV with the columns site, t_local, fill_before_pct, fill_after_pct (others are not looked at): what
Enevo's export of Edinburgh's litter bins has. From `split` on, each midnight's forecast tells the fill at every
bin's first collection of the day, knowing only what lay before that midnight.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from routing.forecast import BinHistory, forecast_city
from routing.forecast_bench.score import LEVELS, coverage, crps
from tomma.city import Bin, City, ContainerType, Fraction, Organisation, Position, Site
from tomma.errors import ImportRefusedError
from tomma.model import BinId, ContainerTypeId, Emptying, EmptyingSource, FractionCode, SiteId

FloatArray = NDArray[np.float64]
Recording = Mapping[BinId, Sequence[Emptying]]

WINDOW = timedelta(days=28)
KIND, STREAM = ContainerTypeId("recorded"), FractionCode("recorded")


@dataclass(frozen=True)
class RecordingScore:
    """Errors of the fill told for the next collection, as a fraction of the bin."""

    collections: int
    coverage_80: float
    crps: float
    mean_error: float
    """Median forecast minus truth."""
    absolute_error: float
    absolute_error_of_rules: dict[str, float]


def read_recording(path: Path, timezone: str) -> Recording:
    """Return each site's collections, oldest first; ImportRefusedError names the first bad row."""
    found: dict[BinId, list[Emptying]] = defaultdict(list)
    zone = ZoneInfo(timezone)
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                at = datetime.fromisoformat(row["t_local"]).replace(tzinfo=zone).astimezone(UTC)
                before, after = (min(float(row[each]) / 100, 1.0) for each in ("fill_before_pct", "fill_after_pct"))
                found[BinId(row["site"])].append(
                    Emptying(BinId(row["site"]), at, EmptyingSource.CONFIRMED, before, after)
                )
            except (KeyError, TypeError, ValueError) as exc:
                raise ImportRefusedError(f"{path.name}, line {number}: {exc!r}") from exc
    return {bin_id: sorted(each, key=lambda emptying: emptying.at_utc) for bin_id, each in found.items()}


def score_recording(recording: Recording, timezone: str, split: date) -> RecordingScore:
    """Return the score of all collections from the local day `split` on."""
    city, zone = _city(recording, timezone), ZoneInfo(timezone)
    last = max(emptyings[-1].at_utc for emptyings in recording.values()).astimezone(zone).date()
    days = [split + timedelta(days=n) for n in range((last - split).days + 1)]
    rows = [row for day in days for row in _score_day(recording, city, zone, day)]
    truth, quantiles = np.array([row.truth for row in rows]), np.array([row.quantiles for row in rows])
    low, median, high = (quantiles[:, np.searchsorted(LEVELS, p - 1e-9)] for p in (0.1, 0.5, 0.9))
    rules = np.array([row.rules for row in rows])
    return RecordingScore(
        collections=len(rows),
        coverage_80=coverage(low, high, np.array([row.p_full for row in rows]), truth),
        crps=crps(quantiles, truth),
        mean_error=float((median - truth).mean()),
        absolute_error=float(np.abs(median - truth).mean()),
        absolute_error_of_rules=dict(
            zip(
                ("last_rate", "own_mean_rate", "group_mean_rate", "own_mean_fill"),
                np.abs(rules - truth[:, None]).mean(axis=0).tolist(),
                strict=True,
            )
        ),
    )


@dataclass(frozen=True)
class _Row:
    truth: float
    quantiles: FloatArray
    p_full: float
    rules: tuple[float, float, float, float]


def _score_day(recording: Recording, city: City, zone: ZoneInfo, day: date) -> list[_Row]:
    now = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    known = {
        bin_id: [each for each in emptyings if now - WINDOW <= each.at_utc < now]
        for bin_id, emptyings in recording.items()
    }
    forecast = forecast_city(city, {bin_id: BinHistory((), each) for bin_id, each in known.items()}, now)
    group_rate = _rate([pair for each in known.values() for pair in _pairs(each)])
    rows = []
    for bin_id, emptyings in recording.items():
        today = next((each for each in emptyings if now <= each.at_utc < end), None)
        past = known[bin_id]
        if today is None or len(past) < 2:  # the rules need one whole interval
            continue
        row = forecast.row_of[bin_id]
        rows.append(
            _Row(
                truth=today.fill_before_fraction or 0.0,
                quantiles=forecast.quantiles_at(today.at_utc, LEVELS, slice(row, row + 1))[0],
                p_full=forecast.p_overflow(bin_id, today.at_utc),
                rules=_rules(past, today, group_rate),
            )
        )
    return rows


def _rules(past: Sequence[Emptying], today: Emptying, group_rate: float) -> tuple[float, float, float, float]:
    hours = (today.at_utc - past[-1].at_utc) / timedelta(hours=1)
    pairs = _pairs(past)
    fills = float(np.mean([fill for fill, _ in pairs]))
    last, own, group = (min(rate * hours, 1.0) for rate in (_rate(pairs[-1:]), _rate(pairs), group_rate))
    return last, own, group, fills


def _pairs(past: Sequence[Emptying]) -> list[tuple[float, float]]:
    """Return (fill at a collection, hours since the one before)."""
    return [
        (later.fill_before_fraction or 0.0, (later.at_utc - former.at_utc) / timedelta(hours=1))
        for former, later in pairwise(past)
    ]


def _rate(pairs: Sequence[tuple[float, float]]) -> float:
    return sum(fill for fill, _ in pairs) / max(sum(hours for _, hours in pairs), 1.0)


def _city(recording: Recording, timezone: str) -> City:
    return City(
        Organisation("recording", "Recording", timezone),
        {STREAM: Fraction(STREAM, "Inspelat", "Recorded", 0.07)},
        {KIND: ContainerType(KIND, "Recorded", 240.0, 1100, 100, 200.0)},
        {SiteId(each): Site(SiteId(each), each, Position(0.0, 0.0)) for each in recording},
        {each: Bin(each, SiteId(each), KIND, STREAM) for each in recording},
        {},
        (),
        {},
        {},
        {},
    )
