"""Everything that can go wrong and is ours to tell.

TommaError
├── ConfigurationError        a setting is missing, unknown or out of bounds: fix it and start again
├── StoreUnavailableError     a store cannot promise durability now: nothing was acknowledged, try later
├── ConflictError             somebody else was first, or the thing has moved on: read again
├── NotFoundError             there is no such thing (or it is not yours to see)
├── ImportRefusedError        a file does not say what it must: the rows are named
├── RoadsUnavailableError     the street network cannot be asked: the marked fallback is used
├── NotSentError              a message to people or another system did not leave: it is tried again, or given up
└── EngineFailedError         a planner gave no usable answer in time: the next one is asked

A bad message from a sensor is not in this tree: it is a value (`tomma.model.Rejected`).
"""

from enum import StrEnum


class TommaError(Exception):
    """The root: says what, with which value, and what now."""


class ConfigurationError(TommaError):
    """A setting is missing, unknown or out of bounds."""


class StoreUnavailableError(TommaError):
    """A store cannot promise durability now; nothing was acknowledged."""


class Refusal(StrEnum):
    """Why something asked for cannot be done, where the pages have words for it; the rest are plain conflicts."""

    ASSET_EXISTS = "asset-exists"
    """values: asset_id"""
    ASSET_IN_USE = "asset-in-use"
    """values: asset_id, users (the first ids)"""
    BASIS_GONE = "basis-gone"
    """What a plan was made from is no longer kept."""
    BIN_DONE = "bin-done"
    """values: bin_id"""
    BIN_OFF_PLAN = "bin-off-plan"
    """values: bin_id"""
    BIN_ON_PLAN = "bin-on-plan"
    """values: bin_id"""
    BIN_UNKNOWN = "bin-unknown"
    """values: bin_id"""
    CITY_CHANGED = "city-changed"
    """Bins or depots came or went since the plan was made."""
    DEVICE_HAS_LOGIN = "device-has-login"
    """values: device_id"""
    DAY_OUT_OF_RANGE = "day-out-of-range"
    """values: first, last (local days)"""
    NO_ROAD = "no-road"
    """values: bin_id, or vehicle_id where no bin is alone to blame"""
    NOT_BEING_MADE = "not-being-made"
    """The plan is no longer made, or another server makes it."""
    OTHER_SENSOR_HANGS = "other-sensor-hangs"
    """values: bin_id; what the page showed there is no longer so"""
    OVERTAKEN = "overtaken"
    """Another plan of the day was published at the same moment."""
    PLAN_NOT_CHANGEABLE = "plan-not-changeable"
    PLAN_NOT_MADE = "plan-not-made"
    PLAN_NOT_PUBLISHED = "plan-not-published"
    PLAN_NOT_READY = "plan-not-ready"
    RULES_BROKEN = "rules-broken"
    """Nobody has accepted the warnings."""
    SENSOR_HANGS_NOT_THERE = "sensor-hangs-not-there"
    """values: sensor_id, bin_id"""
    TRUCK_OFF_DUTY = "truck-off-duty"
    """values: vehicle_id"""
    TRUCKS_LEFT = "trucks-left"
    # Why a plan that was ordered came to nothing.
    CHECKER_REFUSED = "checker-refused"
    NO_ANSWER = "no-answer"
    PLANNER_CRASHED = "planner-crashed"
    SERVER_STOPPED = "server-stopped"
    # Why a morning's plan was not made, or waits.
    MORNING_TOO_LATE = "morning-too-late"
    OTHER_PLAN_PUBLISHED = "other-plan-published"
    SERVER_WAS_DOWN = "server-was-down"


class ConflictError(TommaError):
    """Somebody else was first, or the thing has moved on; `kind` and `values` tell it to a page in its own words."""

    def __init__(self, why: str = "", kind: Refusal | None = None, **values: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.values = values


class NotFoundError(TommaError):
    """There is no such thing, or it is not the asker's to see."""


class ImportRefusedError(TommaError):
    """A file does not say what it must; the message names the rows."""


class RoadsUnavailableError(TommaError):
    """The street network cannot be asked."""


class NotSentError(TommaError):
    """A message did not leave; `for_good` when trying again cannot help."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


class EngineFailedError(TommaError):
    """A planner gave no usable answer in time."""
