"""What the server remembers, asked in InfluxQL."""

from collections.abc import Iterable, Iterator
from itertools import batched

from tomma.model import BinId, Reading
from tomma.stores.influx.lines import FIELDS, TAGS, from_row, identifier, literal, name_of
from tomma.stores.influx.server import InfluxServer, ServerAwayError

type Identity = tuple[str, int]
"""(sensor, measured_ms): what a reading is known by, in whichever bin it was."""

_SENSORS_PER_QUESTION = 100
_FURTHEST_MS = 9_223_372_036_000
"""InfluxDB counts nanoseconds in 64 bits: beyond the year 2262 there is nothing to ask for."""
_COLUMNS = ", ".join(map(identifier, FIELDS))
_BIN, _SENSOR = map(identifier, TAGS)


class History:
    """Questions to one server; each raises ServerAwayError when it cannot answer whole."""

    def __init__(self, server: InfluxServer) -> None:
        self._server = server

    def known(self, wanted: Iterable[Identity]) -> set[Identity]:
        """Return those of the wanted readings that the server gives back."""
        moments: dict[str, list[int]] = {}
        for sensor, measured_ms in wanted:
            moments.setdefault(sensor, []).append(measured_ms)
        found: set[Identity] = set()
        for sensors in batched(moments, _SENSORS_PER_QUESTION):
            asked = {(sensor, moment_ms) for sensor in sensors for moment_ms in moments[sensor]}
            found |= asked.intersection(self._identities(sensors, *_span(asked)))
        return found

    def _identities(self, sensors: Iterable[str], from_ms: int, to_ms: int) -> Iterator[Identity]:
        any_of = " OR ".join(f"{_SENSOR} = {literal(sensor)}" for sensor in sensors)
        asked = f"SELECT fill_fraction FROM {self._server.table} WHERE ({any_of}) AND {_period(from_ms, to_ms)}"  # noqa: S608  (escaped, here and below)
        for series in self._server.select(f"{asked} GROUP BY {_SENSOR}"):
            sensor = name_of(series.tags["sensor"])
            for row in series.values:
                yield sensor, row[0]

    def of_bin(self, bin_id: BinId, from_ms: int, to_ms: int) -> Iterator[Reading]:
        """Yield one bin's readings of the half-open period, series by series."""
        return self._readings(f"{_BIN} = {literal(bin_id)} AND {_period(from_ms, to_ms)}")

    def of_all(self, from_ms: int, to_ms: int) -> Iterator[Reading]:
        """Yield every bin's readings of the half-open period, series by series."""
        return self._readings(_period(from_ms, to_ms))

    def newest(self) -> Iterator[Reading]:
        """Yield the newest reading of every series."""
        return self._readings(_period(-_FURTHEST_MS, _FURTHEST_MS), " ORDER BY time DESC LIMIT 1")

    def _readings(self, where: str, order: str = "") -> Iterator[Reading]:
        asked = f"SELECT {_COLUMNS} FROM {self._server.table} WHERE {where} GROUP BY {_BIN}, {_SENSOR}{order}"  # noqa: S608
        for series in self._server.select(asked):
            tags = series.tags["bin"], series.tags["sensor"]
            for row in series.values:
                try:
                    yield from_row(*tags, series.columns, row)
                except ValueError as exc:
                    raise ServerAwayError(f"{self._server.table}: not written by us: {exc}") from exc

    def count(self, from_ms: int, to_ms: int) -> int:
        """Return how many readings the half-open period has."""
        asked = f"SELECT count(fill_fraction) FROM {self._server.table} WHERE {_period(from_ms, to_ms)}"  # noqa: S608
        return sum(int(row[1]) for series in self._server.select(asked) for row in series.values)

    def oldest_ms(self, from_ms: int, to_ms: int) -> int | None:
        """Return when the oldest reading of the half-open period was measured."""
        asked = f"SELECT fill_fraction FROM {self._server.table} WHERE {_period(from_ms, to_ms)} ORDER BY time LIMIT 1"  # noqa: S608
        return min((int(row[0]) for series in self._server.select(asked) for row in series.values), default=None)


def _span(identities: Iterable[Identity]) -> tuple[int, int]:
    moments = [moment_ms for _, moment_ms in identities]
    return min(moments), max(moments) + 1


def _period(from_ms: int, to_ms: int) -> str:
    first, last = (min(max(each, -_FURTHEST_MS), _FURTHEST_MS) for each in (from_ms, to_ms))
    return f"time >= {first}ms AND time < {last}ms"
