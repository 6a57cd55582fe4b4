"""Turn by turn to the next stop: what the tablet asks while the truck drives."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.helper import Helper
from api.planning import HelpedGuide, guide_worker
from routing.roads import open_roads
from routing.roads.guidance import Guidance, Language, ManoeuvreKind, WordsSource
from routing.roads.truck_size import STANDARD_TRUCK
from tests.api.town import TODAY, plan_of
from tests.api.world import World, serving
from tomma.city import Position
from tomma.errors import EngineFailedError
from tomma.model import PlanId
from tomma.planning_settings import RoadSettings
from tomma.settings import Settings

HELSINKI = Path(__file__).parents[2] / "simulator" / "cities" / "helsinki.osm.pbf"
LEG = "/api/v1/driver/routes/V1/legs/{}/guidance"


@pytest.fixture
def tablet(client: httpx.Client, world: World) -> httpx.Client:
    """A client on a day with a published plan."""
    world.publish()
    return client


def test_a_leg_is_told_in_words_whose_times_are_the_plans(tablet: httpx.Client) -> None:
    """The tablet shows when the truck arrives; words that add up to another time would contradict it."""
    told = tablet.get(LEG.format(0), params={"lang": "en"}).json()
    assert (told["vehicle_id"], told["plan_id"], told["leg"], told["language"]) == ("V1", "P1", 0, "en")
    assert told["duration_s"] == sum(each["duration_s"] for each in told["manoeuvres"]) == 90
    assert [each["kind"] for each in told["manoeuvres"]] == ["depart", "arrive"]
    assert told["line"] == [[24.93, 60.16], [24.94, 60.17]]
    assert all(0 <= each["at"] < len(told["line"]) for each in told["manoeuvres"])


def test_without_a_language_the_words_are_swedish(tablet: httpx.Client) -> None:
    """The drivers' language here; any other is one word in the address away."""
    texts = {lang: tablet.get(LEG.format(0), params=lang).json()["manoeuvres"][-1]["text"] for lang in ("", "lang=en")}
    assert texts == {"": "Du är framme", "lang=en": "You have arrived"}
    assert tablet.get(LEG.format(0), params={"lang": "fi"}).status_code == 422


def test_the_last_leg_leads_home(tablet: httpx.Client) -> None:
    """Its time is what the stops leave of the route's driving."""
    assert tablet.get(LEG.format(5)).json()["duration_s"] == 540 - 5 * 90


@pytest.mark.parametrize("leg", ["6", "10000"])
def test_a_leg_that_the_route_does_not_have_is_not_found(tablet: httpx.Client, leg: str) -> None:
    """The plan changed under the tablet: it asks for the route again."""
    answer = tablet.get(LEG.format(leg))
    assert answer.status_code == 404
    assert "6 legs" in answer.text


def test_without_a_route_there_are_no_words(client: httpx.Client) -> None:
    """A day without a plan."""
    assert client.get(LEG.format(0)).status_code == 404


def test_standing_still_needs_no_words(client: httpx.Client, world: World) -> None:
    """Two bins of one site: the next thing to do is here."""
    plan = plan_of(world.stores.registry.load(), PlanId("P1"), TODAY, world.clock.now_utc())
    route = replace(plan.routes[0], legs_lonlat=((), *plan.routes[0].legs_lonlat[1:]))
    world.stores.plans.save(replace(plan, routes=(route,)))
    world.stores.plans.publish(plan.id)
    told = client.get(LEG.format(0)).json()
    assert (told["manoeuvres"], told["line"], told["distance_m"]) == ([], [], 0)


class BrokenGuide:
    """Its helper died."""

    def along(self, line: object, language: object, truck: object = None) -> Guidance:
        """Fail as a helper that ended in the middle of its work does."""
        raise EngineFailedError("the helper process ended in the middle of its work")


def test_a_guide_that_dies_leaves_direction_and_distance(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tablet shows something to drive by; the next question starts a new helper."""
    world.publish()
    context = replace(world.context(), guide=BrokenGuide())
    monkeypatch.setattr(world, "context", lambda: context)
    with serving(world) as client:
        told = client.get(LEG.format(0)).json()
    assert told["source"] == "straight_line"
    assert told["duration_s"] == 90


def test_the_words_come_from_a_helper_that_knows_the_streets(tmp_path: Path) -> None:
    """A crash in there costs the words of one leg, not the tablets of the whole city."""
    settings = Settings(data_dir=tmp_path, roads=RoadSettings(osm_extract=HELSINKI))
    ends = (Position(60.1706, 24.9440), Position(60.1694, 24.9518))
    (line,) = open_roads(settings.roads, settings.roads_dir).legs(ends)
    with closing(Helper(guide_worker, settings)) as helper:
        told = HelpedGuide(helper).along(line, Language.EN, STANDARD_TRUCK)
    assert told.source is WordsSource.STREETS  # the better words are being prepared meanwhile
    assert told.follows_plan
    assert told.manoeuvres[-1].kind is ManoeuvreKind.ARRIVE
    assert len(told.manoeuvres) > 2
