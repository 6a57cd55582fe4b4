"""`tomma export` and `tomma import`: what goes out comes in again, exactly and once."""

import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tomma.city import City
from tomma.errors import ImportRefusedError, StoreUnavailableError
from tomma.events import Event, EventKind
from tomma.model import BinId, Emptying, EmptyingSource, PlanId, Quality, Reading, SensorId, VehicleId
from tomma.plan import Plan, PlanStatus, RoadsSource
from tomma.settings import load_settings
from tomma.stores.commands.import_export import export_app, import_app
from tomma.stores.files.record_files import guarded, read_records, write_records
from tomma.stores.files.record_rows import READINGS
from tomma.stores.wiring import Stores, open_stores

type Use = Callable[[str], None]

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Points the commands at another data directory."""
    monkeypatch.chdir(tmp_path)
    return lambda name: monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / name))


def _run(*words: object) -> Result:
    command, *arguments = map(str, words)
    return CliRunner().invoke(import_app if command == "import" else export_app, arguments)


def _json(*words: object) -> dict[str, object]:
    result = _run(*words, "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1
    found: dict[str, object] = json.loads(result.stdout)
    return found


def _stores() -> Stores:
    return open_stores(load_settings())


READINGS_SENT = [
    Reading(BinId("=cmd|'/c calc'!A1"), SensorId("'quoted"), T0, T0 + timedelta(seconds=2), 1 / 3, Quality(17), 812.0),
    Reading(BinId('a,"b"\nc\r'), SensorId("+46"), T0 - timedelta(days=3), T0, 0.0, Quality.GOOD, None, 3.58, -4.2),
    Reading(BinId("＝å"), SensorId("null"), T0, T0 - timedelta(milliseconds=1), 1.0, temperature_c=-1e-9),
]
EMPTYINGS_SENT = [
    Emptying(BinId("-B1"), T0, EmptyingSource.DETECTED, 0.9, 0.25),
    Emptying(BinId("B2"), T0, EmptyingSource.INFERRED),
]
EVENT = Event("key-0001", "@tablet", 3, PlanId("p1"), VehicleId("V1"), EventKind.EMPTIED, T0, T0, BinId("B1"))
PLAN = Plan(PlanId("p1"), T0.date(), T0, T0, PlanStatus.PUBLISHED, "pyvrp", RoadsSource.STREETS, (), (), 0, 0)


def _everything(stores: Stores) -> tuple[object, ...]:
    return (
        stores.readings.range_all(*EVER),
        stores.readings.emptyings(*EVER),
        stores.events.since(0)[1],
        [stores.plans.get(each.id) for each in stores.plans.heads()],
    )


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".csv", ".csv.gz"])
def test_a_store_moves_to_another_machine_by_files(use: Use, suffix: str, city: City) -> None:
    """Also the way from one kind of store to another; a second import adds nothing."""
    use("old")
    with _stores() as stores:
        stores.readings.append(READINGS_SENT, EMPTYINGS_SENT)
        stores.events.append([EVENT])
        stores.plans.save(PLAN)
        stores.registry.save(city)
        before = _everything(stores)
    names = {what: f"{what}{suffix}" for what in ("readings", "emptyings", "events")}
    names |= {"plans": "plans.jsonl", "city": "city.json"}
    assert [_json("export", what, "-o", name)["rows"] for what, name in names.items()] == [3, 2, 1, 1, 2]

    use("new")
    _json("import", *names.values())
    with _stores() as stores:
        assert _everything(stores) == before
        assert stores.registry.load() == city
    again = _json("import", *names.values())
    assert [(each["kind"], each["stored"]) for each in again["files"]] == [  # type: ignore[attr-defined]
        ("readings", 0), ("emptyings", 0), ("events", 0), ("plans", 1), ("city", 0)
    ]  # fmt: skip


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
some_reading = st.builds(
    Reading,
    bin_id=names.map(BinId),
    sensor_id=names.map(SensorId),
    measured_utc=st.just(T0),
    received_utc=st.just(T0),
    fill_fraction=st.floats(0, 1),
    quality=st.integers(0, 31).map(Quality),
    distance_mm=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)


@given(batch=st.lists(some_reading, max_size=8), suffix=st.sampled_from([".csv", ".jsonl", ".csv.gz"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_reading_survives_the_way_through_a_file(batch: list[Reading], suffix: str, tmp_path: Path) -> None:
    """Whatever text and numbers; a spreadsheet guard that is not taken away again would rename bins."""
    path = tmp_path / f"readings{suffix}"
    write_records(path, READINGS, batch, as_csv=".csv" in suffix)

    assert list(read_records(path, READINGS)) == batch


@given(text=st.sampled_from("=+-@\t\r\n＝＋－＠'").flatmap(lambda first: names.map(lambda rest: first + rest)))
def test_no_cell_of_an_export_is_a_formula(text: str) -> None:
    """A bin's name comes from outside; a spreadsheet would run it with the rights of whoever opens the file."""
    assert str(guarded(text)).startswith("'")
    assert guarded(-4.5) == -4.5


def test_a_csv_export_opens_without_formulas(use: Use, tmp_path: Path) -> None:
    """At the command, not only in the part."""
    use("old")
    with _stores() as stores:
        stores.readings.append(READINGS_SENT)
    _json("export", "readings", "-o", "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        texts = [cell for row in csv.DictReader(file) for name, cell in row.items() if name.endswith("_id")]

    assert texts
    assert not [cell for cell in texts if cell.startswith(("=", "+", "-", "@", "＝"))]


def test_an_export_takes_the_period_that_is_asked_for(use: Use) -> None:
    """Up to, not with, the end: months laid side by side count nothing twice."""
    use("old")
    with _stores() as stores:
        stores.readings.append(READINGS_SENT, EMPTYINGS_SENT)
    assert _json("export", "readings", "-o", "r.jsonl", "--from", "2026-11-01")["rows"] == 2
    assert _json("export", "readings", "-o", "r.jsonl", "--to", "2026-11-02T06:30:00+01:00")["rows"] == 1
    assert _json("export", "emptyings", "-o", "e.csv", "--from", "2026-11-02", "--to", "2026-11-03")["rows"] == 2


def test_a_dry_run_tells_what_would_change_and_changes_nothing(use: Use, city: City, tmp_path: Path) -> None:
    """An import of a city removes what is not in it: look before you leap."""
    use("old")
    with _stores() as stores:
        stores.registry.save(city)
    _json("export", "city", "-o", "city.json")
    kept, other = city.bins[BinId("B1")], replace(city.bins[BinId("B1")], id=BinId("B3"))
    smaller = replace(city, installations=(), bins={kept.id: kept, other.id: other})
    with _stores() as stores:
        stores.registry.save(smaller)
        revision = stores.registry.revision()
    outcome = _json("import", "city.json", "--dry-run")

    assert outcome["dry_run"] is True
    told = {key: outcome["files"][0][key] for key in ("stored", "duplicates", "removed")}  # type: ignore[index]
    assert told == {"stored": 4, "duplicates": 12, "removed": 1}
    with _stores() as stores:
        assert stores.registry.load() == smaller
        assert stores.registry.revision() == revision


def test_a_dry_run_of_readings_stores_none(use: Use) -> None:
    """The file is read to its end and counted."""
    use("old")
    with _stores() as stores:
        stores.readings.append(READINGS_SENT)
    _json("export", "readings", "-o", "r.csv")
    use("new")
    outcome = _json("import", "r.csv", "--dry-run")

    assert [(each["records"], each["stored"]) for each in outcome["files"]] == [(3, 0)]  # type: ignore[attr-defined]
    with _stores() as stores:
        assert stores.readings.latest() == {}


@pytest.mark.parametrize("number", ["inf", "-Infinity", "nan", "1e400", "12,5", "0x1f", "true"])
def test_a_cell_that_is_no_finite_number_is_refused(use: Use, tmp_path: Path, number: str) -> None:
    """A spreadsheet writes all sorts of things into a column of numbers."""
    use("new")
    header = "bin_id,sensor_id,measured_utc,received_utc,fill_fraction,distance_mm"
    (tmp_path / "r.csv").write_text(f'{header}\nB1,S1,2026-11-02T05:30:00Z,2026-11-02T05:30:00Z,0.5,"{number}"\n')
    result = _run("import", "r.csv")

    assert isinstance(result.exception, ImportRefusedError)
    assert "r.csv line 2:" in str(result.exception)


def _line(**changed: object) -> str:
    row = {"bin_id": "B1", "sensor_id": "S1", "measured_utc": "2026-11-02T05:30:00Z", "fill_fraction": 0.5}
    row |= {"received_utc": "2026-11-02T05:30:02Z"} | changed
    return json.dumps({name: cell for name, cell in row.items() if cell is not None})


BAD_LINES = [
    _line(fill_fraction=1.05),
    _line(measured_utc="2026-11-02T05:30:00"),
    _line(bin_id=None),
    _line(x=1),
    _line(quality="fine"),
    _line(distance_mm=float("inf")),
    '{"bin_id":"B1","sens',
    "[1,2]",
    '{"bin_id":"\udcff"}',
]


def test_one_faulty_file_stops_all_and_names_every_line(use: Use, tmp_path: Path) -> None:
    """Half an import would have to be taken apart by hand."""
    use("new")
    good = _line()
    (tmp_path / "good.jsonl").write_text(good + "\n")
    text = "\n".join([good, *BAD_LINES, "", good])
    (tmp_path / "bad.jsonl").write_bytes(text.encode("utf-8", "surrogateescape"))
    result = _run("import", "good.jsonl", "bad.jsonl")

    assert isinstance(result.exception, ImportRefusedError)
    told = str(result.exception)
    assert f"{len(BAD_LINES)} fault(s)" in told
    for line in range(2, 2 + len(BAD_LINES)):
        assert f"bad.jsonl line {line}:" in told
    assert "fill_fraction must be within [0, 1], got 1.05" in told
    with _stores() as stores:
        assert stores.readings.latest() == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("x.csv", b"", id="empty"),
        pytest.param("x.jsonl", b'{"a":1}\n', id="other lines"),
        pytest.param("x.jsonl", b"\xff\xfe\n", id="no text"),
        pytest.param("x.jsonl", b"[" * 100_000, id="a thousand deep"),
        pytest.param("x.csv", b"a,b\n1,2\n", id="other columns"),
        pytest.param("x.csv", b'measured_utc,"bin_id\n', id="open quote"),
        pytest.param("x.csv", b"measured_utc\n\xff\xff\n", id="csv that is no text"),
        pytest.param("x.csv.gz", b"not packed", id="not packed"),
        pytest.param("x.jsonl.gz", gzip.compress(b'{"measured_utc":1}\n' * 999)[:-9], id="packed and cut"),
        pytest.param("x.json", b"{", id="half a city"),
        pytest.param("x.xlsx", b"PK", id="another kind of file"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_plain_words(use: Use, tmp_path: Path, name: str, content: bytes) -> None:
    """Never a traceback, always the file's name."""
    use("new")
    (tmp_path / name).write_bytes(content)
    result = _run("import", name)

    assert isinstance(result.exception, ImportRefusedError)
    assert name in str(result.exception)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_what_was_exported_of_nothing_is_imported_as_nothing(use: Use, name: str) -> None:
    """A city without an alert was moved file by file, and its empty one stopped all the others."""
    use("new")
    assert _run("export", "alerts", "-o", name).exit_code == 0
    result = _run("import", name)
    assert (result.exit_code, f"{name}: records, 0 rows" in result.output) == (0, True)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["export", "city", "-o", "c.csv"], id="a city as a table"),
        pytest.param(["export", "city", "-o", "c.json.gz"], id="a city under a name that import refuses"),
        pytest.param(["export", "plans", "-o", "p.csv"], id="plans as a table"),
        pytest.param(["export", "readings", "-o", "r.csv", "--from", "yesterday"], id="no date"),
        pytest.param(["export", "weather", "-o", "w.csv"], id="nothing we have"),
        pytest.param(["import", "missing.csv"], id="no such file"),
        pytest.param(["import"], id="no file"),
    ],
)
def test_a_wrong_command_line_is_told_before_anything_is_opened(use: Use, tmp_path: Path, words: list[str]) -> None:
    """Exit code 2, and no store comes to be by a typing mistake."""
    use("untouched")

    assert _run(*words).exit_code == 2
    assert not (tmp_path / "untouched").exists()


@pytest.mark.parametrize(("what", "name"), [("city", "c.json"), ("readings", "r.csv"), ("events", "e.jsonl.gz")])
def test_an_export_to_where_nothing_can_be_written_is_told_in_plain_words(
    use: Use, city: City, what: str, name: str
) -> None:
    """One line with the path, no traceback."""
    use("old")
    with _stores() as stores:
        stores.registry.save(city)
    result = _run("export", what, "-o", f"nowhere/{name}")

    assert isinstance(result.exception, StoreUnavailableError)
    assert f"nowhere/{name}" in str(result.exception)


def test_an_export_that_fails_leaves_the_former_file(use: Use, tmp_path: Path) -> None:
    """A nightly job writes over the file of yesterday."""
    (tmp_path / "r.jsonl").write_text("yesterday's")

    def failing() -> object:
        yield READINGS_SENT[0]
        raise RuntimeError("the disk went away")

    with pytest.raises(RuntimeError):
        write_records(tmp_path / "r.jsonl", READINGS, failing(), as_csv=False)  # type: ignore[arg-type]
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("r.jsonl", "yesterday's")]
