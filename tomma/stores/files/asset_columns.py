"""The columns of the registry as a spreadsheet: one row a bin, with its place and the sensor that hangs in it.

`asset_csv` reads and writes them. A column that a file leaves out leaves what is there; an empty cell
means the default, or that there is none.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from tomma.bounds import BoundError, Rule
from tomma.rounds import FixedRound, rounds_of

_BETWEEN = re.compile(r"(?:[^|\\]|\\.)+")
_YES = frozenset({"yes", "true", "1", "x", "ja", "sant"})
_NO = frozenset({"", "no", "false", "0", "nej", "falskt"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d{1,18}")


TEXT_MAX, NAME_MAX = 500, 128
"""Of a text and of an id, as the forms have it: access notes are read on a tablet, ids stand in topics. [characters]"""


class Part(StrEnum):
    """What a column is about."""

    BIN = "bin"
    SITE = "site"
    SENSOR = "sensor"
    HUNG = "hung"
    """How the sensor hangs in this bin, and since when."""


type Parse = Callable[[str, ZoneInfo], object]
"""From a cell's text, and the city's timezone, to a value; BoundError saying what it must be."""


def text(cell: str, _: ZoneInfo) -> str:
    """Any text."""
    return cell


def number(cell: str, _: ZoneInfo) -> float:
    """A number with a decimal point or, as Swedish Excel writes it, comma; blanks between thousands are no matter."""
    plain = re.sub(r"[\s\u00a0\u202f]", "", cell).replace("\u2212", "-")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain) or not math.isfinite(float(plain)):
        raise BoundError("", Rule.NUMBER, "must be a number such as 59.33 or 59,33")
    return float(plain)


def whole(cell: str, zone: ZoneInfo) -> int:
    """A number without decimals; 60,0 is 60."""
    found = number(cell, zone)
    if not _WHOLE.fullmatch(f"{found:.0f}") or found != int(found):
        raise BoundError("", Rule.WHOLE, "must be a whole number")
    return int(found)


def yes(cell: str, _: ZoneInfo) -> bool:
    """Yes or no, in English or Swedish."""
    said = cell.strip().casefold()
    if said not in _YES | _NO:
        raise BoundError("", Rule.YES_NO, "must be yes or no (ja or nej)")
    return said in _YES


def words(cell: str, _: ZoneInfo) -> frozenset[str]:
    """Several words with a bar between."""
    parts = (part.replace("\\|", "|").replace("\\\\", "\\") for part in _BETWEEN.findall(cell))
    return frozenset(part.strip() for part in parts if part.strip())


def worded(skills: frozenset[str]) -> str:
    """Return the cell that `words` reads; a bar or backslash within a word stands behind a backslash."""
    return "|".join(word.replace("\\", "\\\\").replace("|", "\\|") for word in sorted(skills))


def moment(cell: str, zone: ZoneInfo) -> datetime:
    """A time; without a zone it is the city's."""
    try:
        found = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise BoundError("", Rule.TIME, "must be a time such as 2026-11-22T05:30:00Z or 2026-11-22 06:30") from None
    if not 1970 <= found.year < 2200:
        raise BoundError("", Rule.TIME, "must be a time from the year 1970 to 2199")
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def rounds(cell: str, _: ZoneInfo) -> tuple[FixedRound, ...]:
    """Fixed rounds: weekdays, every how many weeks, in the week of which day."""
    return rounds_of(cell)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the file, and which field of what it fills."""

    name: str
    part: Part
    field: str
    parse: Parse = text
    must: bool = False
    """Whether an empty cell is a fault."""
    most: int = TEXT_MAX
    """How long a text may be. [characters]"""


BIN_ID, SENSOR_ID, INSTALLED = "bin_id", "sensor_id", "installed_utc"
COLUMNS = (
    Column(BIN_ID, Part.BIN, "id", must=True, most=NAME_MAX),
    Column("fraction_code", Part.BIN, "fraction_code", must=True),
    Column("container_type_id", Part.BIN, "container_type_id", must=True),
    Column("service_s", Part.BIN, "service_s", whole),
    Column("skills", Part.BIN, "skills", words),
    Column("fixed_rounds", Part.BIN, "fixed_rounds", rounds),
    Column("site_id", Part.BIN, "site_id", must=True, most=NAME_MAX),
    Column("site_name", Part.SITE, "name"),
    Column("lat_deg", Part.SITE, "lat_deg", number, must=True),
    Column("lon_deg", Part.SITE, "lon_deg", number, must=True),
    Column("access_note", Part.SITE, "access_note"),
    Column("site_service_s", Part.SITE, "service_s", whole),
    Column("kerb", Part.SITE, "kerb", yes),
    Column("area", Part.SITE, "area"),
    Column(SENSOR_ID, Part.SENSOR, "id", most=NAME_MAX),
    Column("make", Part.SENSOR, "make"),
    Column("model", Part.SENSOR, "model"),
    Column("dead_zone_mm", Part.SENSOR, "dead_zone_mm", number),
    Column("sound_reference_c", Part.SENSOR, "sound_reference_c", number),
    Column(INSTALLED, Part.HUNG, "from_utc", moment),
    Column("offset_mm", Part.HUNG, "offset_mm", number),
    Column("tilt_deg", Part.HUNG, "tilt_deg", number),
    Column("empty_mm", Part.HUNG, "empty_mm", number),
    Column("full_mm", Part.HUNG, "full_mm", number),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
