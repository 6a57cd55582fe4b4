"""What of the city is open to everybody: nothing, until a manager lists it. Pure.

Only places and, if wished, how full the bins were some time ago leave the house by it. What is small enough to stand
at one household stays in: how full it is would tell who is away.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from tomma.bounds import BoundError, Rule, check_utc, check_within
from tomma.city import City
from tomma.model import BinId, FractionCode

VOLUME_MIN_L = 600.0
"""Containers of 660 l are shared by a house or more; those below stand at a door."""
DELAY_MAX_H = 168
WITHHELD_MAX = 1_000
ADDRESS = re.compile(r"[^@\s<>,;:\"\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,255}")


class Licence(StrEnum):
    """What others may do with the data, by its SPDX name."""

    CC0 = "CC0-1.0"
    CC_BY = "CC-BY-4.0"


class FillShown(StrEnum):
    """How finely strangers are told how full a bin was."""

    NONE = "none"
    QUARTERS = "quarters"
    TENTHS = "tenths"


STEPS: Mapping[FillShown, int] = {FillShown.NONE: 0, FillShown.QUARTERS: 4, FillShown.TENTHS: 10}


@dataclass(frozen=True, slots=True)
class OpenData:
    """What a manager opened."""

    fractions: frozenset[FractionCode] = frozenset()
    """Only bins of these streams; none: nothing is open."""
    areas: frozenset[str] = frozenset()
    """Only bins of these areas, "" for places without one; none: nothing is open. A new area is not open by itself."""
    withheld_bin_ids: frozenset[BinId] = frozenset()
    """Bins that stay in whatever the lists say."""
    volume_min_l: float = VOLUME_MIN_L
    place_names: bool = False
    """Whether the names of places are told; they may hold the names of people."""
    fill: FillShown = FillShown.NONE
    delay_h: int = 1
    """The level that is told is the last one measured before so many full hours ago."""
    licence: Licence = Licence.CC0
    contact_email: str = ""
    """Whom users of the data may write to; an office, not a person."""
    changed_utc: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    revision: int = 0

    def __post_init__(self) -> None:
        """Refuse a delay into the future, and an address that is none."""
        check_within("volume_min_l", self.volume_min_l, 0.0, 100_000.0)
        check_within("delay_h", self.delay_h, 0, DELAY_MAX_H)
        check_within("withheld_bin_ids", len(self.withheld_bin_ids), 0, WITHHELD_MAX)
        check_utc("changed_utc", self.changed_utc)
        if self.contact_email and not ADDRESS.fullmatch(self.contact_email):
            raise BoundError("contact_email", Rule.EMAIL, "must be an e-mail address", repr(self.contact_email))

    @property
    def is_open(self) -> bool:
        """Whether there is anything for strangers at all."""
        return bool(self.fractions and self.areas)

    def opens(self, city: City, bin_id: BinId) -> bool:
        """Return whether strangers may know of the bin."""
        own = city.bins[bin_id]
        return (
            own.fraction_code in self.fractions
            and city.sites[own.site_id].area in self.areas
            and bin_id not in self.withheld_bin_ids
            and city.container_types[own.container_type_id].volume_l >= self.volume_min_l
        )

    def as_of(self, now_utc: datetime) -> datetime:
        """Return the full hour whose levels are told at `now_utc`."""
        return now_utc.replace(minute=0, second=0, microsecond=0) - timedelta(hours=self.delay_h)


def opened_bins(city: City, opened: OpenData) -> Collection[BinId]:
    """Return the bins that strangers may know of, sorted."""
    return sorted(bin_id for bin_id in city.bins if opened.opens(city, bin_id))


def band(fill_fraction: float, shown: FillShown) -> tuple[float, float]:
    """Return the step that the level lies on: from, included, and to, excluded but at the top.

    >>> band(0.62, FillShown.QUARTERS), band(1.0, FillShown.TENTHS)
    ((0.5, 0.75), (0.9, 1.0))
    """
    steps = STEPS[shown]
    step = min(int(fill_fraction * steps), steps - 1)
    return step / steps, (step + 1) / steps


class OpenDataBook(Protocol):
    """Keeps what a manager opened."""

    def opened(self) -> OpenData:
        """Return what is open; nothing before anybody opened anything."""

    def open_up(self, opened: OpenData, revision: int) -> OpenData:
        """Keep it in place of the one with this revision, and return it with its own; ConflictError if that is gone."""
