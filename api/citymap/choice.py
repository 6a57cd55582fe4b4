"""Which bins somebody looks at: the filters of the page's address, as the server understands them for a download."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Query

from api.bins.board import BinRow, Seen
from api.bins.schemas import PlanStateName, SensorStateName
from api.citymap.courses import LAST_H, NO_FORECAST, band_at, courses_of
from api.schema import Name
from tomma.natural import NaturalKey, natural_key

BandName = Literal["none", "low", "mid", "high", "full", "over"]
Column = Literal["place", "area", "fraction", "fill", "overflow", "full_in", "measured", "sensor", "plan"]
BANDS_FROM: Sequence[tuple[BandName, float]] = (("full", 0.9), ("high", 0.75), ("mid", 0.5), ("low", 0.0))

SORT_BY: Mapping[Column, Callable[[BinRow], float | str | NaturalKey | None]] = {
    "place": lambda row: natural_key(row.name),
    "area": lambda row: natural_key(row.area) if row.area else None,
    "fraction": lambda row: row.fraction,
    "fill": lambda row: row.fill_fraction,
    "overflow": lambda row: row.p_overflow_24h,
    "full_in": lambda row: row.hours_to_full,
    "measured": lambda row: row.measured_utc.timestamp() if row.measured_utc else None,
    "sensor": lambda row: row.sensor_state,
    "plan": lambda row: row.plan_state,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The filters and the order; each parameter is named as in the page's address."""

    bands: Annotated[list[BandName] | None, Query(description="Bands to show; all if left out.")] = None
    fraction: Annotated[Name | None, Query(description="Code of a waste stream.")] = None
    area: Annotated[Name | None, Query(description="A part of the city.")] = None
    sensor: Annotated[SensorStateName | None, Query(description="How far the level can be believed.")] = None
    plan: Annotated[PlanStateName | None, Query(description="What today's plan and its driver say.")] = None
    q: Annotated[Name | None, Query(description="Part of the place's name or of the bin's id.")] = None
    hour: Annotated[int, Query(ge=0, le=LAST_H, description="Bands as forecast for so many hours ahead. [h]")] = 0
    sort: Annotated[Column, Query(description="Column to sort by; unknown values come last.")] = "place"
    descending: Annotated[bool, Query(description="Biggest first.")] = False


def chosen(seen: Seen, choice: Choice) -> Sequence[tuple[BinRow, str]]:
    """Return the rows that the choice lets through, sorted, each with its band at the choice's hour."""
    found = [(row, band) for row, band in _banded(seen, choice.hour) if _passes(row, band, choice)]
    value_of = SORT_BY[choice.sort]
    known = [each for each in found if value_of(each[0]) is not None]
    unknown = [each for each in found if value_of(each[0]) is None]
    known.sort(key=lambda each: (value_of(each[0]), natural_key(each[0].id)), reverse=choice.descending)
    return known + unknown


def band_now(fill_fraction: float | None) -> BandName:
    """Return the band of a measured level.

    >>> band_now(None), band_now(0.749), band_now(0.75)
    ('none', 'mid', 'high')
    """
    if fill_fraction is None:
        return "none"
    return next(band for band, from_fraction in BANDS_FROM if fill_fraction >= from_fraction)


def _banded(seen: Seen, hour: int) -> Iterator[tuple[BinRow, str]]:
    if not hour:
        yield from ((row, band_now(row.fill_fraction)) for row in seen.rows)
        return
    courses = courses_of(seen.scene.forecast) if seen.scene.forecast else {}
    yield from ((row, band_at(courses.get(row.id, NO_FORECAST), hour)) for row in seen.rows)


def _passes(row: BinRow, band: str, choice: Choice) -> bool:
    return (
        (choice.bands is None or band in choice.bands)
        and choice.fraction in (None, row.fraction)
        and choice.area in (None, row.area)
        and choice.sensor in (None, row.sensor_state)
        and choice.plan in (None, row.plan_state)
        and (choice.q is None or choice.q.casefold() in f"{row.name} {row.id}".casefold())
    )
