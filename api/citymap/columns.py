"""Tells a city's bins in columns: one list for each thing known, all in the order of `/map/places`.

Eleven thousand objects with thirteen names each are 2.4 MB of JSON; the same in columns are a fifth of it, and what
moves from minute to minute is a list of whole percent. Which quantity goes into which answer follows from how often
it changes: docs/decisions/0024-the-city-page.md.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

import msgspec

from api.bins.board import Seen
from api.citymap.courses import NO_FORECAST, STEP_H, courses_of
from api.context import ForecastView
from tomma.city import City

MICRO_DEG = 1e-5
"""About a metre: a mark on the map is wider."""
PRECISE_HOURS, DAY_H = 72, 24
SHARED_MAX = 25
"""The letter Z."""


class SiteColumns(msgspec.Struct, frozen=True):
    """Where bins stand; one entry a place."""

    id: Sequence[str]
    name: Sequence[str]
    lat: Sequence[int]
    lon: Sequence[int]
    area: Sequence[int]
    bins: Sequence[int]
    """How many of the bins stand there: the first so many belong to the first place, and so on."""


class PlaceColumns(msgspec.Struct, frozen=True):
    """What changes with the registry only."""

    south_west: tuple[float, float]
    areas: Sequence[str]
    fractions: Sequence[str]
    volumes_l: Sequence[float]
    sites: SiteColumns
    bin_id: Sequence[str]
    fraction: Sequence[int]
    volume: Sequence[int]


class LevelColumns(msgspec.Struct, frozen=True):
    """What changes with every reading and every stop."""

    places: str
    as_of_utc: datetime
    fill_pct: Sequence[int]
    sensor: str
    plan: str


class AheadColumns(msgspec.Struct, frozen=True):
    """What changes with the forecast."""

    places: str
    as_of_utc: datetime | None
    step_h: int
    courses: Sequence[str]
    course: Sequence[int]


class FigureColumns(msgspec.Struct, frozen=True):
    """What only the table shows."""

    places: str
    as_of_utc: datetime
    age_min: Sequence[int]
    p_overflow_24h_pct: Sequence[int]
    full_in_h: Sequence[int]


SENSOR_LETTERS = {"ok": "o", "silent": "s", "odd": "d", "none": "n"}
PLAN_LETTERS = {"none": "n", "planned": "p", "emptied": "e", "skipped": "s"}


def in_order(seen: Seen) -> Sequence[int]:
    """Return the indices of the board's rows in the order of the columns: by place, as the city lists both."""
    number = {str(site_id): n for n, site_id in enumerate(seen.scene.city.sites)}
    return sorted(range(len(seen.rows)), key=lambda row: number[seen.rows[row].site_id])


def place_columns(seen: Seen, order: Sequence[int]) -> PlaceColumns:
    """Return where every bin stands and what it is."""
    city, rows = seen.scene.city, [seen.rows[row] for row in order]
    fractions, volumes = [str(code) for code in city.fractions], sorted({row.volume_l for row in rows})
    return PlaceColumns(
        south_west=_corner(city),
        areas=_areas(city),
        fractions=fractions,
        volumes_l=volumes,
        sites=_site_columns(city, Counter(row.site_id for row in rows)),
        bin_id=front_coded([row.id for row in rows]),
        fraction=[fractions.index(row.fraction) for row in rows],
        volume=[volumes.index(row.volume_l) for row in rows],
    )


def level_columns(seen: Seen, order: Sequence[int], places: str) -> LevelColumns:
    """Return how full every bin is now; -1 where nobody ever measured.

    Rounded down, so that no bin is shown in a fuller band than it is in.
    """
    rows = [seen.rows[row] for row in order]
    return LevelColumns(
        places=places,
        as_of_utc=seen.as_of_utc,
        fill_pct=[-1 if row.fill_fraction is None else int(row.fill_fraction * 100 + 1e-6) for row in rows],
        sensor="".join(SENSOR_LETTERS[row.sensor_state] for row in rows),
        plan="".join(PLAN_LETTERS[row.plan_state] for row in rows),
    )


def ahead_columns(seen: Seen, order: Sequence[int], places: str, forecast: ForecastView | None) -> AheadColumns:
    """Return every bin's course through the coming hours; the commonest courses have the shortest numbers."""
    known = courses_of(forecast) if forecast else {}
    own = [known.get(seen.rows[row].id, NO_FORECAST) for row in order]
    courses = [course for course, _ in Counter(own).most_common()]
    number = {course: n for n, course in enumerate(courses)}
    return AheadColumns(
        places=places,
        as_of_utc=forecast.as_of_utc if forecast else None,
        step_h=STEP_H,
        courses=courses,
        course=[number[course] for course in own],
    )


def figure_columns(seen: Seen, order: Sequence[int], places: str) -> FigureColumns:
    """Return the age of each reading and the two figures of its forecast; -1 for what is not known or far off."""
    rows = [seen.rows[row] for row in order]
    return FigureColumns(
        places=places,
        as_of_utc=seen.as_of_utc,
        age_min=[
            -1 if row.measured_utc is None else max(0, int((seen.as_of_utc - row.measured_utc).total_seconds() // 60))
            for row in rows
        ],
        p_overflow_24h_pct=[-1 if row.p_overflow_24h is None else round(row.p_overflow_24h * 100) for row in rows],
        full_in_h=[-1 if row.hours_to_full is None else rounded_hours(row.hours_to_full) for row in rows],
    )


def rounded_hours(hours: float) -> int:
    """Return the hours as closely as anybody plans: by the hour within three days, by the day beyond."""
    return round(hours) if hours <= PRECISE_HOURS else round(hours / DAY_H) * DAY_H


def front_coded(ids: Sequence[str]) -> Sequence[str]:
    """Return each id as a letter for how much it shares with the one before, and the rest; ids of a city are alike.

    >>> front_coded(["P0001A", "P0001B", "P0002A"])
    ['AP0001A', 'FB', 'E2A']
    """
    before, told = "", []
    for each in ids:
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(before, each, strict=False))
        shared = min(sum(1 for _ in alike), SHARED_MAX)
        told.append(chr(ord("A") + shared) + each[shared:])
        before = each
    return told


def _corner(city: City) -> tuple[float, float]:
    """Return the point that positions are counted from, so that they have few digits."""
    positions = [site.position for site in city.sites.values()]
    lat_deg = min((each.lat_deg for each in positions), default=0.0)
    lon_deg = min((each.lon_deg for each in positions), default=0.0)
    return round(lat_deg, 5), round(lon_deg, 5)


def _areas(city: City) -> Sequence[str]:
    return sorted({site.area for site in city.sites.values()})


def _site_columns(city: City, bins: Counter[str]) -> SiteColumns:
    (south_deg, west_deg), areas = _corner(city), {area: n for n, area in enumerate(_areas(city))}
    sites = [site for site in city.sites.values() if bins[site.id]]
    return SiteColumns(
        id=front_coded([site.id for site in sites]),
        name=[site.name for site in sites],
        lat=[round((site.position.lat_deg - south_deg) / MICRO_DEG) for site in sites],
        lon=[round((site.position.lon_deg - west_deg) / MICRO_DEG) for site in sites],
        area=[areas[site.area] for site in sites],
        bins=[bins[site.id] for site in sites],
    )
