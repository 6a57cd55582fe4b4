"""What a spreadsheet of the registry would change: thought through as a whole before anything is written.

Every row is looked at, and every fault is told with its line, its column, what the cell must be and what it says. A
bin that the file does not have stays, unless the caller says that the file is the whole of the registry.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tomma.assets import ADDRESSABLE, AssetKind, Edited, is_addressable, members, retire_bins
from tomma.bounds import BoundError, Breach, Rule
from tomma.city import Bin, City, Installation, Position, Sensor, Site
from tomma.errors import ConflictError
from tomma.hangings import Hangings
from tomma.model import BinId, SensorId, SiteId
from tomma.stores.city_faults import faults
from tomma.stores.files.asset_columns import BIN_ID, INSTALLED, SENSOR_ID, Column, Part, text
from tomma.stores.files.asset_csv import Row, Table
from tomma.stores.files.exchanged import Nearness

FAULTS_MAX = 500
WHOLE_ROW = "row"
"""What a fault names as its column where the whole row is at fault."""
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that does not say what it must."""

    line: int
    """As a spreadsheet counts; 0 for what is wrong with the whole."""
    column: str
    bound: str
    value: str
    rule: Rule
    """The bound for those who have words of their own, with `values` in them."""
    values: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be added, changed or removed."""

    action: str
    """"add" | "change" | "remove"."""
    kind: str
    id: str
    line: int | None = None
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)
    """The fields that differ."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What the file means; with faults, nothing of it can be done."""

    rows: int
    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]
    edited: Edited | None

    def count(self, action: str) -> int:
        """Return how many things would be added, changed or removed."""
        return sum(1 for each in self.changes if each.action == action)


def plan_import(city: City, table: Table, now_utc: datetime, *, remove_missing: bool = False) -> ImportPlan:
    """Return what the file would change in the city."""
    making = _Making(city, table, now_utc)
    for row in table.rows:
        making.take(row)
        if len(making.faults) >= FAULTS_MAX:
            break
    if remove_missing:
        making.remove_missing()
    edited = making.made() if not making.faults else None
    if edited is not None:
        making.faults += [_whole(each.breach) for each in faults(edited.city)]
    if making.faults or edited is None:
        return ImportPlan(len(table.rows), (), tuple(making.faults[:FAULTS_MAX]), None)
    return ImportPlan(len(table.rows), tuple(changes(city, edited.city, making.lines)), (), edited)


def _whole(breach: Breach) -> Fault:
    """Return what the city as a whole would contradict itself in: no line of the file is alone to blame."""
    return Fault(0, breach.field, breach.bound, (breach.got or "")[:SHOWN], breach.rule, breach.values)


class _CellError(Exception):
    def __init__(self, column: str, rule: Rule, bound: str, **values: str | float) -> None:
        super().__init__(bound)
        self.column, self.rule, self.values = column, rule, values

    @classmethod
    def of(cls, exc: BoundError) -> "_CellError":
        return cls(exc.field, exc.rule, exc.bound, **exc.values)


class _Making:
    """The city as it becomes, row by row."""

    def __init__(self, city: City, table: Table, now_utc: datetime) -> None:
        self._city, self._table, self._now_utc = city, table, now_utc
        self._zone = ZoneInfo(city.organisation.timezone)
        self._sites, self._bins, self._sensors = dict(city.sites), dict(city.bins), dict(city.sensors)
        self._hangings = Hangings(city.installations)
        self._nearness = Nearness(city)
        self._retired: Edited | None = None
        self._site_rows: dict[SiteId, tuple[int, Site]] = {}
        self._sensor_lines: dict[SensorId, int] = {}
        self.lines: dict[tuple[AssetKind, str], int] = {}
        self.faults: list[Fault] = []

    def take(self, row: Row) -> None:
        """Do what one row says, or note why it cannot be."""
        if row.cell_count:
            most = len(self._table.columns)
            bound = f"must have at most {most} cells, one for each column that the first line names"
            self.faults.append(Fault(row.line, WHOLE_ROW, bound, f"{row.cell_count}", Rule.CELLS_MAX, {"most": most}))
            return
        values = self._parsed(row)
        if values is None:
            return
        try:
            bin_id = self._bin(row, values)
            self._hang(row, values, bin_id)
        except _CellError as exc:
            self._fault(row, exc.column, exc.rule, str(exc), **exc.values)
        except ConflictError as exc:
            self._fault(row, SENSOR_ID, Rule.HUNG_BEFORE, str(exc))

    def remove_missing(self) -> None:
        """Take out the bins that no row named."""
        named = {key for kind, key in self.lines if kind is AssetKind.BIN}
        gone = [bin_id for bin_id in self._bins if bin_id not in named]
        self._retired = retire_bins(self._now(), gone, self._now_utc)
        self._bins = dict(self._retired.city.bins)
        self._hangings = Hangings(self._retired.city.installations)

    def made(self) -> Edited:
        """Return the city with all of it done."""
        return Edited(self._now(), self._retired.retired if self._retired else ())

    def _now(self) -> City:
        return replace(
            self._city,
            sites=self._sites,
            bins=self._bins,
            sensors=self._sensors,
            installations=self._hangings.all(),
        )

    def _parsed(self, row: Row) -> dict[str, Any] | None:
        """Return the row's values by column, without the empty ones; None when a cell is at fault."""
        values: dict[str, Any] = {}
        before = len(self.faults)
        known: dict[str, Mapping[Any, object]] = {
            "bin_id": self._bins,
            "site_id": self._sites,
            "sensor_id": self._sensors,
        }
        for column in self._table.columns:
            cell = row.cells[column.name]
            if column.name.endswith(("_id", "_code")) and cell not in known.get(column.name, {}):
                cell = cell.strip()
            if not cell.strip() and column.parse is not text:
                if column.must:
                    self._fault(row, column.name, Rule.GIVEN, "must be given")
                continue
            try:
                values[column.name] = column.parse(cell, self._zone)
            except BoundError as exc:
                self._fault(row, column.name, exc.rule, exc.bound, **exc.values)
        for column in self._table.columns:
            if column.must and column.parse is text and not values.get(column.name):
                self._fault(row, column.name, Rule.GIVEN, "must be given")
        return values if len(self.faults) == before else None

    def _bin(self, row: Row, values: Mapping[str, Any]) -> BinId:
        bin_id = BinId(values[BIN_ID])
        if (AssetKind.BIN, bin_id) in self.lines:
            line = self.lines[AssetKind.BIN, bin_id]
            raise _CellError(BIN_ID, Rule.ONCE, f"must stand once, but line {line} has it, too", line=line)
        before = self._bins.get(bin_id)
        if before is None and not is_addressable(bin_id):
            raise _CellError(BIN_ID, Rule.ADDRESSABLE, ADDRESSABLE)
        site_id = SiteId(values.get("site_id") or (before.site_id if before else ""))
        self._site(row, values, site_id)
        given = self._given(Part.BIN, values, before) | {"id": bin_id}
        for name, there in (("container_type_id", self._city.container_types), ("fraction_code", self._city.fractions)):
            if name in given and given[name] not in there:
                names = _some(there)
                raise _CellError(name, Rule.ONE_OF, f"must be one of {names}", names=names)
        self._bins[bin_id] = _built(Bin, before, given, self._names(Part.BIN))
        self.lines[AssetKind.BIN, bin_id] = row.line
        return bin_id

    def _site(self, row: Row, values: Mapping[str, Any], site_id: SiteId) -> None:
        before = self._sites.get(site_id)
        given = self._given(Part.SITE, values, before) | {"id": site_id}
        if not site_id or (before is None and not {"lat_deg", "lon_deg"} <= given.keys()):
            bound = "must be a known site, or lat_deg and lon_deg must tell where the new one is"
            raise _CellError("site_id", Rule.SITE, bound)
        position = before.position if before else None
        lat_deg, lon_deg = given.pop("lat_deg", None), given.pop("lon_deg", None)
        try:
            given["position"] = Position(
                lat_deg if lat_deg is not None else position.lat_deg if position else 0.0,
                lon_deg if lon_deg is not None else position.lon_deg if position else 0.0,
            )
        except BoundError as exc:
            raise _CellError.of(exc) from exc
        if given["position"] != position and self._nearness.is_exchanged(given["position"]):
            raise _CellError("lat_deg", Rule.EXCHANGED, "must lie near the city: exchanged with lon_deg it does")
        if before is None:
            given.setdefault("name", site_id)
        site = _built(Site, before, given, self._names(Part.SITE))
        first = self._site_rows.get(site_id)
        if first is not None and first[1] != site:
            differs = next(
                each.name for each in fields(Site) if getattr(first[1], each.name) != getattr(site, each.name)
            )
            bound = f"must be told alike for each bin there: line {first[0]} differs in {differs}"
            raise _CellError("site_id", Rule.ALIKE, bound, line=first[0], name=differs)
        self._site_rows.setdefault(site_id, (row.line, site))
        self._sites[site_id] = site
        self.lines.setdefault((AssetKind.SITE, site_id), row.line)

    def _hang(self, row: Row, values: Mapping[str, Any], bin_id: BinId) -> None:
        if SENSOR_ID not in values:
            return
        sensor_id, there = SensorId(values[SENSOR_ID]), self._hangings.in_bin(bin_id)
        if not sensor_id:
            if there is not None and there.sensor_id not in self._sensor_lines:
                self._hangings.take_down(there, self._now_utc)
            return
        if sensor_id in self._sensor_lines:
            line = self._sensor_lines[sensor_id]
            raise _CellError(SENSOR_ID, Rule.ONE_BIN, f"must hang in one bin, but line {line} has it, too", line=line)
        self._sensor_lines[sensor_id] = row.line
        before = self._sensors.get(sensor_id)
        given = self._given(Part.SENSOR, values, before) | {"id": sensor_id}
        self._sensors[sensor_id] = _built(Sensor, before, given, self._names(Part.SENSOR))
        self.lines[AssetKind.SENSOR, sensor_id] = row.line
        how = self._given(Part.HUNG, values, there)
        if there is not None and there.sensor_id == sensor_id:
            new = _built(Installation, there, how, self._names(Part.HUNG) - {"from_utc"})
            if new != there:
                self._hangings.replace(there, new)
            return
        if there is not None and how.get("from_utc") == there.from_utc:
            how["from_utc"] = self._now_utc  # only the sensor was written over: it hangs there from now on
        how.setdefault("from_utc", self._now_utc)
        if how["from_utc"] > self._now_utc:
            raise _CellError(INSTALLED, Rule.NOT_AHEAD, "must not lie ahead")
        self._hangings.hang(_built(Installation, None, how | {"sensor_id": sensor_id, "bin_id": bin_id}, frozenset()))

    def _given(self, part: Part, values: Mapping[str, Any], before: object) -> dict[str, Any]:
        """Return the values by field; a text may be too long only where it was so before."""
        given = {each: values[each.name] for each in self._of(part) if each.name in values}
        for each, value in given.items():
            is_long = isinstance(value, str) and len(value) > each.most
            if is_long and getattr(before, each.field, None) != value:
                raise _CellError(
                    each.name, Rule.LETTERS_MAX, f"must have at most {each.most} characters", most=each.most
                )
        return {each.field: value for each, value in given.items()}

    def _names(self, part: Part) -> frozenset[str]:
        """Return the fields of this part that the file has a column for: empty cells there mean the default."""
        return frozenset(each.field for each in self._of(part))

    def _of(self, part: Part) -> Iterator[Column]:
        return (each for each in self._table.columns if each.part is part)

    def _fault(self, row: Row, column: str, rule: Rule, bound: str, **values: str | float) -> None:
        self.faults.append(Fault(row.line, column, bound, row.cells.get(column, "")[:SHOWN], rule, values))


def _built[T](kind: Callable[..., T], before: T | None, given: dict[str, Any], told: frozenset[str]) -> T:
    """Return the thing: what the file does not speak of stays, what it leaves empty becomes the default."""
    kept = {}
    if before is not None:
        kept = {each.name: getattr(before, each.name) for each in fields(before) if each.name not in told}  # type: ignore[arg-type]
    try:
        return kind(**(kept | given))
    except BoundError as exc:
        raise _CellError.of(exc) from exc
    except TypeError as exc:  # only of a new thing: what it needs has no column in this file
        names = str(exc).rpartition(": ")[2]
        raise _CellError(BIN_ID, Rule.NEW_NEEDS, f"is new, and what it needs is missing: {names}", names=names) from exc


def _some(there: Mapping[Any, object]) -> str:
    ids = [str(key) for key in there]
    return ", ".join(ids[:12]) + (f" and {len(ids) - 12} more" if len(ids) > 12 else "") or "none: make one first"


def changes(before: City, after: City, lines: Mapping[tuple[AssetKind, str], int]) -> Iterator[Change]:
    """Yield what differs between two cities, kind by kind."""
    for kind in AssetKind:
        old, new = members(before, kind), members(after, kind)
        for key in new:
            if old.get(key) != new[key]:
                yield _change(kind.value, key, lines.get((kind, key)), old.get(key), new[key])
        for key in old:
            if key not in new:
                yield _change(kind.value, key, None, old[key], None)
    hung = [{(each.sensor_id, each.from_utc): each for each in city.installations} for city in (before, after)]
    for place in sorted(hung[0].keys() | hung[1].keys()):
        one, other = hung[0].get(place), hung[1].get(place)
        if one != other:
            line = lines.get((AssetKind.SENSOR, place[0]))
            yield _change("installation", f"{place[0]} {place[1]:%Y-%m-%dT%H:%M:%SZ}", line, one, other)


def _change(kind: str, key: str, line: int | None, one: Any, other: Any) -> Change:
    action = "add" if one is None else "remove" if other is None else "change"
    names = [each.name for each in fields(other or one)]
    differing = [name for name in names if getattr(one, name, None) != getattr(other, name, None)]
    sides = ({name: getattr(each, name) for name in differing} if each is not None else {} for each in (one, other))
    return Change(action, kind, key, line, *sides)
