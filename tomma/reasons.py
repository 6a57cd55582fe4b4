"""Why a bin is on a plan, or not: a code for people of any language, and the numbers that decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ReasonCode(StrEnum):
    """Why a bin is on the plan, or not. The pages put each code into words, in Swedish and English."""

    OVERFLOW_RISK = "overflow_risk"
    """values: p_overflow (probability), by_h (hours ahead), alpha (the accepted probability)"""
    FULL_NOW = "full_now"
    """values: fill_fraction"""
    WORTH_THE_DETOUR = "worth_the_detour"
    """values: prize_minor, p_overflow, due_in_h (until it would have to be emptied), later_minor (what the visit would
    cost then); on a route also passes_m (to the nearest other stop) and saves_minor (later_minor less today)"""
    ON_THE_WAY = "on_the_way"
    """values: as worth_the_detour; the truck comes by, and what that saves rounds to nothing"""
    HYGIENE_INTERVAL = "hygiene_interval"
    """values: days_since_emptied, limit_days"""
    SILENT_SENSOR = "silent_sensor"
    """values: silent_h, p_overflow; the forecast widened until a visit paid"""
    REQUESTED = "requested"
    """values: asked_h (since then; missing in old plans); a person asked for it"""
    RESIDENT_ASKED = "resident_asked"
    """values: asked_h; somebody at the bin did, by the sticker on it"""
    NOT_NEEDED_YET = "not_needed_yet"
    """values: fill_fraction, p_overflow, by_h, due_in_h (90 days at most)"""
    NOT_WORTH_THE_DETOUR = "not_worth_the_detour"
    """values: prize_minor, due_in_h, later_minor"""
    LEVELLED = "levelled"
    """values: days_early, work_h and shift_h of the day it would be due on; taken today to even out the work"""
    EXCLUDED = "excluded"
    """values: none; a person took it off the day"""
    OTHER_AREA = "other_area"
    """values: none; the plan was ordered for other areas"""
    LOCKED = "locked"
    """values: none; a person gave it to this truck"""
    ADDED = "added"
    """values: none; a person put it on the plan by hand"""
    NEXT_STOP = "next_stop"
    """values: none; the truck was on its way there when the plan was changed"""
    ON_THE_PLAN = "on_the_plan"
    """values: none; the plan before had promised it"""
    EMPTIED_TODAY = "emptied_today"
    """values: ago_h"""
    EMPTIED_AGAIN = "emptied_again"
    """values: ago_h; on the plan for another time, though it was emptied today"""
    SKIPPED_TODAY = "skipped_today"
    """values: ago_h; the driver was there and could not"""
    NO_CAPACITY = "no_capacity"
    """values: none; the trucks of the day have no litres, kilograms or minutes left"""
    NO_VEHICLE_FOR_FRACTION = "no_vehicle_for_fraction"
    """values: none"""
    NO_VEHICLE_FOR_SKILL = "no_vehicle_for_skill"
    """values: none; no truck that takes the stream has what the bin needs, such as a crane"""
    ITS_VEHICLE_CANNOT = "its_vehicle_cannot"
    """values: none; it is locked to a truck that cannot take it today"""
    DAILY_LIMIT = "daily_limit"
    """values: none; the trucks that had room have reached what they may collect in a day"""
    ROAD_LIMIT = "road_limit"
    """values: none; the road there is too weak or too low for every truck that could take it"""
    NO_VEHICLE = "no_vehicle"
    """values: none; no truck is on duty"""
    UNREACHABLE = "unreachable"
    """values: none; no road leads there and back"""
    OFF_ROAD = "off_road"
    """values: none; no street lies within 250 m: its position is wrong, as a rule"""
    TOO_BIG_FOR_ANY_TRUCK = "too_big_for_any_truck"
    """values: volume_l, weight_kg"""
    NO_TIME_WINDOW = "no_time_window"
    """values: none; no shift or opening hour allows the visit"""
    NO_DATA = "no_data"
    """values: none; never a reading and never an emptying"""


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with the numbers that made the decision."""

    code: ReasonCode
    values: Mapping[str, float] = field(default_factory=dict)
