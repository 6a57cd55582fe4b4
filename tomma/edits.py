"""What a person changes on a plan by hand, and the rules that this breaks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tomma.bounds import BoundError, Rule, check_within
from tomma.model import BinId, VehicleId

POSITION_MAX = 20_000


class EditKind(StrEnum):
    """What is done with one bin."""

    LOCK = "lock"
    """It stays with its truck, also when the plan is made again."""
    UNLOCK = "unlock"
    ADD = "add"
    REMOVE = "remove"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change. Without a truck it is the bin's own, or for a new bin the one where it costs least."""

    kind: EditKind
    bin_id: BinId
    vehicle_id: VehicleId | None = None
    position: int | None = None
    """How many bins its truck has emptied before it; None: where it costs least."""

    def __post_init__(self) -> None:
        """Refuse a place in the round where nobody asked for one."""
        if self.position is None:
            return
        if self.kind not in (EditKind.ADD, EditKind.MOVE):
            bound = "belongs to an edit of kind add or move"
            raise BoundError("position", Rule.BELONGS, bound, f"it with {self.kind}", other="kind")
        check_within("position", self.position, 0, POSITION_MAX)


class RuleCode(StrEnum):
    """Which rule a plan breaks. The pages put each code into words; `values` of `BrokenRule` carry the numbers."""

    SHIFT_END = "shift_end"
    """values: late_s (home after the end of the shift and its overtime), overtime_s (that is allowed)"""
    SHIFT_START = "shift_start"
    """values: early_s"""
    OVERLOAD_L = "overload_l"
    """values: volume_l, capacity_l"""
    OVERLOAD_KG = "overload_kg"
    """values: weight_kg, capacity_kg"""
    DAILY_LIMIT_L = "daily_limit_l"
    """values: volume_l, limit_l"""
    DAILY_LIMIT_KG = "daily_limit_kg"
    """values: weight_kg, limit_kg"""
    DAILY_LIMIT_BINS = "daily_limit_bins"
    """values: bins, limit_bins"""
    UNLOAD_LIMIT = "unload_limit"
    """values: unloads, limit_unloads"""
    NOT_UNLOADED = "not_unloaded"
    """values: volume_l, weight_kg; the truck comes home with them"""
    FRACTION = "fraction"
    """values: none; the truck does not take the bin's stream today"""
    SKILL = "skill"
    """values: none; the truck lacks what the bin needs, such as a crane"""
    LOCKED = "locked"
    """values: none; the bin is locked to another truck"""
    LOCK_ORDER = "lock_order"
    """values: none; the stop that the truck is on its way to no longer comes first"""
    ACCESS_EARLY = "access_early"
    """values: early_s; before the site may be entered, or the gate opens"""
    ACCESS_LATE = "access_late"
    """values: late_s; after the site may be entered, or the gate has closed"""
    ACCESS_SHUT = "access_shut"
    """values: late_s (since it was shut)"""
    GATE_FRACTION = "gate_fraction"
    """values: none; the disposal site does not take what is aboard"""
    GATE_SKILL = "gate_skill"
    """values: none; the disposal site does not let this truck in"""
    BREAK_MISSING = "break_missing"
    """values: over_s (how long after its latest start the truck comes home)"""
    BREAK_TIME = "break_time"
    """values: late_s or early_s"""
    NO_ROAD = "no_road"
    """values: none"""
    MUST_LEFT = "must_left"
    """values: p_overflow; a bin that has to be emptied is not on the plan"""
    UNSOUND = "unsound"
    """values: none; times or sums do not add up: a fault of ours, never of a person"""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """One rule that the plan breaks, where, and by how much."""

    code: RuleCode
    vehicle_id: VehicleId | None = None
    bin_id: BinId | None = None
    values: Mapping[str, float] = field(default_factory=dict)
