"""The statements of `SqliteReadings`; the tables they name are in `readings_schema`."""

from tomma.stores.readings_schema import FILL_SQL, READING_SQL

DAY_MS = 24 * 3600 * 1000

INSERT_READING = "INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
INSERT_EMPTYING = "INSERT INTO emptying VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
COUNT_APPEND = "UPDATE append_count SET value = value + 1 RETURNING value"

# Copies the stored row, not the one just offered: an offered duplicate may say something else. Of two sensors
# at one moment the name decides, so that the order of arrival never matters.
ADVANCE_LATEST = """
INSERT INTO latest
SELECT bin, sensor, measured_ms, delay_ms, fill, quality, distance, battery, temperature, ?
FROM reading WHERE sensor = ? AND measured_ms = ?
ON CONFLICT (bin) DO UPDATE SET
    sensor = excluded.sensor, measured_ms = excluded.measured_ms, delay_ms = excluded.delay_ms,
    fill = excluded.fill, quality = excluded.quality, distance = excluded.distance,
    battery = excluded.battery, temperature = excluded.temperature, change = excluded.change
WHERE excluded.measured_ms > latest.measured_ms OR excluded.measured_ms = latest.measured_ms AND
    (SELECT name FROM sensor WHERE id = excluded.sensor) > (SELECT name FROM sensor WHERE id = latest.sensor)
"""

INSERT_DEAD_LETTER = (
    "INSERT INTO dead_letter (received_ms, reason, topic, detail, sensor, payload) VALUES (?, ?, ?, ?, ?, ?)"
)
COUNT_DEAD_LETTER = "INSERT INTO dead_letter_total VALUES (?, ?) ON CONFLICT (reason) DO UPDATE SET total = total + ?"
TRIM_DEAD_LETTERS = "DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - ?"
DEAD_LETTERS = (
    "SELECT received_ms, reason, topic, detail, sensor, payload FROM dead_letter ORDER BY id DESC LIMIT max(?, 0)"
)
DEAD_LETTER_COUNTS = "SELECT reason, total FROM dead_letter_total"

LATEST = f"""
SELECT r.change, {READING_SQL}
FROM latest r JOIN bin b ON b.id = r.bin JOIN sensor s ON s.id = r.sensor WHERE r.change > ?
"""  # noqa: S608  (only constants of this package are set in, here and below)

_OF_BIN = """
FROM bin b JOIN bin_sensor p ON p.bin = b.id JOIN sensor s ON s.id = p.sensor
CROSS JOIN reading r ON r.sensor = p.sensor AND r.measured_ms >= ? AND r.measured_ms < ? AND r.bin = p.bin
WHERE b.name = ?
"""
RANGE = f"SELECT {READING_SQL} {_OF_BIN} ORDER BY r.measured_ms, s.name"
RANGE_ALL = f"""
SELECT {READING_SQL}
FROM sensor s CROSS JOIN reading r ON r.sensor = s.id AND r.measured_ms >= ? AND r.measured_ms < ?
JOIN bin b ON b.id = r.bin
"""  # noqa: S608
BINS_OF_SEVERAL_SENSORS = (
    "SELECT b.name FROM bin_sensor p JOIN bin b ON b.id = p.bin GROUP BY p.bin HAVING count(*) > 1"
)
DAILY = f"""
SELECT day, count(*), min(fill), max(fill), avg(fill), max(CASE newest WHEN 1 THEN fill END) FROM (
    SELECT r.measured_ms / {DAY_MS} AS day, {FILL_SQL} AS fill,
        row_number() OVER (PARTITION BY r.measured_ms / {DAY_MS} ORDER BY r.measured_ms DESC, s.name DESC) AS newest
    {_OF_BIN}
) GROUP BY day ORDER BY day
"""  # noqa: S608
EMPTYINGS = """
SELECT b.name, e.at_ms, e.source, e.fill_before_fraction, e.fill_after_fraction
FROM emptying e JOIN bin b ON b.id = e.bin
WHERE e.at_ms >= ? AND e.at_ms < ? ORDER BY e.at_ms, b.name, e.source
"""
EMPTYINGS_OF_BIN = """
SELECT b.name, e.at_ms, e.source, e.fill_before_fraction, e.fill_after_fraction
FROM bin b JOIN emptying e ON e.bin = b.id AND e.at_ms >= ? AND e.at_ms < ?
WHERE b.name = ? ORDER BY e.at_ms, e.source
"""

SENSORS = "SELECT id FROM sensor"
DELETE_READINGS = """
DELETE FROM reading WHERE sensor = ? AND measured_ms < ? AND NOT EXISTS (
    SELECT 1 FROM latest l
    WHERE l.bin = reading.bin AND l.sensor = reading.sensor AND l.measured_ms = reading.measured_ms)
"""
