"""What the office and the installers do to master data: editing, retiring, fitting a sensor in a bin.

Everything here is pure: a city in, a city out. Whoever keeps it runs a change inside one transaction, so two people who
edit at once never lose each other's work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from tomma.bounds import check_length, check_utc, check_within
from tomma.city import Bin, City, Installation, Sensor, Site
from tomma.containers import ContainerType
from tomma.errors import ConflictError, NotFoundError, Refusal
from tomma.hangings import Hangings
from tomma.model import BinId, SensorId

PHOTO_MAX_BYTES = 600_000
"""A photo is made smaller on the phone; 1,600 pixels across are some 300 kB."""

type Asset = Site | Bin | ContainerType | Sensor


class AssetKind(StrEnum):
    """The kinds of master data that stand on the page of assets."""

    SITE = "site"
    BIN = "bin"
    CONTAINER_TYPE = "container_type"
    SENSOR = "sensor"


FIELD_OF: Mapping[AssetKind, str] = {
    AssetKind.SITE: "sites",
    AssetKind.BIN: "bins",
    AssetKind.CONTAINER_TYPE: "container_types",
    AssetKind.SENSOR: "sensors",
}
"""Where the city keeps each kind."""


@dataclass(frozen=True, slots=True)
class Retired:
    """Something that went out of use, as it was, with its installations."""

    kind: AssetKind
    id: str
    retired_utc: datetime
    value: Asset
    installations: tuple[Installation, ...] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """A change that was thought through: the city as it shall be, and what left it."""

    city: City
    retired: tuple[Retired, ...] = ()


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of a bin, made when a sensor was fitted; without any data about phone or place in it."""

    key: str
    bin_id: BinId
    taken_utc: datetime
    received_utc: datetime
    jpeg: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a picture nobody can find, and one that fills the disk."""
        check_length("key", self.key, 8, 64)
        check_within("size_bytes", len(self.jpeg), 1, PHOTO_MAX_BYTES)
        check_utc("taken_utc", self.taken_utc)
        check_utc("received_utc", self.received_utc)


ADDRESSABLE = "must be without / and more than dots"
"""What the id of a bin must be, in the words of `is_addressable`."""


def is_addressable(bin_id: str) -> bool:
    """Return whether the id of a bin can stand in an address, as on a sticker and in the API.

    A slash would lead elsewhere, and a browser takes dots alone for a way up.
    """
    return "/" not in bin_id and bin_id not in {".", ".."}


def members(city: City, kind: AssetKind) -> Mapping[Any, Any]:
    """Return the city's things of a kind by id."""
    found: Mapping[Any, Any] = getattr(city, FIELD_OF[kind])
    return found


def find(city: City, kind: AssetKind, asset_id: str) -> Any:
    """Return one of them; NotFoundError when the city has none of that id."""
    found = members(city, kind).get(asset_id)
    if found is None:
        text = f"there is no {kind.value} {asset_id}"
        if kind is AssetKind.BIN:
            raise NotFoundError(text, Refusal.NO_SUCH_BIN, bin_id=asset_id)
        if kind is AssetKind.SENSOR:
            raise NotFoundError(text, Refusal.NO_SUCH_SENSOR, sensor_id=asset_id)
        raise NotFoundError(text)
    return found


def put(city: City, kind: AssetKind, value: Asset) -> City:
    """Return the city with this thing in it, in place of the one with its id."""
    changed: dict[str, Any] = {FIELD_OF[kind]: {**members(city, kind), value.id: value}}
    return replace(city, **changed)


def retire(city: City, kind: AssetKind, asset_id: str, now_utc: datetime) -> Edited:
    """Take something out of use; what a sensor hung in, or what hung in a bin, ends with it.

    Raises:
        NotFoundError: When it is not there.
        ConflictError: While something else stands on it: bins at a site, bins of a container type.
    """
    value = find(city, kind, asset_id)
    in_use = {
        AssetKind.SITE: lambda each: each.site_id == asset_id,
        AssetKind.CONTAINER_TYPE: lambda each: each.container_type_id == asset_id,
    }.get(kind)
    users = sorted(each.id for each in city.bins.values() if in_use and in_use(each))
    if users:
        shown = ", ".join(users[:5]) + (f" and {len(users) - 5} more" if len(users) > 5 else "")
        why = f"{kind.value} {asset_id} is in use by {shown}: move or retire those first"
        raise ConflictError(
            why, Refusal.ASSET_IN_USE, asset_id=asset_id, users=", ".join(users[:5]) + ", …" * (len(users) > 5)
        )
    touched = {AssetKind.SENSOR: "sensor_id", AssetKind.BIN: "bin_id"}.get(kind)
    own = tuple(each for each in city.installations if touched and getattr(each, touched) == asset_id)
    left = tuple(each for each in city.installations if each not in own) if own else city.installations
    rest: dict[str, Any] = {FIELD_OF[kind]: {key: at for key, at in members(city, kind).items() if key != asset_id}}
    ended = tuple(_ended(each, now_utc) for each in own)
    return Edited(replace(city, **rest, installations=left), (Retired(kind, asset_id, now_utc, value, ended),))


def retire_bins(city: City, bin_ids: Sequence[BinId], now_utc: datetime) -> Edited:
    """Take many bins out of use at once."""
    gone = {bin_id: city.bins[bin_id] for bin_id in bin_ids}
    ended: dict[BinId, list[Installation]] = {bin_id: [] for bin_id in gone}
    left = []
    for each in city.installations:
        ended[each.bin_id].append(_ended(each, now_utc)) if each.bin_id in gone else left.append(each)
    rest = {key: each for key, each in city.bins.items() if key not in gone}
    retired = (Retired(AssetKind.BIN, bin_id, now_utc, value, tuple(ended[bin_id])) for bin_id, value in gone.items())
    return Edited(replace(city, bins=rest, installations=tuple(left)), tuple(retired))


def _ended(each: Installation, at_utc: datetime) -> Installation:
    if each.to_utc is not None or each.from_utc >= at_utc:
        return each
    return replace(each, to_utc=at_utc)


def take_down(city: City, sensor_id: SensorId, at_utc: datetime) -> City:
    """End the sensor's installation.

    Raises:
        ConflictError: If it hangs nowhere, or was hung at that time or later.
    """
    hangings = Hangings(city.installations)
    hung = hangings.of_sensor(sensor_id)
    if hung is None:
        raise ConflictError(
            f"sensor {sensor_id} hangs in no bin: there is nothing to take down",
            Refusal.SENSOR_HANGS_NOWHERE,
            sensor_id=sensor_id,
        )
    hangings.take_down(hung, at_utc)
    return replace(city, installations=hangings.all())


def hang(city: City, new: Installation) -> City:
    """Hang a sensor in a bin from `new.from_utc` on; what hung there, and where it hung before, ends at that time.

    Raises:
        NotFoundError: If the bin or the sensor is not there.
        ConflictError: If the sensor hung anywhere later than that: no time may have two answers.
    """
    find(city, AssetKind.BIN, new.bin_id)
    find(city, AssetKind.SENSOR, new.sensor_id)
    hangings = Hangings(city.installations)
    hangings.hang(new)
    return replace(city, installations=hangings.all())
