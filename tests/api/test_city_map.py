"""The whole city in columns: what the map loads at once, and the table as a file."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import accumulate
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.citymap.columns import front_coded
from api.citymap.courses import HOURS, LAST_H, STEP_H, band_at, courses_of
from api.context import BinOutlook, CityAhead, ForecastStep
from tests.api.patience import until
from tests.api.town import NOW
from tests.api.world import World, serving
from tomma.model import BinId, SiteId

MAP = "/api/v1/map"


def decoded(ids: list[str]) -> list[str]:
    """The ids behind the letters, as the page reads them."""
    return list(accumulate(["", *ids], lambda before, each: before[: ord(each[0]) - ord("A")] + each[1:]))[1:]


def column(client: httpx.Client, answer: str, name: str) -> dict[str, Any]:
    """One column of an answer, by bin."""
    bins = decoded(client.get(f"{MAP}/places").json()["bin_id"])
    return dict(zip(bins, client.get(f"{MAP}/{answer}").json()[name], strict=True))


def places_of(client: httpx.Client, answer: str) -> str:
    """The tag of the places that an answer speaks of."""
    tag: str = client.get(f"{MAP}/{answer}").json()["places"]
    return tag


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """The lines of a downloaded table."""
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_places_say_where_every_bin_stands(client: httpx.Client) -> None:
    """Bins follow their place, so that a place costs its name and position once."""
    told = client.get(f"{MAP}/places").json()
    sites = told["sites"]
    assert decoded(told["bin_id"]) == ["B1", "B2", "B3", "B4", "B5", "B6"]
    assert (decoded(sites["id"]), sites["name"], sites["bins"]) == (
        ["S1", "S2", "S3"], ["Gata 1", "Gata 2", "Gata 3"], [2, 2, 2]
    )  # fmt: skip
    south, west = told["south_west"]
    assert [south + lat * 1e-5 for lat in sites["lat"]] == pytest.approx([60.161, 60.162, 60.163])
    assert [west + lon * 1e-5 for lon in sites["lon"]] == pytest.approx([24.931] * 3)
    assert [told["fractions"][n] for n in told["fraction"]] == ["residual"] * 6
    assert [told["volumes_l"][n] for n in told["volume"]] == [240] * 6


@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=40)))
def test_ids_come_out_as_they_went_in(ids: list[str]) -> None:
    """Whatever a city calls its bins."""
    assert decoded(list(front_coded(ids))) == ids


def test_a_level_is_rounded_down_and_nobody_is_shown_fuller_than_it_is(client: httpx.Client, world: World) -> None:
    """89.9 % is not the band of 90; an unmeasured bin is minus one, not empty."""
    world.measure("B1", 0.899)
    world.measure("B2", 0.29)  # 28.999... in binary
    levels = until(lambda: column(client, "levels", "fill_pct"), lambda found: found["B2"] != -1)
    assert levels == {"B1": 89, "B2": 29, "B3": -1, "B4": -1, "B5": -1, "B6": -1}


def test_a_copy_that_is_still_good_costs_nothing_and_a_packed_one_little(client: httpx.Client, world: World) -> None:
    """The tag is the content's: it changes when the content does, and only then."""
    for answer in ("places", "levels", "ahead", "figures"):
        first = client.get(f"{MAP}/{answer}", headers={"accept-encoding": "gzip"})
        assert first.headers["content-encoding"] == "gzip"
        again = client.get(f"{MAP}/{answer}", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), answer
    before = {answer: client.get(f"{MAP}/{answer}").headers["etag"] for answer in ("places", "levels")}
    world.measure("B1", 0.5)
    until(lambda: client.get(f"{MAP}/levels").headers["etag"], lambda tag: tag != before["levels"])
    assert client.get(f"{MAP}/places").headers["etag"] == before["places"]


def test_a_new_place_makes_the_other_answers_point_to_new_places(client: httpx.Client, world: World) -> None:
    """A page must not lay the levels of one list over the names of another."""
    before = client.get(f"{MAP}/places").headers["etag"]
    city = world.stores.registry.load()
    moved = {**city.sites, SiteId("S2"): replace(city.sites[SiteId("S2")], area="Kluuvi")}
    world.stores.registry.save(replace(city, sites=moved))
    places = until(lambda: client.get(f"{MAP}/places"), lambda answer: answer.headers["etag"] != before)
    told = places.json()
    assert [told["areas"][n] for n in told["sites"]["area"]] == ["", "Kluuvi", ""]
    for answer in ("levels", "ahead", "figures"):
        until(partial(places_of, client, answer), lambda tag: tag == places.headers["etag"])


def test_the_course_of_a_bin_says_when_it_passes_each_band(client: httpx.Client) -> None:
    """B1 is full within six hours; the others rise a hundredth an hour from 20 %: 50 % after 30 h, 75 % after 55 h."""
    told = until(lambda: client.get(f"{MAP}/ahead").json(), lambda found: found["as_of_utc"] is not None)
    bins = decoded(client.get(f"{MAP}/places").json()["bin_id"])
    course = {each: told["courses"][n] for each, n in zip(bins, told["course"], strict=True)}
    assert course["B1"] == "BBBBB"
    assert course["B2"] == "FKMCJ"
    assert told["step_h"] == STEP_H
    assert told["courses"][0] == course["B2"], "the commonest has the shortest number"


class OneBin:
    """A forecast of one bin whose numbers are given."""

    as_of_utc = NOW

    def __init__(self, p50: list[float], p_overflow: list[float]) -> None:
        self._p50, self._p_overflow = np.array(p50, np.float32), np.array(p_overflow, np.float32)

    def outlook(self, bin_id: BinId) -> BinOutlook | None:
        """Nobody asks."""

    def steps(self, bin_id: BinId, hours: int) -> list[ForecastStep]:
        """Nobody asks."""
        return []

    def ahead(self, hours: Any) -> CityAhead:
        """The given numbers at every step."""
        assert tuple(hours) == HOURS
        return CityAhead([BinId("B")], self._p50[None], self._p_overflow[None])


rising = st.lists(st.floats(0, 1, width=32), min_size=len(HOURS), max_size=len(HOURS)).map(sorted)


@given(rising, rising)
def test_five_letters_tell_the_band_at_every_step(p50: list[float], p_overflow: list[float]) -> None:
    """Nothing is lost: the band read from the letters is the band of the numbers."""
    course = courses_of(OneBin(p50, p_overflow))["B"]
    for hour, fill, risk in zip(HOURS, p50, p_overflow, strict=True):
        expected = (
            "over"
            if risk >= 0.5
            else ["low", "mid", "high", "full"][sum(bool(np.float32(fill) >= mark) for mark in (0.5, 0.75, 0.9))]
        )
        assert band_at(course, hour) == expected
    assert HOURS[-1] == LAST_H


def test_the_figures_are_those_of_the_single_bin(client: httpx.Client, world: World) -> None:
    """The table and the drawer beside it must say the same."""
    world.measure("B1", 0.4)
    world.clock.now = NOW + timedelta(minutes=90)
    world.measure("B2", 0.4, world.clock.now)
    until(lambda: column(client, "figures", "age_min"), lambda found: found["B2"] == 0 and found["B1"] == 90)
    assert column(client, "figures", "age_min")["B3"] == -1
    risks = until(lambda: column(client, "figures", "p_overflow_24h_pct"), lambda found: found["B1"] != -1)
    assert (risks["B1"], risks["B2"]) == (100, 12)
    assert column(client, "figures", "full_in_h") == {"B1": 4, **{f"B{n}": -1 for n in range(2, 7)}}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", ["B1", "B2", "B3", "B4", "B5", "B6"], id="all"),
        pytest.param("bands=high", ["B1"], id="one band"),
        pytest.param("bands=high&bands=low", ["B1", "B2"], id="two bands"),
        pytest.param("bands=none&q=gata 2", ["B3", "B4"], id="no reading, and a place"),
        pytest.param("q=b5", ["B5"], id="a bin's id in small letters"),
        pytest.param("fraction=glass", [], id="a stream nobody has here"),
        pytest.param("area=Kluuvi", [], id="an area without a bin"),
        pytest.param("sensor=silent", [], id="no sensor is silent"),
        pytest.param("sensor=ok&plan=none&bands=mid&bands=high", ["B1"], id="several at once"),
        pytest.param("hour=72&bands=over", ["B1", "B2", "B3", "B4", "B5", "B6"], id="overflowing in three days"),
        pytest.param("hour=6&bands=over", ["B1"], id="overflowing in six hours"),
        pytest.param(
            "sort=fill&descending=true", ["B1", "B2", "B3", "B4", "B5", "B6"], id="fullest first, then unknown"
        ),
        pytest.param("sort=fill", ["B2", "B1", "B3", "B4", "B5", "B6"], id="emptiest first, unknown still last"),
    ],
)
def test_the_file_has_what_the_filters_let_through(
    client: httpx.Client, world: World, query: str, expected: list[str]
) -> None:
    """The same filters as on the page, named as in its address."""
    world.measure("B1", 0.8)
    world.measure("B2", 0.1)
    until(lambda: column(client, "levels", "fill_pct"), lambda found: found["B2"] == 10)
    until(lambda: client.get(f"{MAP}/ahead").json()["as_of_utc"], lambda as_of: as_of is not None)
    assert [row["bin_id"] for row in rows(client.get(f"{MAP}/table.csv?{query}"))] == expected


@pytest.mark.parametrize(("query", "field"), [("hour=73", "hour"), ("bands=huge", "bands"), ("sort=price", "sort")])
def test_a_filter_nobody_knows_is_refused_with_its_name(client: httpx.Client, query: str, field: str) -> None:
    """Not silently ignored: the file would hold other bins than were asked for."""
    answer = client.get(f"{MAP}/table.csv?{query}")
    assert answer.status_code == 422
    assert field in answer.text


@pytest.mark.parametrize("name", ["=1+1", "+SUM(A1)", "-2", "@cmd", "\t=1", "＝1", "'x"])
def test_no_cell_of_the_file_is_a_formula(world: World, name: str) -> None:
    """A place's name may come from anybody; a spreadsheet must not run it."""
    city = world.stores.registry.load()
    world.stores.registry.save(
        replace(city, sites={key: replace(each, name=name, area="") for key, each in city.sites.items()})
    )
    with serving(world) as client:
        assert {row["place"] for row in rows(client.get(f"{MAP}/table.csv"))} == {f"'{name}"}


def test_before_the_first_import_the_map_says_what_to_do(empty_world: World) -> None:
    """As everywhere."""
    with serving(empty_world) as client:
        for answer in ("places", "levels", "ahead", "figures", "table.csv"):
            assert "tomma import" in client.get(f"{MAP}/{answer}").json()["detail"]


def test_the_packed_answer_is_the_plain_one(client: httpx.Client) -> None:
    """Two ways to send it, one content."""
    plain = client.get(f"{MAP}/places", headers={"accept-encoding": "identity"})
    packed = client.get(f"{MAP}/places", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
