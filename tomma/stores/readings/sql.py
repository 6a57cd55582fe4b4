"""The statements of `SqliteReadings`; the tables they name are in `schema`."""

from tomma.stores.readings.schema import FILL_STEPS, READING_SQL

INSERT_SERIES = "INSERT INTO series (bin, sensor) VALUES (?, ?) ON CONFLICT DO NOTHING"
SERIES = "SELECT id FROM series WHERE bin = ? AND sensor = ?"
NEWEST_SERIES = "SELECT max(id) FROM series"
MOVED_SINCE = """
SELECT sensor FROM series WHERE sensor IN (SELECT sensor FROM series WHERE id > ?) GROUP BY sensor HAVING count(*) > 1
"""
INSERT_READING = "INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
INSERT_READING_OF_MOVED = """
INSERT INTO reading SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
WHERE NOT EXISTS (
    SELECT 1 FROM series mine JOIN series other ON other.sensor = mine.sensor AND other.id <> mine.id
    CROSS JOIN reading r ON r.series = other.id AND r.measured_ms = ?2 WHERE mine.id = ?1)
ON CONFLICT DO NOTHING
"""
INSERT_EMPTYING = "INSERT INTO emptying VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
COUNT_APPEND = "UPDATE append_count SET value = value + 1 RETURNING value"

# Copies the stored row, not the one just offered: an offered duplicate may say something else. Of two sensors
# at one moment the name decides, so that the order of arrival never matters.
ADVANCE_LATEST = """
INSERT INTO latest
SELECT p.bin, r.series, r.measured_ms, r.delay_ms, r.fill, r.quality, r.distance, r.battery, r.temperature, ?,
    r.counter, p.sensor
FROM reading r JOIN series p ON p.id = r.series WHERE r.series = ? AND r.measured_ms = ?
ON CONFLICT (bin) DO UPDATE SET
    series = excluded.series, measured_ms = excluded.measured_ms, delay_ms = excluded.delay_ms,
    fill = excluded.fill, quality = excluded.quality, distance = excluded.distance,
    battery = excluded.battery, temperature = excluded.temperature, change = excluded.change,
    counter = excluded.counter, sensor = excluded.sensor
WHERE excluded.measured_ms > latest.measured_ms
    OR excluded.measured_ms = latest.measured_ms AND excluded.sensor > latest.sensor
"""

NEWEST_CHANGE = "SELECT value FROM append_count"
LATEST = """
SELECT bin, sensor, measured_ms, delay_ms, fill, quality, distance, battery, temperature, counter
FROM latest WHERE change > ?
"""
LATEST_COUNT = "SELECT count(*) FROM latest WHERE change > ?"
LATEST_COUNT_ALL = "SELECT count(*) FROM latest"
_PLAIN = f"""
fill BETWEEN 0 AND {FILL_STEPS}
AND typeof(fill + ifnull(distance, 0) + ifnull(battery, 0) + ifnull(temperature, 0)) = 'integer'
"""  # a sum is a whole number when all its parts are: one question in place of four
_COLUMNS = ("bin", "sensor", "measured_ms", "measured_ms + delay_ms", "fill", "quality", "distance", "battery",
            "temperature", "counter")  # fmt: skip
LATEST_COLUMNS = f"""
SELECT {", ".join(f"CAST(json_group_array({each}) AS BLOB)" for each in _COLUMNS)}
FROM latest WHERE change > ? AND {_PLAIN}
"""  # noqa: S608  (only constants of this package are set in, here and below)
LATEST_ODD = f"{LATEST} AND NOT ({_PLAIN})"

_OF_BIN = """
FROM series p CROSS JOIN reading r ON r.series = p.id AND r.measured_ms >= ? AND r.measured_ms < ?
WHERE p.bin = ?
"""
RANGE = f"SELECT {READING_SQL} {_OF_BIN} ORDER BY r.measured_ms, p.sensor"
RANGE_ALL = f"""
SELECT {READING_SQL}
FROM series p CROSS JOIN reading r ON r.series = p.id AND r.measured_ms >= ? AND r.measured_ms < ?
"""  # noqa: S608
BINS_OF_SEVERAL_SENSORS = "SELECT bin FROM series GROUP BY bin HAVING count(*) > 1"
EMPTYINGS = "SELECT * FROM emptying WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms, bin, source"
EMPTYINGS_OF_BIN = "SELECT * FROM emptying WHERE at_ms >= ? AND at_ms < ? AND bin = ? ORDER BY at_ms, source"

ALL_SERIES = "SELECT id FROM series"
