"""One run of `tomma simulate --replay`: register what the recording needs, then play it once."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from simulator.door import register_city
from simulator.messages import OutMessage
from simulator.publisher import BrokerLogin, Publisher
from simulator.replay.edinburgh import is_collections, messages_of, read_collections, whole_weeks_until
from simulator.replay.edinburgh_city import edinburgh_city, read_positions
from simulator.replay.recordings import read_recording, recorded_city
from tomma.city import City
from tomma.errors import ImportRefusedError
from tomma.settings import Settings

TELL_EVERY = 5_000


@dataclass(frozen=True, slots=True)
class ReplayChoices:
    """What the person asked for."""

    path: Path
    positions: Path | None
    rate_per_s: float
    """0: as fast as the broker acknowledges."""
    as_of_now: bool
    replaces_city: bool


@dataclass(frozen=True, slots=True)
class Playable:
    """A recording, ready to go."""

    city: City
    messages: Iterable[OutMessage]
    counts: dict[str, object]


def replay(
    settings: Settings,
    login: BrokerLogin,
    choices: ReplayChoices,
    stop: threading.Event,
    tell: Callable[[str], None],
) -> dict[str, object]:
    """Play the recording and return once the broker has acknowledged all of it."""
    playable = _read(settings, choices)
    register_city(settings, playable.city, replace=choices.replaces_city)
    tell(f"city registered bins={len(playable.city.bins)}")
    began_s = time.monotonic()
    with Publisher(login, "tomma-replay") as publisher:
        publisher.publish(_paced(playable.messages, choices.rate_per_s, stop, tell))
        publisher.flush()
    return {
        **playable.counts,
        "bins": len(playable.city.bins),
        "published": publisher.acknowledged,
        "took_s": round(time.monotonic() - began_s, 2),
    }


def _read(settings: Settings, choices: ReplayChoices) -> Playable:
    if choices.path.is_file() and choices.path.suffix == ".csv":
        return _collections(settings, choices)
    paths = sorted(choices.path.glob("*.json*")) if choices.path.is_dir() else [choices.path]
    recording = read_recording(paths)
    if not recording.messages:
        raise ImportRefusedError(f"{choices.path}: no message in it that ingest has a door for")
    skipped = dict(recording.skipped)
    return Playable(recorded_city(recording), recording.messages, {"recording": "messages", "skipped": skipped})


def _collections(settings: Settings, choices: ReplayChoices) -> Playable:
    if not is_collections(choices.path):
        raise ImportRefusedError(f"{choices.path}: not an export of collections; its first line must name the columns")
    collections = read_collections(choices.path)
    positions = choices.positions or choices.path.with_name("litter-bins.csv")
    listed = read_positions(positions) if positions.exists() else ()
    now_utc = settings.clock.clock().now_utc()
    shift = whole_weeks_until(collections, now_utc) if choices.as_of_now else timedelta()
    counts: dict[str, object] = {"recording": "collections", "collections": len(collections), "moved_days": shift.days}
    return Playable(edinburgh_city(collections, listed), messages_of(collections, shift=shift), counts)


def _paced(
    messages: Iterable[OutMessage], rate_per_s: float, stop: threading.Event, tell: Callable[[str], None]
) -> Iterator[OutMessage]:
    began_s = time.monotonic()
    for number, message in enumerate(messages):
        ahead_s = number / rate_per_s - (time.monotonic() - began_s) if rate_per_s else 0.0
        if stop.is_set() or (ahead_s > 0.0 and stop.wait(ahead_s)):
            return
        if number and number % TELL_EVERY == 0:
            tell(f"replayed {number} messages, up to {message.measured_utc}")
        yield message
