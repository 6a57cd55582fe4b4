"""The forecast as planner and pages ask for it: from the stores, with a memory on the disk where there is one."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from routing.ahead.histories import load_histories, load_news
from routing.ahead.influences_file import read_influences
from routing.forecast import (
    ORDINARY,
    BinHistory,
    CityForecast,
    ForecastMemory,
    Influences,
    forecast_from,
    from_bytes,
    looks_of,
    recall,
    to_bytes,
)
from tomma.city import City
from tomma.errors import ImportRefusedError, StoreUnavailableError
from tomma.model import BinId
from tomma.ports import EventLog, ReadingStore
from tomma.stores.files.drafts import replacing

log = logging.getLogger(__name__)

STALE = timedelta(days=3)
"""An older memory may have missed what came late: then four weeks are learnt anew."""
LATE_READINGS, LATE_EVENTS = timedelta(hours=24), timedelta(hours=72)
"""So far back news is read again: a gateway that was down sends a day late, a tablet after a weekend."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a forecast may use besides the stores."""

    memory_file: Path | None = None
    """Where the memory lies between two forecasts; without one four weeks are learnt anew each time."""
    days_file: Path | None = None
    """What the city tells of special days (`routing.ahead.influences_file`); it need not exist."""

    @classmethod
    def beside(cls, data_dir: Path) -> "Foresight":
        """Return where these are kept: `forecast.msgpack` and `special-days.csv` in the data directory."""
        return cls(data_dir / "forecast.msgpack", data_dir / "special-days.csv")

    def influences(self) -> Influences:
        """Return the special days; a file that cannot be read costs no forecast, only what it would have told."""
        if self.days_file is None or not self.days_file.exists():
            return ORDINARY
        try:
            return read_influences(self.days_file)
        except (ImportRefusedError, OSError, UnicodeDecodeError) as exc:
            log.warning("special days left out reason=%s", exc)
            return ORDINARY


@dataclass(frozen=True)
class Outlook:
    """How the bins will fill, and what else is known of them."""

    forecast: CityForecast
    last_emptied: Mapping[BinId, datetime]
    """As far as anybody knows."""
    unemptied_since: Mapping[BinId, datetime]
    """Since when each has stood unemptied: what a hygiene interval counts from."""


def city_outlook(
    city: City, readings: ReadingStore, events: EventLog, now_utc: datetime, foresight: Foresight | None = None
) -> Outlook:
    """Return the outlook from what is stored.

    With a memory only what came since the last call is read, and the memory is kept for the next one. A memory that
    is missing, damaged, of another version, too old, or of a later time is no trouble: four weeks are learnt anew.
    """
    foresight = foresight or Foresight()
    memory = _remembered(foresight.memory_file, city, now_utc)
    if memory is None:
        memory = ForecastMemory.empty(city)
        news = load_histories(city, readings, events, now_utc)
    else:
        news = _news_since(memory, city, readings, events, now_utc)
    looks = looks_of(tuple(city.bins), news, now_utc)
    recalled = recall(memory, city, looks, now_utc, foresight.influences())
    _keep(foresight.memory_file, recalled.memory)
    kept = recalled.memory
    return Outlook(forecast_from(recalled, city, now_utc), kept.last_emptied(), kept.unemptied_since())


def _news_since(
    memory: ForecastMemory, city: City, readings: ReadingStore, events: EventLog, now_utc: datetime
) -> Mapping[BinId, BinHistory]:
    since_utc = datetime.fromtimestamp(memory.as_of_s, UTC)
    return load_news(
        city,
        readings,
        events,
        now_utc,
        readings_from=since_utc - LATE_READINGS,
        events_from=since_utc - LATE_EVENTS,
    )


def _remembered(file: Path | None, city: City, now_utc: datetime) -> ForecastMemory | None:
    if file is None or not file.exists():
        return None
    try:
        memory = from_bytes(file.read_bytes())
    except (ValueError, OSError) as exc:
        log.warning("forecast learnt anew reason=%s", exc)
        return None
    age = now_utc - datetime.fromtimestamp(memory.as_of_s, UTC)
    usable = timedelta(0) <= age <= STALE and memory.timezone == city.organisation.timezone
    return memory if usable else None


def _keep(file: Path | None, memory: ForecastMemory) -> None:
    """Put the memory in its place in one step: a reader sees the old one or the new one. It can always be relearnt."""
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as draft:
            draft.write_bytes(to_bytes(memory))
    except (OSError, StoreUnavailableError) as exc:
        log.warning("forecast's memory not kept reason=%s", exc)
