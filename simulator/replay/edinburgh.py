"""Edinburgh's collections of summer 2016, as its Enevo sensors recorded them: 10,000 events of 334 bins.

The recording holds no readings between collections: only the fill just before and just after each one. So each
collection becomes a level just before and one just after, at the recorded local time, and nothing is made up in
between. Each level is sent `repeat` times, two minutes apart and unchanged: a detector of emptyings asks for a second
opinion that a recording with one number a time cannot give. 100 % there means 80 % physically full.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import msgspec

from simulator.messages import OutMessage
from tomma.errors import ImportRefusedError
from tomma.model import SensorId

ZONE = ZoneInfo("Europe/London")
APART = timedelta(minutes=2)
COLUMNS = ("site", "site_name", "address", "t_local", "fill_before_pct", "fill_after_pct", "volume_l")


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection, as the operator's export tells it."""

    site: str
    site_name: str
    address: str
    at_local: datetime
    """Time on the wall in Edinburgh, without a zone, as recorded."""
    fill_before_pct: float
    fill_after_pct: float
    volume_l: float
    """What was collected."""

    def at_utc(self, shift: timedelta = timedelta()) -> datetime:
        """Return the time in UTC, moved by `shift` on the wall so that a weekday stays one."""
        return (self.at_local + shift).replace(tzinfo=ZONE).astimezone(UTC)


def is_collections(path: Path) -> bool:
    """Return whether the file's first line names the columns of this export."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return set(COLUMNS) <= set(file.readline().strip().split(","))


def read_collections(path: Path) -> tuple[Collection, ...]:
    """Return every collection, oldest first; ImportRefusedError names the row that does not fit."""
    found: list[Collection] = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                found.append(_collection(row))
            except (KeyError, TypeError, ValueError) as exc:
                raise ImportRefusedError(f"{path} line {number}: {exc!r}") from exc
    return tuple(sorted(found, key=lambda each: (each.at_local, each.site)))


def _collection(row: dict[str, str]) -> Collection:
    return Collection(
        site=row["site"],
        site_name=row["site_name"],
        address=row["address"],
        at_local=datetime.fromisoformat(row["t_local"]),
        fill_before_pct=_pct(row["fill_before_pct"]),
        fill_after_pct=_pct(row["fill_after_pct"]),
        volume_l=float(row["volume_l"]),
    )


def _pct(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 100.0:
        raise ValueError(f"fill must be within [0, 100] %, got {text}")
    return value


def sensor_of(site: str) -> SensorId:
    """Return the sensor that recorded a site."""
    return SensorId(f"enevo-{site}")


def rated_volumes_l(collections: Sequence[Collection]) -> dict[str, float]:
    """Return each site's volume at 100 %, from what was collected per per cent emptied (100, 240, 480 l and so on)."""
    per_site: dict[str, list[float]] = defaultdict(list)
    for each in collections:
        emptied_pct = each.fill_before_pct - each.fill_after_pct
        if emptied_pct > 0 and each.volume_l > 0:
            per_site[each.site].append(100.0 * each.volume_l / emptied_pct)
    return {site: round(median(volumes) / 10.0) * 10.0 for site, volumes in per_site.items()}


def whole_weeks_until(collections: Sequence[Collection], now_utc: datetime) -> timedelta:
    """Return how many whole weeks the recording can move so that it ends before `now_utc`."""
    last_utc = max(each.at_utc() for each in collections)
    return timedelta(weeks=(now_utc - last_utc).days // 7)


def messages_of(
    collections: Sequence[Collection], *, repeat: int = 2, shift: timedelta = timedelta()
) -> Iterator[OutMessage]:
    """Yield every site's levels in order of time, all sites interleaved as they would have come."""
    levels: list[tuple[datetime, str, float]] = []
    for each in collections:
        at_utc = each.at_utc(shift)
        for number in range(repeat):
            levels.append((at_utc - (number + 0.5) * APART, each.site, each.fill_before_pct))
            levels.append((at_utc + (number + 0.5) * APART, each.site, each.fill_after_pct))
    for moment, site, fill_pct in sorted(levels):
        yield _message(sensor_of(site), moment, fill_pct)


def _message(sensor_id: SensorId, moment: datetime, fill_pct: float) -> OutMessage:
    body = {
        "sensor_id": sensor_id,
        "measured_utc": moment.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "fill_pct": fill_pct,
    }
    return OutMessage(f"tomma/v1/{sensor_id}/reading", msgspec.json.encode(body), sensor_id, moment)
