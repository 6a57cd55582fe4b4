"""What a plan was made from, kept so that it can be changed by hand: the same demands, trucks and prices. Pure.

Without it an edit would be weighed against another forecast than the plan it changes, and nobody could tell what the
edit cost and what the weather did.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from routing.choice.demand import Demand
from tomma.codec import from_json, to_json
from tomma.model import FractionCode, VehicleId
from tomma.plan import Wishes
from tomma.planning_settings import PlanningSettings
from tomma.trucks import Vehicle

MOST_BYTES = 256 * 1024 * 1024
"""Unpacked; 100,000 bins take a fifth of it."""


@dataclass(frozen=True)
class Basis:
    """Everything about one plan that master data does not tell."""

    day: date
    snapshot_utc: datetime
    not_before_s: int
    settings: PlanningSettings
    wishes: Wishes
    vehicles: tuple[Vehicle, ...]
    """On duty, with the shifts that were decided for the day."""
    carried: Mapping[VehicleId, frozenset[FractionCode]]
    """Which streams each of them collects that day."""
    asked: tuple[Demand, ...]
    """Of every bin, before wishes."""


@dataclass(frozen=True)
class _Written:
    """The form it is kept in: settings are told as text, their model is not a dataclass."""

    day: date
    snapshot_utc: datetime
    not_before_s: int
    settings: str
    wishes: Wishes
    vehicles: tuple[Vehicle, ...]
    carried: Mapping[VehicleId, frozenset[FractionCode]]
    asked: tuple[Demand, ...]


def to_bytes(basis: Basis) -> bytes:
    """Return the basis in the form it is kept in."""
    values = {name: getattr(basis, name) for name in _Written.__dataclass_fields__ if name != "settings"}
    return zlib.compress(to_json(_Written(settings=basis.settings.model_dump_json(), **values)), level=3)


def from_bytes(kept: bytes) -> Basis:
    """Return the basis; ValueError when it is damaged, or of another version of this program."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(kept, MOST_BYTES)
    except zlib.error as exc:
        raise ValueError(f"a plan's basis must be whole, got damage: {exc}") from exc
    written = from_json(text, _Written)
    values = {name: getattr(written, name) for name in _Written.__dataclass_fields__ if name != "settings"}
    return Basis(settings=PlanningSettings.model_validate_json(written.settings), **values)
