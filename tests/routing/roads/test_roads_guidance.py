"""Turn by turn: the words follow the line that the plan drew, in both languages, whoever finds them."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.roads.guidance import FirstGuide, Guidance, Language, Manoeuvre, ManoeuvreKind, WordsSource, follows
from routing.roads.guides import TilesGuide, open_guide
from routing.roads.osrm_engine import open_engine
from routing.roads.osrm_roads import OsrmRoads
from routing.roads.plain_guides import StepGuide, StraightGuide
from routing.roads.port import Leg
from routing.roads.prepare import PreparedRoads, prepare
from routing.roads.straight_line import StraightLineRoads
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize
from routing.roads.valhalla_engine import ValhallaActor, line_of
from routing.roads.valhalla_guide import ValhallaGuide
from routing.roads.valhalla_tiles import PreparedTiles, find_tiles, prepare_tiles
from tests.routing.roads.made_up_town import Place, Town, position
from tomma.city import Position
from tomma.errors import RoadsUnavailableError
from tomma.planning_settings import RoadSettings

HELSINKI = Path(__file__).parents[3] / "simulator" / "cities" / "helsinki.osm.pbf"
PLACES = tuple(
    Position(lat, lon)
    for lat, lon in (
        (60.1706, 24.9440),
        (60.1694, 24.9518),
        (60.1655, 24.9395),
        (60.1722, 24.9480),
        (60.1678, 24.9479),
        (60.1738, 24.9530),
    )
)
STRAIGHT = StraightGuide(lambda: StraightLineRoads(1.3, 20.0))


@pytest.fixture(scope="module")
def drives(helsinki: OsrmRoads) -> list[tuple[Leg, int, int]]:
    """Return thirty drives of a plan: line, metres, seconds."""
    matrix = helsinki.matrix(PLACES)
    return [
        (helsinki.legs([PLACES[a], PLACES[b]])[0], int(matrix.distance_m[a, b]), int(matrix.duration_s[a, b]))
        for a, b in permutations(range(len(PLACES)), 2)
    ]


@pytest.fixture(scope="module")
def valhalla(helsinki_tiles: PreparedTiles) -> ValhallaGuide:
    """Return the better words."""
    return ValhallaGuide(ValhallaActor(helsinki_tiles.folder))


@pytest.fixture(scope="module")
def steps(helsinki_prepared: PreparedRoads) -> StepGuide:
    """Return our plain words."""
    return StepGuide(lambda _: open_engine(helsinki_prepared.base))


def is_whole(told: Guidance, distance_m: int) -> bool:
    """Return whether a guidance begins, ends, grows along its line, and is as long as the drive."""
    kinds, places = [each.kind for each in told.manoeuvres], [each.at for each in told.manoeuvres]
    return (
        kinds[0] is ManoeuvreKind.DEPART
        and kinds[-1] is ManoeuvreKind.ARRIVE
        and places == sorted(places)
        and (places[0], places[-1]) == (0, len(told.line) - 1)
        and all(each.text for each in told.manoeuvres)
        and abs(told.distance_m - distance_m) <= max(30, 0.03 * distance_m)
    )


def test_the_words_follow_the_plans_line(
    drives: list[tuple[Leg, int, int]], valhalla: ValhallaGuide, steps: StepGuide
) -> None:
    """A driver who is told to turn where the map goes straight on trusts neither."""
    better = 0
    for line, distance_m, _ in drives:
        plain = steps.along(line, Language.SV)
        assert plain.follows_plan
        assert is_whole(plain, distance_m)
        try:
            told = valhalla.along(line, Language.SV)
        except RoadsUnavailableError:
            continue  # a turn on the spot in a street's middle: the plain words do
        better += 1
        assert told.follows_plan
        assert is_whole(told, distance_m)
    assert better >= 0.9 * len(drives)


def test_both_engines_agree_roughly_on_time(drives: list[tuple[Leg, int, int]], valhalla: ValhallaGuide) -> None:
    """One speaks of the other's drive: a drive twice as long as another is so for both.

    Valhalla's trucks know no signals and no turning lorry: they take about two thirds of the time, evenly.
    """
    ratios = []
    for line, _, duration_s in drives:
        try:
            ratios.append(valhalla.along(line, Language.EN).duration_s / duration_s)
        except RoadsUnavailableError:
            continue
    middle = float(np.median(ratios))
    assert 0.45 < middle < 1.1
    assert np.mean(np.abs(np.array(ratios) / middle - 1) < 0.25) > 0.8


def test_each_language_has_its_own_words(
    drives: list[tuple[Leg, int, int]], valhalla: ValhallaGuide, steps: StepGuide
) -> None:
    """And the same turns at the same places."""
    line = drives[0][0]
    for guide in (valhalla, steps, STRAIGHT):
        swedish, english = guide.along(line, Language.SV), guide.along(line, Language.EN)
        assert [each.at for each in swedish.manoeuvres] == [each.at for each in english.manoeuvres]
        assert not {each.text for each in swedish.manoeuvres} & {each.text for each in english.manoeuvres}
        assert not any("  " in each.text or each.text.endswith(".") for each in swedish.manoeuvres)


CORNER: Place = (400.0, 0.0)


@pytest.fixture(scope="module")
def crossroads(tmp_path_factory: pytest.TempPathFactory) -> PreparedRoads:
    """Return a crossing of two named streets, and a roundabout to its east."""
    town = Town()
    town.street((0.0, 0.0), CORNER, name="Västergatan")
    town.street(CORNER, (400.0, 300.0), name="Norrgatan")
    town.street(CORNER, (400.0, -300.0), name="Södergatan")
    town.street(CORNER, (770.0, 0.0), name="Östergatan")
    ring = [(770.0, 0.0), (800.0, -30.0), (830.0, 0.0), (800.0, 30.0), (770.0, 0.0)]
    town.street(*ring, junction="roundabout", oneway="yes")
    town.street((830.0, 0.0), (1200.0, 0.0), name="Fjärrgatan")
    town.street((800.0, 30.0), (800.0, 300.0), name="Lundgatan")
    town.street((800.0, -30.0), (800.0, -300.0), name="Dalgatan")
    folder = tmp_path_factory.mktemp("crossroads")
    return prepare(town.write(folder / "crossroads.osm"), folder / "roads")


@pytest.mark.parametrize(
    ("end", "swedish", "english"),
    [
        pytest.param((400.0, 200.0), "Sväng vänster in på Norrgatan", "Turn left onto Norrgatan", id="left"),
        pytest.param((400.0, -200.0), "Sväng höger in på Södergatan", "Turn right onto Södergatan", id="right"),
        pytest.param(
            (1000.0, 0.0),
            "Kör in i rondellen och ta avfart 2 in på Fjärrgatan",
            "Enter the roundabout and take exit 2 onto Fjärrgatan",
            id="straight over the roundabout",
        ),
    ],
)
def test_our_plain_words_name_the_turn(crossroads: PreparedRoads, end: Place, swedish: str, english: str) -> None:
    """A made-up crossing, where everybody knows what is right."""
    (line,) = OsrmRoads.of(crossroads).legs([position((100.0, 0.0)), position(end)])
    guide = StepGuide(lambda _: open_engine(crossroads.base))
    told = {language: [each.text for each in guide.along(line, language).manoeuvres] for language in Language}
    assert told[Language.SV][0] == "Kör mot öster på Västergatan"
    assert told[Language.EN][0] == "Drive east on Västergatan"
    assert swedish in told[Language.SV]
    assert english in told[Language.EN]
    assert (told[Language.SV][-1], told[Language.EN][-1]) == ("Du är framme", "You have arrived")


def test_a_plan_without_streets_is_routed_for_this_truck(tmp_path: Path) -> None:
    """A line of two points knows no passage: a tall truck is led round it, a small one under it."""
    town = Town()
    town.street((-100.0, 0.0), (0.0, 0.0))
    town.street((0.0, 0.0), (200.0, 0.0), maxheight="3.5")
    town.street((0.0, 0.0), (0.0, 100.0), (200.0, 100.0), (200.0, 0.0))
    town.street((200.0, 0.0), (300.0, 0.0))
    tiles = prepare_tiles(town.write(tmp_path / "passage.osm"), tmp_path / "roads")
    guide = ValhallaGuide(ValhallaActor(tiles.folder))
    ends = tuple((each.lon_deg, each.lat_deg) for each in (position((-50.0, 0.0)), position((250.0, 0.0))))
    tall, small = (guide.along(ends, Language.SV, each) for each in (STANDARD_TRUCK, TruckSize(7_500, 3.0)))
    assert tall.distance_m == pytest.approx(500, abs=15)
    assert small.distance_m == pytest.approx(300, abs=15)
    assert not tall.follows_plan


def test_words_along_another_way_are_not_told(valhalla: ValhallaGuide, drives: list[tuple[Leg, int, int]]) -> None:
    """A line through houses cannot be followed; the next guide is asked."""
    line = tuple((lon, lat) for lon, lat in [drives[0][0][0], (24.9300, 60.1600), drives[0][0][-1]])
    with pytest.raises(RoadsUnavailableError):
        valhalla.along(line, Language.SV)
    assert FirstGuide([valhalla, STRAIGHT]).along(line, Language.SV).source is WordsSource.STRAIGHT_LINE


class Elsewhere:
    """A Valhalla that puts another drive into words than the one it is asked about."""

    def __init__(self, shape: str) -> None:
        self._shape = shape

    def ask(self, action: str, request: object) -> object:
        """Answer, with confidence."""
        told = {"type": 1, "instruction": "Kör.", "length": 1.0, "time": 60.0, "begin_shape_index": 0}
        return {"trip": {"legs": [{"shape": self._shape, "maneuvers": [told, told | {"type": 4}]}]}}


def test_confident_words_about_another_street_are_not_told(drives: list[tuple[Leg, int, int]]) -> None:
    """A match that leaves the plan's line would send the truck where the map does not."""
    guide = ValhallaGuide(Elsewhere("_p~iF~ps|U_ulLnnqC_mqNvxq`@"))
    with pytest.raises(RoadsUnavailableError, match="another line"):
        guide.along(drives[0][0], Language.SV)


def test_where_no_street_is_known_direction_and_distance_are_told() -> None:
    """Better than an arrow that nobody knows to be right."""
    told = STRAIGHT.along(((15.0, 59.0), (15.0, 59.1)), Language.SV)
    assert told.manoeuvres[0].text == "Gatorna är okända: 14,5 km mot norr"
    assert told.source is WordsSource.STRAIGHT_LINE
    near = STRAIGHT.along(((15.0, 59.0), (15.001, 59.0)), Language.EN)
    assert near.manoeuvres[0].text == "Streets not known: 70 m to the east"


def test_tiles_are_built_in_the_background_and_used_when_they_are_there(tmp_path: Path, helsinki: OsrmRoads) -> None:
    """The first driver of a fresh installation does not wait for them; nobody has to know a command."""
    settings, (line,) = RoadSettings(osm_extract=HELSINKI), helsinki.legs(PLACES[:2])
    guide = open_guide(settings, tmp_path)
    assert guide.along(line, Language.SV).source is WordsSource.STREETS
    assert isinstance(guide, FirstGuide)
    (tiles, *_) = guide._guides
    assert isinstance(tiles, TilesGuide)
    tiles.wait(60)
    assert find_tiles(HELSINKI, tmp_path) is not None
    assert guide.along(line, Language.SV).source is WordsSource.VALHALLA
    assert prepare_tiles(HELSINKI, tmp_path).reused


def test_tiles_that_lost_a_piece_are_built_anew(tmp_path: Path) -> None:
    """A torn copy must not be opened."""
    town = Town()
    town.street((0.0, 0.0), (500.0, 0.0))
    extract = town.write(tmp_path / "street.osm")
    tiles = prepare_tiles(extract, tmp_path / "roads")
    victim = max(tiles.folder.rglob("*.gph"), key=lambda path: path.stat().st_size)
    victim.write_bytes(victim.read_bytes()[:100])
    assert find_tiles(extract, tmp_path / "roads") is None
    assert not prepare_tiles(extract, tmp_path / "roads").reused
    assert find_tiles(extract, tmp_path / "roads") is not None


def test_an_extract_that_is_none_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    """The plain words stay."""
    extract = tmp_path / "town.osm.pbf"
    extract.write_bytes(b"no street map at all")
    with pytest.raises(RoadsUnavailableError):
        prepare_tiles(extract, tmp_path / "roads")
    assert not list((tmp_path / "roads").iterdir())


def test_without_any_streets_there_are_still_words(tmp_path: Path) -> None:
    """A guide always has some."""
    told = open_guide(RoadSettings(), tmp_path).along(((15.0, 59.0), (15.0, 59.1)), Language.SV)
    assert told.source is WordsSource.STRAIGHT_LINE


@given(st.lists(st.integers(0, 400), min_size=1, max_size=9), st.integers(0, 5_000))
def test_stretched_times_add_up_to_the_plans(durations_s: list[int], planned_s: int) -> None:
    """To the second, whatever is rounded on the way."""
    told = tuple(Manoeuvre(ManoeuvreKind.STRAIGHT, "x", "", 10, each, 0) for each in durations_s)
    stretched = Guidance(told, ((0.0, 0.0), (1.0, 1.0)), WordsSource.STREETS, follows_plan=True).taking(planned_s)
    assert stretched.duration_s == (planned_s if sum(durations_s) else 0)
    assert all(each.duration_s >= 0 for each in stretched.manoeuvres)


@given(st.lists(st.tuples(st.floats(24.9, 25.0), st.floats(60.1, 60.2)), min_size=2, max_size=9))
def test_a_line_follows_itself(line: list[tuple[float, float]]) -> None:
    """And not one that leads elsewhere."""
    leg = tuple(line)
    assert follows(leg, leg)
    assert not follows(leg, (*leg, (leg[-1][0], 60.3)))


def test_a_shape_reads_as_its_points() -> None:
    """The example that the encoding is documented with everywhere; it has five decimals where ours has six."""
    shape = "_p~iF~ps|U_ulLnnqC_mqNvxq`@"
    expected = [(-120.2, 38.5), (-120.95, 40.7), (-126.453, 43.252)]
    assert [(lon * 10, lat * 10) for lon, lat in line_of(shape)] == [pytest.approx(each) for each in expected]
