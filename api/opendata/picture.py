"""What strangers see: one picture of the opened bins, as of a full hour that is over."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tomma.city import City, Position
from tomma.containers import Shape
from tomma.model import BinId, Reading
from tomma.opendata import FillShown, OpenData, band, opened_bins
from tomma.ports import ReadingStore

RECENT = timedelta(hours=6)
"""Most sensors have said something by then; the others are asked for one by one."""
OLDEST = timedelta(days=7)
"""A level older than that tells nobody anything."""
JUST_AFTER = timedelta(milliseconds=1)
DIGITS = 5
"""Of a position: a metre."""


@dataclass(frozen=True, slots=True)
class Level:
    """How full a bin was, coarsely."""

    from_fraction: float
    to_fraction: float
    hour_utc: datetime
    """The full hour in which it was measured."""

    @property
    def middle_fraction(self) -> float:
        """The middle of the step."""
        return (self.from_fraction + self.to_fraction) / 2


@dataclass(frozen=True, slots=True)
class OpenBin:
    """All that is told of one bin."""

    id: str
    site_id: str
    fraction: str
    fraction_sv: str
    fraction_en: str
    volume_l: float
    is_underground: bool
    position: Position
    area: str
    place: str
    level: Level | None


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that strangers may know now."""

    opened: OpenData
    organisation_id: str
    city_name: str
    as_of_utc: datetime | None
    """The hour whose levels are told; None when no levels are."""
    bins: tuple[OpenBin, ...]


def picture_of(
    city: City, opened: OpenData, latest: Mapping[BinId, Reading], readings: ReadingStore, at_utc: datetime
) -> Picture:
    """Return the picture as of `at_utc`."""
    bin_ids = opened_bins(city, opened)
    shows_fill = opened.fill is not FillShown.NONE
    levels = levels_at(readings, latest, at_utc, bin_ids) if shows_fill else {}
    return Picture(
        opened=opened,
        organisation_id=city.organisation.id,
        city_name=city.organisation.name,
        as_of_utc=at_utc if shows_fill else None,
        bins=tuple(_open_bin(city, opened, bin_id, levels.get(bin_id)) for bin_id in bin_ids),
    )


def levels_at(
    readings: ReadingStore, latest: Mapping[BinId, Reading], at_utc: datetime, bin_ids: Collection[BinId]
) -> Mapping[BinId, Reading]:
    """Return the last reading of each bin that was measured by `at_utc` and within the week before."""
    oldest_utc = at_utc - OLDEST
    found = {each: latest[each] for each in bin_ids if each in latest and latest[each].measured_utc <= at_utc}
    later = [each for each in bin_ids if each in latest and each not in found]
    recent = readings.range_all(at_utc - RECENT, at_utc + JUST_AFTER) if later else {}
    for bin_id in later:
        told = recent.get(bin_id) or readings.range(bin_id, oldest_utc, at_utc + JUST_AFTER)
        if told:
            found[bin_id] = told[-1]
    return {bin_id: each for bin_id, each in found.items() if each.measured_utc > oldest_utc}


def _open_bin(city: City, opened: OpenData, bin_id: BinId, reading: Reading | None) -> OpenBin:
    own = city.bins[bin_id]
    site, container = city.sites[own.site_id], city.container_types[own.container_type_id]
    fraction = city.fractions[own.fraction_code]
    at = site.position
    return OpenBin(
        id=bin_id,
        site_id=own.site_id,
        fraction=own.fraction_code,
        fraction_sv=fraction.name_sv,
        fraction_en=fraction.name_en,
        volume_l=container.volume_l,
        is_underground=container.shape is Shape.UNDERGROUND,
        position=Position(round(at.lat_deg, DIGITS), round(at.lon_deg, DIGITS)),
        area=site.area,
        place=site.name if opened.place_names else "",
        level=_level(reading, opened.fill) if reading else None,
    )


def _level(reading: Reading, shown: FillShown) -> Level:
    low, high = band(reading.fill_fraction, shown)
    return Level(low, high, reading.measured_utc.replace(minute=0, second=0, microsecond=0))
