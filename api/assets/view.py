"""Tells the registry in the words of the public API."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from api.assets.schemas import (
    BinDetailOut,
    BinRowOut,
    ContainerTypeOut,
    FittingOut,
    PeriodOut,
    RetiredOut,
    SensorOut,
    SiteOut,
)
from tomma.assets import AssetKind, Retired
from tomma.city import Bin, City, Installation, Sensor, Site
from tomma.codec import to_plain
from tomma.containers import ContainerType
from tomma.fitting import Fitting
from tomma.hangings import Hangings
from tomma.natural import natural_key

BIN_SORTS: Mapping[str, Callable[[BinRowOut], Any]] = {
    "id": lambda row: natural_key(row.id),
    "site": lambda row: (natural_key(row.site_name), natural_key(row.id)),
    "area": lambda row: (natural_key(row.area), natural_key(row.site_name), natural_key(row.id)),
    "type": lambda row: (natural_key(row.container_type_id), natural_key(row.id)),
    "fraction": lambda row: (row.fraction_code, natural_key(row.id)),
    "sensor": lambda row: (row.sensor_id is None, natural_key(row.sensor_id or ""), natural_key(row.id)),
    "since": lambda row: (row.since_utc is None, row.since_utc and row.since_utc.timestamp(), natural_key(row.id)),
}


def bin_rows(city: City) -> list[BinRowOut]:
    """Return every bin with its place and its sensor."""
    hangings = Hangings(city.installations)
    return [bin_row(city, each, hangings.in_bin(each.id)) for each in city.bins.values()]


def bin_row(city: City, each: Bin, hung: Installation | None) -> BinRowOut:
    """Return one bin's row."""
    site, sensor = city.sites[each.site_id], city.sensors[hung.sensor_id] if hung else None
    return BinRowOut.model_construct(
        id=each.id,
        site_id=each.site_id,
        site_name=site.name,
        area=site.area,
        lat_deg=site.position.lat_deg,
        lon_deg=site.position.lon_deg,
        container_type_id=each.container_type_id,
        container_type=city.container_types[each.container_type_id].name,
        fraction_code=each.fraction_code,
        service_s=each.service_s,
        skills=sorted(each.skills),
        sensor_id=sensor.id if sensor else None,
        make=sensor.make if sensor else "",
        model=sensor.model if sensor else "",
        since_utc=hung.from_utc if hung else None,
    )


def bin_detail(
    city: City, each: Bin, retired: Sequence[Retired], fittings: Sequence[Fitting], photos: Sequence[str]
) -> BinDetailOut:
    """Return everything about a bin; what hung there stays, also when the sensor has gone out of use."""
    row = bin_row(city, each, Hangings(city.installations).in_bin(each.id))
    periods = [period_out(own) for own in city.installations if own.bin_id == each.id]
    gone = (own for thing in retired if thing.kind is AssetKind.SENSOR for own in thing.installations)
    periods += [period_out(own, retired=True) for own in gone if own.bin_id == each.id]
    periods.sort(key=lambda period: period.from_utc, reverse=True)
    done = [
        FittingOut(
            key=fitting.key,
            sensor_id=fitting.sensor_id,
            done_utc=fitting.done_utc,
            received_utc=fitting.received_utc,
            note=fitting.note,
            photo_keys=list(fitting.photo_keys),
        )
        for fitting in fittings
    ]
    return BinDetailOut(**row.model_dump(), history=periods, fittings=done, photos=list(photos))


def period_out(each: Installation, *, retired: bool = False) -> PeriodOut:
    """Return one installation."""
    return PeriodOut(**asdict(each), retired=retired)


def site_out(site: Site, bins: int) -> SiteOut:
    """Return one place."""
    own = {name: getattr(site, name) for name in ("id", "name", "access_note", "service_s", "kerb", "area")}
    return SiteOut(**own, lat_deg=site.position.lat_deg, lon_deg=site.position.lon_deg, bins=bins)


def container_type_out(each: ContainerType, bins: int) -> ContainerTypeOut:
    """Return one kind of container."""
    return ContainerTypeOut(**to_plain(each), bins=bins)


def sensor_out(each: Sensor, hung: Installation | None) -> SensorOut:
    """Return one device."""
    return SensorOut(**asdict(each), bin_id=hung.bin_id if hung else None, since_utc=hung.from_utc if hung else None)


def retired_out(each: Retired) -> RetiredOut:
    """Return what went out of use."""
    return RetiredOut(
        kind=each.kind.value,
        id=each.id,
        retired_utc=each.retired_utc,
        value=to_plain(each.value),
        installations=[period_out(own, retired=True) for own in each.installations],
    )


def bins_per(city: City, field: str) -> Counter[str]:
    """Return how many bins name each value in a field."""
    return Counter(getattr(each, field) for each in city.bins.values())
