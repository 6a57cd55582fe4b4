"""The registry as a spreadsheet: what Excel writes is read, every fault is told, out and in again changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tomma.bounds import Rule
from tomma.city import Bin, City, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.containers import ContainerType
from tomma.errors import ImportRefusedError
from tomma.model import BinId, ContainerTypeId, FractionCode, SensorId, SiteId
from tomma.settings import Settings
from tomma.stores.commands import city as asset_cli
from tomma.stores.files.asset_csv import read_table, write_table
from tomma.stores.files.asset_import import Fault, ImportPlan, plan_import
from tomma.stores.wiring import open_stores

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
REST, TYPE = FractionCode("rest"), ContainerTypeId("660")


def city_of(sites: list[Site], bins: list[Bin], sensors: list[Sensor], installations: list[Installation]) -> City:
    """A city with one container type and no trucks."""
    return City(
        Organisation("vik", "Viks kommun"),
        {REST: Fraction(REST, "Restavfall", "Residual waste", 0.1)},
        {TYPE: ContainerType(TYPE, "660 l", 660.0, 1100.0, 100.0, 250.0)},
        {each.id: each for each in sites},
        {each.id: each for each in bins},
        {each.id: each for each in sensors},
        tuple(installations),
        {},
        {},
        {},
    )


def small_city() -> City:
    """Two bins at one site, a sensor in the first."""
    site = Site(SiteId("torg"), "Stora torget", Position(59.3293, 18.0686))
    bins = [Bin(BinId(name), site.id, TYPE, REST) for name in ("B1", "B2")]
    hung = Installation(SensorId("S1"), BinId("B1"), NOW - timedelta(days=30))
    return city_of([site], bins, [Sensor(SensorId("S1"), "Milesight", "EM400")], [hung])


def looked_at(city: City, text: str | bytes, **how: bool) -> ImportPlan:
    """What the file would do."""
    data = text if isinstance(text, bytes) else text.encode()
    return plan_import(city, read_table(data), NOW, **how)


# Every text that a database can hold, with what spreadsheets and separators make hard drawn often.
hard = st.sampled_from(
    ["=1+1", "'=1", "-3", "'", "''x", "@sum", "a;b", "a,b", 'say "hi"', "två\nrader", "sep=;", "|", "\\|"]
)
texts = hard | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
names = texts.map(str.strip).filter(lambda text: text and text.strip())
ids = st.lists(names.filter(lambda each: len(each) < 60), min_size=3, max_size=3, unique=True)
skill_sets = st.frozensets(names.filter(lambda each: len(each) <= 40), max_size=2)
numbers = st.floats(-5_000, 5_000)


@st.composite
def cities(draw: st.DrawFn) -> City:
    """One site, two bins, a sensor in the first, every column with something odd in it."""
    site_id, first, second = draw(ids)
    site = Site(
        SiteId(site_id),
        draw(texts),
        Position(draw(st.floats(-90, 90)), draw(st.floats(-180, 180))),
        draw(texts),
        draw(st.integers(0, 7200)),
        kerb=draw(st.booleans()),
        area=draw(texts).strip()[:40].strip(),
    )
    bins = [
        Bin(BinId(each), site.id, TYPE, REST, draw(st.integers(0, 7200)), draw(skill_sets)) for each in (first, second)
    ]
    sensor = Sensor(
        SensorId(draw(names)), draw(texts), draw(texts), draw(st.floats(0, 2_000)), draw(st.none() | st.floats(-40, 60))
    )
    measured = draw(st.sampled_from([(None, None), (900.5, None), (1100.0, 20.25)]))
    since = NOW - timedelta(microseconds=draw(st.integers(1, 10**15)))
    hung = Installation(sensor.id, bins[0].id, since, None, draw(numbers), draw(st.floats(0, 45)), *measured)
    return city_of([site], bins, [sensor], [hung])


@given(city=cities(), for_excel=st.booleans())
@settings(max_examples=150, deadline=None)
def test_what_was_exported_changes_nothing_when_it_is_imported(city: City, for_excel: bool) -> None:
    """Else a manager who only looked at the file would change the city by sending it back."""
    plan = plan_import(city, read_table(write_table(city, for_excel=for_excel)), NOW, remove_missing=True)

    assert plan.faults == ()
    assert plan.changes == ()


@given(name=texts)
@settings(max_examples=60, deadline=None)
def test_no_cell_begins_like_a_formula(name: str) -> None:
    """A spreadsheet runs what begins so, and names come from whoever fills in a form."""
    site = replace(small_city().sites[SiteId("torg")], name=name)
    cell = write_table(replace(small_city(), sites={site.id: site})).decode().splitlines()[1].split(",")[6].lstrip('"')

    assert not cell.startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            "bin_id;site_name;lat_deg;lon_deg\r\nB1;Åtorget;59,5;18,1\r\n".encode("utf-8-sig"), id="CSV UTF-8"
        ),
        pytest.param(
            "bin_id;site_name;lat_deg;lon_deg\r\nB1;Åtorget;59,5;18,1\r\n".encode("cp1252"), id="CSV of old Excel"
        ),
        pytest.param(
            "bin_id\tsite_name\tlat_deg\tlon_deg\nB1\tÅtorget\t59,5\t18,1\n".encode("utf-16"), id="Unicode text"
        ),
        pytest.param("bin_id,site_name,lat_deg,lon_deg\nB1,Åtorget,59.5,18.1\n".encode(), id="RFC 4180"),
        pytest.param(
            "sep=;\nBIN_ID ;site_name;lat_deg;lon_deg;;\nB1;Åtorget;59,5;18,1;;\n".encode(), id="told separator"
        ),
        pytest.param('bin_id,site_name,lat_deg,lon_deg\nB1,Åtorget,"59,5","18,1"\n'.encode(), id="commas in quotes"),
    ],
)
def test_what_spreadsheets_write_is_read(data: bytes) -> None:
    """A file saved by Excel in Sweden is not the file that a program writes, and its owner cannot tell."""
    plan = looked_at(small_city(), data)

    assert plan.faults == ()
    assert plan.edited is not None
    site = plan.edited.city.sites[SiteId("torg")]
    assert (site.name, site.position) == ("Åtorget", Position(59.5, 18.1))
    (change,) = plan.changes
    assert (change.action, change.kind, change.id) == ("change", "site", "torg")
    assert change.before == {"name": "Stora torget", "position": Position(59.3293, 18.0686)}
    assert change.after == {"name": "Åtorget", "position": Position(59.5, 18.1)}


def test_every_fault_is_told_with_line_column_bound_and_value() -> None:
    """A list of a thousand bins is mended in one go, not fault by fault."""
    text = (
        "bin_id,site_id,container_type_id,fraction_code,lat_deg,lon_deg,service_s,sensor_id,installed_utc\n"
        "B1,torg,660,rest,95,18,60,S1,\n"
        "B1,torg,660,rest,59,18,60,,\n"
        ",torg,660,rest,59,18,60,,\n"
        "B3,torg,140,rest,59,18,sextio,,\n"
        "B4,gata,660,papper,59,18,60,,\n"
        "B5,gata2,660,rest,59,18,99999,,\n"
        "B6,gata3,660,rest,59,18,60,S9,2027-01-01\n"
        "B/7,gata4,660,rest,59,18,60,,\n"
    )
    plan = looked_at(small_city(), text)

    assert plan.edited is None
    assert plan.faults == (
        Fault(2, "lat_deg", "must be within [-90, 90]", "95", Rule.WITHIN, {"low": -90, "high": 90}),
        Fault(4, "bin_id", "must be given", "", Rule.GIVEN),
        Fault(5, "service_s", "must be a number such as 59.33 or 59,33", "sextio", Rule.NUMBER),
        Fault(6, "fraction_code", "must be one of rest", "papper", Rule.ONE_OF, {"names": "rest"}),
        Fault(7, "service_s", "must be within [0, 7200]", "99999", Rule.WITHIN, {"low": 0, "high": 7200}),
        Fault(8, "installed_utc", "must not lie ahead", "2027-01-01", Rule.NOT_AHEAD),
        Fault(9, "bin_id", "must be without / and more than dots", "B/7", Rule.ADDRESSABLE),
    )


def test_latitude_and_longitude_in_each_others_place_move_no_city() -> None:
    """Both are legal numbers: the dry run said no more than that the places of a Swedish town go to the Arabian Sea."""
    head = "bin_id,site_id,container_type_id,fraction_code,lat_deg,lon_deg\n"
    plan = looked_at(small_city(), head + "B1,torg,660,rest,18.0686,59.3293\nB3,ny,660,rest,18.07,59.33\n")
    told = "must lie near the city: exchanged with lon_deg it does"
    assert plan.faults == (
        Fault(2, "lat_deg", told, "18.0686", Rule.EXCHANGED),
        Fault(3, "lat_deg", told, "18.07", Rule.EXCHANGED),
    )
    assert not looked_at(small_city(), head + "B3,far,660,rest,-33.9,151.2\n").faults
    there = replace(small_city(), sites={SiteId("torg"): Site(SiteId("torg"), "Torg", Position(18.0686, 59.3293))})
    assert not looked_at(there, head + "B1,torg,660,rest,18.0686,59.3293\n").faults


def test_a_text_is_no_longer_than_a_form_takes_it_unless_it_stands_there_already() -> None:
    """A cell of a whole letter went to the tablets as a note on access; what a city file brought stays as it is."""
    head = "bin_id,site_id,container_type_id,fraction_code,access_note,sensor_id,make\n"
    letter = "x" * 501
    plan = looked_at(
        small_city(),
        f"{head}B1,torg,660,rest,{letter},S1,\nB2,torg,660,rest,,S2,{letter}\n{'b' * 129},torg,660,rest,,,\n",
    )
    told = [(each.line, each.column, each.rule, each.values) for each in plan.faults]
    assert told == [
        (2, "access_note", Rule.LETTERS_MAX, {"most": 500}),
        (3, "make", Rule.LETTERS_MAX, {"most": 500}),
        (4, "bin_id", Rule.LETTERS_MAX, {"most": 128}),
    ]
    there = replace(small_city().sites[SiteId("torg")], access_note=letter)
    as_it_was = replace(small_city(), sites={there.id: there})
    assert not looked_at(as_it_was, f"{head}B1,torg,660,rest,{letter},S1,Milesight\n").faults


def test_a_row_of_too_many_cells_is_told_among_the_other_rows_faults() -> None:
    """A decimal comma in one row of three hundred is no reason to hide what ails the others; blanks behind are none."""
    file = "bin_id,site_id,lat_deg,lon_deg\nB1,torg,59,3293,18,0686\nB2,torg,95,18,, ,\nB9,nytt,north,18\n"
    plan = looked_at(small_city(), file)

    told = [(each.line, each.column, each.bound, each.value) for each in plan.faults]
    assert told == [
        (2, "row", "must have at most 4 cells, one for each column that the first line names", "6"),
        (3, "lat_deg", "must be within [-90, 90]", "95"),
        (4, "lat_deg", "must be a number such as 59.33 or 59,33", "north"),
    ]
    assert (plan.faults[0].rule, plan.faults[0].values) == (Rule.CELLS_MAX, {"most": 4})
    assert plan.edited is None


def test_what_a_city_contradicts_itself_in_is_told_by_field_bound_and_value() -> None:
    """A page has words for the rule, and not for an English sentence."""
    city = replace(small_city(), organisation=Organisation("vik", "Viks kommun", currency="kr"))
    (fault,) = looked_at(city, "bin_id,site_id\nB1,torg\n").faults
    assert fault == Fault(
        0, "organisation.currency", "must be three capital letters such as SEK", "'kr'", Rule.CURRENCY
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "must name the columns", id="empty"),
        pytest.param(b"id,name\n1,2\n", "bin_id among them", id="another table"),
        pytest.param(b"bin_id,bin_id\n1,2\n", "must stand once", id="a column twice"),
        pytest.param(b"bin_id,colour\n1,2\n", "'colour' is not known", id="an unknown column"),
        pytest.param(b"PK\x03\x04\x00\x00", "NUL character", id="a workbook"),
        pytest.param(b"\xef\xbb\xbfbin_id\n\xff\n", "byte", id="a false mark"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_as_a_whole(data: bytes, why: str) -> None:
    """Guessing what it might mean would change a city by guesses."""
    with pytest.raises(ImportRefusedError, match=why):
        read_table(data)


def test_another_sensor_in_a_row_ends_the_one_before_and_begins_now() -> None:
    """The history of a bin says who measured it when; writing over a cell must not rewrite that."""
    export = write_table(small_city()).decode().replace(",S1,", ",S2,")
    plan = looked_at(small_city(), export)

    assert plan.edited is not None
    assert plan.edited.city.installations == (
        Installation(SensorId("S1"), BinId("B1"), NOW - timedelta(days=30), NOW),
        Installation(SensorId("S2"), BinId("B1"), NOW),
    )


def test_two_sensors_change_places() -> None:
    """In the middle of the file one of them hangs in both bins, and that is no fault."""
    city = small_city()
    second = Installation(SensorId("S2"), BinId("B2"), NOW - timedelta(days=5))
    city = replace(
        city,
        sensors={**city.sensors, SensorId("S2"): Sensor(SensorId("S2"))},
        installations=(*city.installations, second),
    )
    plan = looked_at(city, "bin_id,sensor_id\nB1,S2\nB2,S1\n")

    assert plan.faults == ()
    assert plan.edited is not None
    now_in = {each.bin_id: each.sensor_id for each in plan.edited.city.installations if each.to_utc is None}
    assert now_in == {"B1": "S2", "B2": "S1"}


def test_bins_that_the_file_does_not_have_stay_unless_it_is_said_to_be_whole() -> None:
    """A file of one district must not take the rest of the city away."""
    assert looked_at(small_city(), "bin_id\nB1\n").changes == ()

    plan = looked_at(small_city(), "bin_id\nB2\n", remove_missing=True)
    assert [(each.action, each.kind, each.id.split()[0]) for each in plan.changes] == [
        ("remove", "bin", "B1"),
        ("remove", "installation", "S1"),
    ]
    assert plan.edited is not None
    (gone,) = plan.edited.retired
    assert (gone.id, gone.installations[0].to_utc) == ("B1", NOW)


def test_a_column_that_is_left_out_leaves_what_is_there() -> None:
    """Whoever sends new names only must not empty everything else."""
    plan = looked_at(small_city(), "bin_id,site_name\nB1,Lilla torget\nB2,Lilla torget\n")

    assert plan.edited is not None
    assert plan.edited.city == replace(
        small_city(),
        sites={SiteId("torg"): replace(small_city().sites[SiteId("torg")], name="Lilla torget")},
    )


def test_two_rows_that_disagree_about_one_place_are_both_shown() -> None:
    """The last one would win in silence, and nobody would know which is right."""
    plan = looked_at(small_city(), "bin_id,site_name\nB1,Lilla torget\nB2,Stora torget\n")

    bound = "must be told alike for each bin there: line 2 differs in name"
    assert plan.faults == (Fault(3, "site_id", bound, "", Rule.ALIKE, {"line": 2, "name": "name"}),)


def test_the_command_tells_first_and_then_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, over a remote shell, with a file from a colleague."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / "data"))
    with open_stores(Settings(data_dir=tmp_path / "data")) as stores:
        stores.registry.save(small_city())
    run = partial(CliRunner().invoke, asset_cli.app)
    assert run(["export-csv", "-o", "out.csv", "--excel"]).exit_code == 0
    Path("in.csv").write_bytes(Path("out.csv").read_bytes().replace(b"Stora torget", b"Lilla torget"))

    looked = run(["import-csv", "in.csv", "--dry-run"])
    assert "0 added, 1 changed, 0 removed; dry run" in looked.output
    assert "1 changed" in run(["import-csv", "in.csv"]).output
    assert "0 changed" in run(["import-csv", "in.csv"]).output

    Path("in.csv").write_text("bin_id,lat_deg\nB1,95\n")
    refused = run(["import-csv", "in.csv"])
    assert isinstance(refused.exception, ImportRefusedError)
    assert "line 2: lat_deg must be within [-90, 90], got '95'" in refused.stderr
