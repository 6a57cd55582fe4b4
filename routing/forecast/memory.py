"""What is kept between two forecasts: sums of the past, and the newest three days as they were heard.

`recall` takes news in and says what is known now. Nothing is learnt anew: what lies more than three days before a
bin's newest level is in the sums for good; what came later is looked at again each time, since an echo, a bump or a
driver's late tap is understood only by what follows it. Relearning is the same call with an empty memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import calendar_between
from routing.forecast.emptied import SAME_EMPTYING_S
from routing.forecast.evidence import Evidence
from routing.forecast.influences import ORDINARY, Influences
from routing.forecast.learn import learn
from routing.forecast.learned import Learned
from routing.forecast.level import Levels, last_levels
from routing.forecast.looks import NOTHING_HEARD, Looks
from routing.forecast.observations import Observations, observe
from routing.forecast.places import places_of
from routing.forecast.state import Heard, heard_of
from routing.forecast.sums import DAY_S, Sums
from tomma.city import City
from tomma.model import UNTRUSTED, BinId

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

TAIL_S = 3 * DAY_S
"""So long readings, taps and second thoughts may come late."""
AHEAD_S = 14 * DAY_S
"""How far the calendar reaches beyond now; further on, all hours count the same."""
BEHIND_S = 400 * DAY_S
"""How far it reaches back at most."""
BY_BIN = ("settled_s", "gap_s", "watched_s", "emptied_s")


@dataclass(frozen=True)
class ForecastMemory:
    """All that a forecast needs of the past; the same after the same news, however often they came."""

    bin_ids: tuple[BinId, ...]
    groups: tuple[str, ...]
    timezone: str
    as_of_s: float
    """Until when it has heard; -inf when it never has."""
    sums: Sums
    settled_s: FloatArray
    """What ends not later than this is in the sums. By bin."""
    gap_s: FloatArray
    """How far apart a sensor's readings usually are, NaN where nobody knows. By bin."""
    watched_s: FloatArray
    """When each bin was first heard of; NaN for one that never was. By bin."""
    emptied_s: FloatArray
    """When each was last emptied, NaN where nobody knows. By bin."""
    tail: Looks

    @classmethod
    def empty(cls, city: City) -> "ForecastMemory":
        """Return the memory of a city that never told anything."""
        places, bins = places_of(city), len(city.bins)
        return cls(
            bin_ids=tuple(city.bins),
            groups=places.names,
            timezone=city.organisation.timezone,
            as_of_s=-np.inf,
            sums=Sums.nothing(bins, len(places.names), -np.inf),
            settled_s=np.full(bins, -np.inf),
            gap_s=np.full(bins, np.nan),
            watched_s=np.full(bins, np.nan),
            emptied_s=np.full(bins, np.nan),
            tail=NOTHING_HEARD,
        )

    def last_emptied(self) -> Mapping[BinId, datetime]:
        """Return when each bin was last emptied, as far as anybody knows."""
        return _times(self.bin_ids, self.emptied_s)

    def unemptied_since(self) -> Mapping[BinId, datetime]:
        """Return since when each bin has certainly not been emptied: its last emptying, else the first word of it."""
        return _times(self.bin_ids, np.where(np.isfinite(self.emptied_s), self.emptied_s, self.watched_s))

    def fitted(self, city: City) -> "ForecastMemory":
        """Return the memory of a city whose bins and kinds of bin may have changed: new ones start with nothing."""
        fresh = ForecastMemory.empty(city)
        if (self.bin_ids, self.groups) == (fresh.bin_ids, fresh.groups):
            return self
        bins, groups = _numbers(self.bin_ids, fresh.bin_ids), _numbers(self.groups, fresh.groups)
        here = bins >= 0
        for name in BY_BIN:
            getattr(fresh, name)[bins[here]] = getattr(self, name)[here]
        return replace(
            fresh,
            as_of_s=self.as_of_s,
            sums=self.sums.renumbered(bins, len(fresh.bin_ids), groups, len(fresh.groups)),
            tail=self.tail.renumbered(bins) + NOTHING_HEARD,
        )


@dataclass(frozen=True)
class Recalled:
    """What is known at one moment, and the memory to keep for the next."""

    memory: ForecastMemory
    learned: Learned
    levels: Levels
    heard: Heard
    no_data: BoolArray
    """By bin."""


def recall(
    memory: ForecastMemory, city: City, news: Looks, now_utc: datetime, influences: Influences = ORDINARY
) -> Recalled:
    """Return what memory and news together tell of `city` at `now_utc`; what lies later is not looked at.

    News may tell again what was told before. Of a bin's past more than three days before its newest level they come
    too late: only relearning takes them in.

    Raises:
        ValueError: If the memory has heard of things after `now_utc`: it cannot forget them.
    """
    now_s = now_utc.timestamp()
    if memory.as_of_s > now_s:
        raise ValueError(f"now_utc must not lie before what is remembered, got {now_utc} and {memory.as_of_s:.0f} s")
    memory = memory.fitted(city)
    looks = memory.tail + _in_time(news, memory.settled_s).until(now_s)
    seen, heard = observe(len(memory.bin_ids), looks), _heard(memory, looks)
    places = places_of(city)
    first_s = max(float(min(seen.time_s.min(initial=now_s), now_s)), now_s - BEHIND_S)
    paces = influences.paces(city, places, calendar_between(memory.timezone, first_s, now_s + AHEAD_S))
    past = memory.sums.faded(_newest_s(seen), now_s)
    learned = learn(seen, memory.settled_s, past, places, paces)
    levels = last_levels(seen, learned.rates, learned.spread, learned.clocks, learned.noise_sd, learned.leftover, now_s)
    known = np.isfinite(past.newest_s) | np.isfinite(seen.reset_s)
    settled_s = _settled_s(seen, memory.settled_s)
    settling = Evidence.of(seen, memory.settled_s, settled_s, past, places, paces)
    kept = replace(
        memory,
        as_of_s=now_s,
        sums=past + settling.sums(learned),
        settled_s=settled_s,
        gap_s=heard.usual_gap_s,
        watched_s=_earliest(memory.watched_s, looks),
        emptied_s=_latest(memory.emptied_s, looks),
        tail=_tail(looks, seen, settled_s, heard),
    )
    return Recalled(kept, learned, levels, heard, ~known)


def _times(bin_ids: Sequence[BinId], time_s: FloatArray) -> Mapping[BinId, datetime]:
    known = zip(bin_ids, time_s.tolist(), strict=True)
    return {bin_id: datetime.fromtimestamp(each, UTC) for bin_id, each in known if np.isfinite(each)}


def _in_time(news: Looks, settled_s: FloatArray) -> Looks:
    levels, resets = news.levels, news.resets
    return Looks(
        levels.rows(levels.time_s >= settled_s[levels.bin_of]), resets.rows(resets.time_s >= settled_s[resets.bin_of])
    )


def _heard(memory: ForecastMemory, looks: Looks) -> Heard:
    heard = heard_of(len(memory.bin_ids), looks.levels)
    return replace(heard, usual_gap_s=np.where(np.isfinite(heard.usual_gap_s), heard.usual_gap_s, memory.gap_s))


def _newest_s(seen: Observations) -> FloatArray:
    rows = seen.last_of_bin
    return np.where(rows >= 0, seen.time_s[rows] if len(seen.time_s) else -np.inf, -np.inf)


def _settled_s(seen: Observations, before_s: FloatArray) -> FloatArray:
    """Return the newest level of each bin that lies before the last whole days, so that no day is cut in two."""
    limit_s = np.floor((_newest_s(seen) - TAIL_S) / DAY_S) * DAY_S
    old = seen.time_s < limit_s[seen.bin_of]
    settled_s = before_s.copy()
    np.maximum.at(settled_s, seen.bin_of[old], seen.time_s[old])
    return settled_s


def _tail(looks: Looks, seen: Observations, settled_s: FloatArray, heard: Heard) -> Looks:
    """Return what has to be looked at again: from the last settled level on."""
    levels, resets = looks.levels, looks.resets
    distrusted = (levels.quality & int(UNTRUSTED)) != 0
    stale = distrusted & (levels.time_s < heard.newest_s[levels.bin_of] - TAIL_S - DAY_S)
    newest_s = np.where(np.isfinite(seen.reset_s), seen.reset_s, -np.inf)
    since_s = np.where(np.isfinite(settled_s), settled_s - SAME_EMPTYING_S, newest_s - TAIL_S)
    return Looks(
        levels.rows((levels.time_s >= settled_s[levels.bin_of]) & ~stale),
        resets.rows(resets.time_s >= since_s[resets.bin_of]),
    )


def _earliest(watched_s: FloatArray, looks: Looks) -> FloatArray:
    watched_s = watched_s.copy()
    np.fmin.at(watched_s, looks.levels.bin_of, looks.levels.time_s)
    return watched_s


def _latest(emptied_s: FloatArray, looks: Looks) -> FloatArray:
    emptied_s = emptied_s.copy()
    np.fmax.at(emptied_s, looks.resets.bin_of, looks.resets.time_s)
    return emptied_s


def _numbers(old: tuple[str, ...] | tuple[BinId, ...], new: tuple[str, ...] | tuple[BinId, ...]) -> IntArray:
    number = {name: at for at, name in enumerate(new)}
    return np.array([number.get(name, -1) for name in old], dtype=np.int64)
