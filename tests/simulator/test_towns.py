"""A town stands on real streets and is the same for everybody who names its seed."""

import math
from pathlib import Path

import numpy as np
import pytest
import shapely

from simulator.presets import PRESETS, SHIPPED_EXTRACT, find_preset
from simulator.streets import METRES_PER_DEGREE, Street, Streets, read_streets
from simulator.towns import Town, make_town
from tomma.city import City, Position
from tomma.codec import to_json
from tomma.errors import ConfigurationError, ImportRefusedError

SMALL_EXTRACT = Path(__file__).parents[3] / "shared" / "data" / "osm" / "lund-station-sweden.osm.pbf"


@pytest.fixture(scope="module")
def streets() -> Streets:
    """The shipped streets."""
    return read_streets(SHIPPED_EXTRACT)


def metres(streets: Streets, position: Position) -> tuple[float, float]:
    """The place in metres, as the streets are."""
    return streets.frame.to_metres(position.lat_deg, position.lon_deg)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_exactly_its_bins_and_a_sensor_in_each(name: str) -> None:
    """Measurements at 160, 1,400, 5,700 and 11,100 bins must mean those numbers."""
    city = make_town(name, seed=3).city
    assert len(city.bins) == PRESETS[name].bins
    assert {each.bin_id for each in city.installations} == set(city.bins)
    assert len(city.sensors) == len(city.bins)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_town(small_town: Town) -> None:
    """A fault seen in a simulated town can be shown to somebody else."""
    again, other = make_town("small-town", seed=1), make_town("small-town", seed=2)
    assert to_json(again.city) == to_json(small_town.city)
    assert again.truths == small_town.truths
    assert to_json(other.city) != to_json(small_town.city)


def test_every_site_stands_near_a_street_that_trucks_reach_and_in_no_building(
    small_town: Town, streets: Streets
) -> None:
    """A bin in a courtyard wall or across the water would make every route look wrong."""
    lines = shapely.MultiLineString([street.points for street in streets.streets])
    houses = shapely.STRtree(streets.buildings)
    mapped = {streets.frame.to_position(each.point) for each in streets.mapped_bins}
    for site in small_town.city.sites.values():
        point = shapely.Point(metres(streets, site.position))
        if site.position in mapped:  # somebody surveyed that one: it may stand in a park
            assert lines.distance(point) <= 80.0
        else:
            assert 3.4 <= lines.distance(point) <= 9.0
            assert not len(houses.query(point, predicate="within"))


def test_mapped_baskets_come_first(small_town: Town, streets: Streets) -> None:
    """Real places beat plausible ones."""
    mapped = {streets.frame.to_position(each.point) for each in streets.mapped_bins}
    used = {site.position for site in small_town.city.sites.values()}
    assert len(mapped & used) >= 25
    first = list(small_town.city.sites.values())[:25]
    assert all(site.position in mapped for site in first)


def test_names_are_streets_of_the_map_with_house_numbers_and_none_twice(small_town: Town, streets: Streets) -> None:
    """A driver reads the name; two places of one name would send the truck to the wrong one."""
    known = {street.name for street in streets.streets} | {address.street for address in streets.addresses}
    names = [site.name for site in small_town.city.sites.values()]
    assert all(any(name.startswith(street) for street in known if street) for name in names)
    assert sum(any(letter.isdigit() for letter in name) for name in names) > len(names) / 2
    assert len(set(names)) == len(names)


def test_a_site_lies_in_the_district_whose_middle_is_nearest(small_town: Town, streets: Streets) -> None:
    """The page filters by it, and people look for the names they use."""
    assert {"Kluuvi", "Hakaniemi"} <= {each.name for each in streets.areas}
    sites = small_town.city.sites.values()
    for site in sites:
        at = metres(streets, site.position)
        nearest = min(streets.areas, key=lambda each: math.dist(each.point, at))
        assert site.area == nearest.name
    assert len({site.area for site in sites}) >= 4


def test_sites_keep_their_distance_from_each_other(small_town: Town, streets: Streets) -> None:
    """Chosen places are spread; only surveyed baskets may stand closer."""
    mapped = {streets.frame.to_position(each.point) for each in streets.mapped_bins}
    chosen = [site.position for site in small_town.city.sites.values() if site.position not in mapped]
    points = np.asarray([metres(streets, position) for position in chosen])
    away_m = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) + np.eye(len(points)) * 1e9
    assert away_m.min() >= 45.0


def test_depot_and_disposal_site_lie_on_streets_at_two_ends_of_the_town(small_town: Town, streets: Streets) -> None:
    """Trucks cross the town, so that plans have something to save."""
    [depot], [disposal] = small_town.city.depots.values(), small_town.city.disposal_sites.values()
    lines = shapely.MultiLineString([street.points for street in streets.streets])
    ends = [metres(streets, depot.position), metres(streets, disposal.position)]
    assert all(lines.distance(shapely.Point(end)) < 1.0 for end in ends)
    assert math.dist(*ends) > 1_200.0


def test_every_fraction_has_a_truck_and_a_place_to_unload(small_town: Town) -> None:
    """Else its bins could never be planned."""
    city = small_town.city
    used = {each.fraction_code for each in city.bins.values()}
    assert used <= frozenset.union(*(vehicle.fractions for vehicle in city.vehicles.values()))
    assert used <= frozenset.union(*(site.fractions for site in city.disposal_sites.values()))
    assert len(used) == 7


def test_litter_stands_alone_and_packaging_together(small_town: Town) -> None:
    """The mix of a Nordic centre: baskets along the streets, stations of igloos, wheeled bins in yards."""
    city = small_town.city
    per_site: dict[str, list[str]] = {}
    for each in city.bins.values():
        per_site.setdefault(each.site_id, []).append(each.fraction_code)
    assert all(codes == ["litter"] for codes in per_site.values() if "litter" in codes)
    assert all({"metal", "plastic"} <= set(codes) for codes in per_site.values() if "glass" in codes)
    assert 0.4 <= sum(codes == ["litter"] for codes in per_site.values()) / len(per_site) <= 0.6


def test_another_extract_makes_another_town() -> None:
    """Lund's station square is enough ground for twelve bins, and its names are Swedish."""
    city: City = make_town(12, seed=1, extract=SMALL_EXTRACT).city
    assert len(city.bins) == 12
    assert all(55.6 < site.position.lat_deg < 55.8 for site in city.sites.values())


def test_a_town_too_big_for_its_streets_is_refused_with_the_bound() -> None:
    """Better no town than bins on top of each other."""
    with pytest.raises(ConfigurationError, match=r"bins must be within \[1, \d+\] on these streets, got 50000"):
        make_town(50_000, seed=1, extract=SMALL_EXTRACT)


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    """The person need not look them up."""
    with pytest.raises(ConfigurationError, match=r"preset must be one of small-town, .*, got metropolis"):
        find_preset("metropolis")


def test_a_file_without_streets_is_refused(tmp_path: Path) -> None:
    """A picture renamed to .osm must not end in a traceback."""
    path = tmp_path / "empty.osm"
    path.write_text('<osm version="0.6"></osm>')
    with pytest.raises(ImportRefusedError, match="no street"):
        read_streets(path)
    path.write_text("no map at all")
    with pytest.raises(ImportRefusedError, match="not a readable"):
        read_streets(path)


def test_a_one_way_dead_end_is_no_place_for_bins(tmp_path: Path) -> None:
    """A truck that gets in and not out again is lost to the day."""
    path = tmp_path / "trap.osm"
    nodes = {1: (0.0, 0.0), 2: (0.0, 0.002), 3: (0.0, 0.004)}
    path.write_text(
        '<osm version="0.6">'
        + "".join(f'<node id="{n}" version="1" lat="{lat}" lon="{lon}"/>' for n, (lat, lon) in nodes.items())
        + '<way id="1" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/>'
        + '<tag k="name" v="Both"/></way>'
        + '<way id="2" version="1"><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/>'
        + '<tag k="name" v="Trap"/><tag k="oneway" v="yes"/></way></osm>'
    )
    found: tuple[Street, ...] = read_streets(path).streets
    assert [street.name for street in found] == ["Both"]
    assert math.isclose(math.dist(*found[0].points), 0.002 * METRES_PER_DEGREE, rel_tol=0.01)
