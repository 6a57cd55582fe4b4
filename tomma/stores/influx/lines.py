"""Between readings and InfluxDB: line protocol out, InfluxQL rows in, exact in both directions.

One measurement; the tags `bin` and `sensor` name the series, the fields carry a reading's own names. A name that
line protocol cannot carry (a line break, a backslash, a control character) is written with `%` and two hex digits
per byte, as in an address, so that whatever a device calls itself stays text and comes back the same.
"""

import math
import re
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from tomma.model import BinId, Quality, Reading, SensorId
from tomma.stores.readings.rows import from_ms, to_ms

FLOATS = ("fill_fraction", "distance_mm", "battery_v", "temperature_c", "raw_fill_fraction")
INTEGERS = ("quality", "delay_ms", "counter")
FIELDS = (*FLOATS, *INTEGERS)
TAGS = ("bin", "sensor")
_AWKWARD = re.compile(r"[%\\\x00-\x1f\x7f\u0085\u2028\u2029]")
_SYNTAX = re.compile(r"([,= ])")
_NAMES_REMEMBERED = 65_536  # ten thousand bins with some years of swapped sensors


def tag_text(name: str) -> str:
    r"""Return the text that stands for `name` as a tag.

    >>> tag_text("B-1042"), tag_text("100 %"), tag_text("a\nb")
    ('B-1042', '100 %25', 'a%0Ab')
    """
    return _AWKWARD.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), name)


def name_of(tag: str) -> str:
    """Return the name that `tag_text` made `tag` of."""
    return unquote(tag, errors="strict")


def literal(name: str) -> str:
    """Return `name`'s tag as an InfluxQL string: it has no backslash, so the quote is all there is to escape."""
    return "'" + tag_text(name).replace("'", "\\'") + "'"


def identifier(name: str) -> str:
    """Return `name` as an InfluxQL identifier."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(_NAMES_REMEMBERED)
def _series(measurement: str, bin_id: str, sensor_id: str) -> str:
    tags = (
        f"{key}={_SYNTAX.sub(r'\\\1', tag_text(name))}" for key, name in zip(TAGS, (bin_id, sensor_id), strict=True)
    )
    return ",".join([_SYNTAX.sub(r"\\\1", measurement), *tags])


def to_line(measurement: str, reading: Reading) -> str:
    """Return the reading as a line whose timestamp is in milliseconds; its identity is (series, time)."""
    measured_ms = to_ms(reading.measured_utc)
    fields = [
        f"fill_fraction={reading.fill_fraction!r}",
        f"quality={int(reading.quality)}i",
        f"delay_ms={to_ms(reading.received_utc) - measured_ms}i",
    ]
    for name in ("distance_mm", "battery_v", "temperature_c", "raw_fill_fraction"):
        value = getattr(reading, name)
        if value is not None and math.isfinite(value):  # InfluxDB knows no infinity
            fields.append(f"{name}={float(value)!r}")
    if reading.counter is not None:
        fields.append(f"counter={reading.counter}i")
    return f"{_series(measurement, reading.bin_id, reading.sensor_id)} {','.join(fields)} {measured_ms}"


def from_row(bin_tag: str, sensor_tag: str, columns: Sequence[str], row: Sequence[Any]) -> Reading:
    """Return the reading that an InfluxQL row says.

    Raises:
        ValueError: If it says none: somebody else wrote it.
    """
    cells = {name: cell for name, cell in zip(columns, row, strict=True) if cell is not None}
    try:
        measured_utc = from_ms(cells["time"])
        return Reading(
            BinId(name_of(bin_tag)),
            SensorId(name_of(sensor_tag)),
            measured_utc,
            measured_utc + timedelta(milliseconds=cells.get("delay_ms", 0)),
            quality=Quality(cells.get("quality", 0)),
            counter=cells.get("counter"),
            **{name: float(cells[name]) for name in FLOATS if name in cells},
        )
    except (KeyError, TypeError, OverflowError) as exc:
        raise ValueError(f"a row says {cells!r:.200}: {exc}") from exc
