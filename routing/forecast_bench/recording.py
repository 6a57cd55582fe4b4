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
from routing.forecast_bench.found import Told, found_before, learnt_before
from routing.forecast_bench.rivals import SMOOTHING
from routing.forecast_bench.score import LEVELS, coverage, crps
from tomma.city import Bin, City, Fraction, Organisation, Position, Site
from tomma.containers import ContainerType
from tomma.errors import ImportRefusedError
from tomma.model import BinId, ContainerTypeId, Emptying, EmptyingSource, FractionCode, SiteId

FloatArray = NDArray[np.float64]
Recording = Mapping[BinId, Sequence[Emptying]]

WINDOW = timedelta(days=28)
LEAD = timedelta(days=14)
"""After so many days of the recording forecasts begin; those before the split are learnt from."""
RULES = {"last_slope": 0, "ewma_weekday": 1, "own_mean_rate": 2, "own_mean_fill": 3}
"""The simple rules, by their column among the features."""
OWN_MEAN_FILL = RULES["own_mean_fill"]
LIBRARY = "boosted_trees"
LOW, MEDIAN, HIGH = (int(np.searchsorted(LEVELS, level - 1e-9)) for level in (0.1, 0.5, 0.9))
FULL = 0.9999
KIND, STREAM = ContainerTypeId("recorded"), FractionCode("recorded")


@dataclass(frozen=True)
class RecordingScore:
    """Errors of the fill told for the next collection, as a fraction of the bin."""

    collections: int
    coverage_80: float
    crps: float
    mean_error: float
    """Median told minus truth."""
    absolute_error: float
    crps_of_rivals: Mapping[str, float]
    crps_undressed: float
    """Of the forecast as it is made for decisions."""
    coverage_80_undressed: float


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


def score_recording(recording: Recording, timezone: str, split: date, *, library: bool = True) -> RecordingScore:
    """Return the score of all collections from the local day `split` on.

    A crew comes when somebody has reason to think that the bin is full, so what it finds is not what a forecast
    tells of any bin at that hour. Ours and every rival's number are therefore dressed alike: with what was found at
    the earlier collections of which most nearly the same had been told (`routing.forecast_bench.found`).
    """
    city, zone = _city(recording, timezone), ZoneInfo(timezone)
    begin = min(emptyings[0].at_utc for emptyings in recording.values()).astimezone(zone).date() + LEAD
    last = max(emptyings[-1].at_utc for emptyings in recording.values()).astimezone(zone).date()
    days = [begin + timedelta(days=n) for n in range((last - begin).days + 1)]
    rows = [row for number, day in enumerate(days) for row in _told_of_day(recording, city, zone, day, number)]
    told = Told(
        day=np.array([row.day for row in rows]),
        truth=np.array([row.truth for row in rows]),
        features=np.array([row.features for row in rows]),
    )
    raw = np.array([row.quantiles for row in rows])
    first = (split - begin).days
    scored = told.day >= first
    truth = told.truth[scored]
    wide = raw[:, [MEDIAN]], raw[:, [HIGH]] - raw[:, [LOW]]
    ours = found_before(told, np.column_stack((*wide, told.features[:, [OWN_MEAN_FILL]])), first)
    rivals = {
        name: crps(found_before(told, told.features[:, [column]], first), truth) for name, column in RULES.items()
    }
    if library:
        rivals[LIBRARY] = crps(learnt_before(told, first), truth)
    median = ours[:, MEDIAN]
    p_full = np.array([row.p_full for row in rows])[scored]
    return RecordingScore(
        collections=len(truth),
        coverage_80=coverage(ours[:, LOW], ours[:, HIGH], (ours >= FULL).mean(axis=1), truth),
        crps=crps(ours, truth),
        mean_error=float((median - truth).mean()),
        absolute_error=float(np.abs(median - truth).mean()),
        crps_of_rivals=rivals,
        crps_undressed=crps(raw[scored], truth),
        coverage_80_undressed=coverage(raw[scored, LOW], raw[scored, HIGH], p_full, truth),
    )


@dataclass(frozen=True)
class _Row:
    day: int
    truth: float
    features: tuple[float, ...]
    """Last rate, EWMA by weekday, own mean rate, own mean fill (each as a fill told), hours, collections, last fill."""
    quantiles: FloatArray
    p_full: float


def _told_of_day(recording: Recording, city: City, zone: ZoneInfo, day: date, number: int) -> list[_Row]:
    now = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    known = {
        bin_id: [each for each in emptyings if now - WINDOW <= each.at_utc < now]
        for bin_id, emptyings in recording.items()
    }
    forecast = forecast_city(city, {bin_id: BinHistory((), each) for bin_id, each in known.items()}, now)
    weekday = _weekday_factors(known)
    rows = []
    for bin_id, emptyings in recording.items():
        today = next((each for each in emptyings if now <= each.at_utc < end), None)
        past = known[bin_id]
        if today is None or len(past) < 2:  # the rules need one whole interval
            continue
        row = forecast.row_of[bin_id]
        rows.append(
            _Row(
                day=number,
                truth=today.fill_before_fraction or 0.0,
                features=_features(past, today, weekday),
                quantiles=forecast.quantiles_at(today.at_utc, LEVELS, slice(row, row + 1))[0],
                p_full=forecast.p_overflow(bin_id, today.at_utc),
            )
        )
    return rows


def _features(past: Sequence[Emptying], today: Emptying, weekday: FloatArray) -> tuple[float, ...]:
    hours = (today.at_utc - past[-1].at_utc) / timedelta(hours=1)
    pairs = _pairs(past)
    smooth = pairs[0][0] / max(pairs[0][1], 1.0)
    for emptying, (fill, span_h) in zip(past[1:], pairs, strict=True):
        usual = weekday[emptying.at_utc.weekday()]
        smooth += SMOOTHING * (fill / max(span_h, 1.0) / usual - smooth)
    told = (_rate(pairs[-1:]) * hours, smooth * weekday[today.at_utc.weekday()] * hours, _rate(pairs) * hours)
    fills = float(np.mean([fill for fill, _ in pairs]))
    return (*(min(each, 1.0) for each in told), fills, hours, float(len(pairs)), pairs[-1][0])


def _weekday_factors(known: Mapping[BinId, Sequence[Emptying]]) -> FloatArray:
    fill, hours = np.full(7, 1e-9), np.full(7, 1e-9)
    for past in known.values():
        for emptying, (found, span_h) in zip(past[1:], _pairs(past), strict=True):
            fill[emptying.at_utc.weekday()] += found
            hours[emptying.at_utc.weekday()] += span_h
    rate = fill / hours
    return np.asarray(np.maximum(rate / rate.mean(), 0.2))


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
