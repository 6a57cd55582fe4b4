"""What is the matter now, who looks after it, and what the forecast sees coming."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.alerts.foresight import PLAN_LATE, TRUCK_LATE, coming, next_trucks
from api.context import BinOutlook, ForecastStep
from tests.api.patience import until
from tests.api.taps import event_body, send
from tests.api.town import NOW, TODAY, make_city, plan_of
from tests.api.world import FAST, World, serving, serving_on_a_port
from tomma.alerts import URGENCY, Care, CareAction, CareState, Urgency, attention_to
from tomma.collection_days import CollectionDays
from tomma.fold import fold
from tomma.model import Alert, AlertKind, BinId, PlanId, SensorId
from tomma.mornings import Schedule
from tomma.notify_settings import AlertSettings
from tomma.stores.wiring import open_stores

FIRE = Alert(AlertKind.FIRE, NOW - timedelta(minutes=5), True, SensorId("H1"), BinId("B1"), {"temperature_c": 71.0})
LOW = Alert(AlertKind.BATTERY_LOW, NOW - timedelta(days=1), True, SensorId("H2"), BinId("B2"), {"battery_v": 2.5})
MISSED = Alert(AlertKind.PICKUP_MISSED, NOW - timedelta(hours=3), True, None, BinId("B3"), {"confirmed": 1.0})


@dataclass
class HandForecast:
    """As the test says, bin by bin; the others never fill."""

    as_of_utc: datetime
    hours_to_full: dict[str, float]

    def outlook(self, bin_id: BinId) -> BinOutlook | None:
        """Hours as told."""
        hours = self.hours_to_full.get(bin_id)
        return BinOutlook(0.0 if hours is None else 0.9, hours, "ok")

    def steps(self, bin_id: BinId, hours: int) -> Sequence[ForecastStep]:
        """None are asked for."""
        return ()


@dataclass
class HandForecasts:
    """A forecaster whose hours the test changes."""

    hours_to_full: dict[str, float]

    def __call__(self, *, city: object, now_utc: datetime) -> HandForecast:
        """Return what holds now."""
        return HandForecast(now_utc, dict(self.hours_to_full))


@pytest.fixture
def calm(world: World) -> World:
    """The town with a forecast that sees nothing coming, asked for the next twelve hours."""
    world.settings = world.settings.model_copy(update={"alerts": AlertSettings()})
    world.forecaster = HandForecasts({})  # type: ignore[assignment]  # another of the same kind
    return world


@pytest.fixture
def desk(calm: World) -> Any:
    """A client of a server with three alerts."""
    calm.stores.readings.append([], alerts=[FIRE, LOW, MISSED])
    with serving(calm) as client:
        yield client


def listed(client: httpx.Client, query: str = "") -> list[dict[str, Any]]:
    """What is the matter now."""
    answer = client.get(f"/api/v1/alerts/open?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["alerts"]
    return found


def act(client: httpx.Client, ids: Sequence[str], action: str, **more: Any) -> dict[str, Any]:
    """Do something about alerts."""
    answer = client.post("/api/v1/alerts/actions", json={"ids": list(ids), "action": action, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def kinds(found: Sequence[dict[str, Any]]) -> list[str]:
    """Of these alerts."""
    return [each["kind"] for each in found]


def test_every_kind_has_an_urgency() -> None:
    """A new kind must be given its place, or the list would not open."""
    assert set(URGENCY) == set(AlertKind)
    assert URGENCY[AlertKind.MORNING_PLAN_FAILED] is Urgency.NOW, "no truck would leave, and quiet hours end too late"


def test_the_most_urgent_comes_first_with_its_place(desk: httpx.Client) -> None:
    """Fire before what is for today, batteries last; each says where to go."""
    found = listed(desk)
    assert [(each["kind"], each["urgency"]) for each in found] == [
        ("fire", "now"), ("pickup_missed", "today"), ("battery_low", "later"),
    ]  # fmt: skip
    assert (found[0]["place"], found[0]["bin_id"], found[0]["fraction"]) == ("Gata 1", "B1", "residual")
    assert desk.get("/api/v1/alerts/summary").json() == {
        "open": 3, "now": 1, "today": 1, "later": 1, "acknowledged": 0, "snoozed": 0, "work_orders": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        pytest.param("urgency=today", ["pickup_missed"], id="by urgency"),
        pytest.param("kind=fire&kind=battery_low", ["fire", "battery_low"], id="by kinds"),
        pytest.param("q=h2", ["battery_low"], id="by part of a sensor's name"),
        pytest.param("fraction=glass", [], id="by waste stream"),
        pytest.param("limit=1&offset=1", ["pickup_missed"], id="page by page"),
    ],
)
def test_the_list_is_narrowed(desk: httpx.Client, query: str, wanted: list[str]) -> None:
    """A large city has hundreds of alerts, and a manager looks for one thing at a time."""
    assert kinds(listed(desk, query)) == wanted


def test_an_acknowledged_alert_stays_on_the_list_with_who_when_and_why(desk: httpx.Client) -> None:
    """To acknowledge is to take it on, not to make it go away."""
    fire = listed(desk)[0]
    after = act(desk, [fire["id"]], "acknowledged", note="Räddningstjänsten är på väg")["alerts"]
    assert [each["state"] for each in after] == ["acknowledged"]
    done = listed(desk, "state=acknowledged")[0]["actions"]
    assert [(each["action"], each["by"], each["note"], each["at_utc"]) for each in done] == [
        ("acknowledged", "demo", "Räddningstjänsten är på väg", "2026-11-22T05:30:00Z")
    ]
    assert desk.get("/api/v1/alerts/summary").json()["now"] == 0


def test_an_action_sent_twice_is_kept_once(desk: httpx.Client) -> None:
    """When the answer is lost on the way, the page sends again with the same key."""
    fire = listed(desk)[0]["id"]
    for _ in range(2):
        act(desk, [fire], "noted", note="ringt", key="k1")
    assert len(listed(desk)[0]["actions"]) == 1


def test_a_snooze_ends_by_itself(desk: httpx.Client, calm: World) -> None:
    """What was put off comes back; it is never lost."""
    low = listed(desk, "kind=battery_low")[0]["id"]
    act(desk, [low], "snoozed", until_utc="2026-11-22T06:30:00Z")
    assert listed(desk, "kind=battery_low")[0]["state"] == "snoozed"
    calm.clock.now = NOW + timedelta(hours=1)
    assert listed(desk, "kind=battery_low")[0]["state"] == "open"


@pytest.mark.parametrize("until", [None, "2026-11-22T05:00:00Z", "2027-11-22T05:00:00Z"])
def test_a_snooze_without_end_into_the_past_or_for_a_year_is_refused(desk: httpx.Client, until: str | None) -> None:
    """It would be a way to delete an alert."""
    body = {"ids": [listed(desk)[0]["id"]], "action": "snoozed", "until_utc": until}
    answer = desk.post("/api/v1/alerts/actions", json=body)
    assert answer.status_code == 422
    assert "until_utc" in answer.text


def test_what_has_ended_meanwhile_is_said_so(desk: httpx.Client, calm: World) -> None:
    """The page was a minute old; nobody is to believe that he has taken something on that is over."""
    fire = listed(desk)[0]["id"]
    calm.stores.readings.append([], alerts=[replace(FIRE, at_utc=NOW, active=False, values={})])
    answer = act(desk, [fire], "acknowledged")
    assert (answer["alerts"], answer["over"]) == ([], [fire])


def test_history_tells_how_long_it_lasted_and_who_looked_after_it(desk: httpx.Client, calm: World) -> None:
    """An alert that cleared by itself keeps its actions."""
    act(desk, [listed(desk)[0]["id"]], "acknowledged")
    calm.clock.now = NOW + timedelta(minutes=30)
    over_utc = NOW + timedelta(minutes=20)
    calm.stores.readings.append([], alerts=[replace(FIRE, at_utc=over_utc, active=False, values={})])
    assert "fire" not in kinds(listed(desk))
    past = desk.get("/api/v1/alerts/history?kind=fire").json()["alerts"]
    assert [(each["ended_utc"], each["actions"][0]["action"]) for each in past] == [
        ("2026-11-22T05:50:00Z", "acknowledged")
    ]


def test_the_table_is_safe_to_open_in_a_spreadsheet(desk: httpx.Client) -> None:
    """A note that a spreadsheet would run as a formula is only text there (case A16)."""
    act(desk, [listed(desk)[0]["id"]], "noted", note='=HYPERLINK("http://evil.example";"x")')
    for path in ("open.csv", "history.csv"):
        answer = desk.get(f"/api/v1/alerts/{path}")
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        notes = {row["kind"]: row["note"] for row in rows}
        assert notes["fire"].startswith("'=HYPERLINK")
        assert {row["place"] for row in rows} == {"Gata 1", "Gata 2"}


def test_a_bin_that_fills_before_any_truck_comes_is_told_of_once(calm: World) -> None:
    """The forecast wavers around the limit; the alert does not."""
    calm.clock.now += PLAN_LATE
    calm.forecaster = soon = HandForecasts({"B5": 11.0, "B6": 13.0})  # type: ignore[assignment]
    with serving(calm) as client:
        hands = client._transport._app.state.services  # type: ignore[attr-defined]
        found = until(lambda: listed(client, "kind=overflow_soon"), bool)
        assert [(each["bin_id"], each["values"]["hours_to_full"]) for each in found] == [("B5", 11.0)]
        for hours, stands in ((17.0, True), (11.0, True), (19.0, False), (13.0, False)):
            soon.hours_to_full["B5"] = hours
            hands.forecasts.renew()
            hands.watch.look()
            hands.alerts.lookout.look()
            assert bool(listed(client, "kind=overflow_soon")) is stands, hours


def test_a_bin_that_todays_truck_reaches_in_time_is_nobodys_trouble(calm: World) -> None:
    """B1 to B4 are emptied by 07:40; B1 is full before that, B2 is not, and B5 is on no plan."""
    calm.publish()
    calm.forecaster = HandForecasts({"B1": 0.25, "B2": 4.0, "B5": 4.0})  # type: ignore[assignment]
    with serving(calm) as client:
        found = until(lambda: listed(client, "kind=overflow_soon"), lambda seen: len(seen) == 2)
        assert sorted(each["bin_id"] for each in found) == ["B1", "B5"]
        calm.clock.now += timedelta(minutes=5)
        passed = event_body("skipped-2", kind="skipped", bin_id="B2", skip_reason="blocked")
        assert [each["status"] for each in send(client, passed)] == ["stored"]
        found = until(lambda: listed(client, "kind=overflow_soon"), lambda seen: len(seen) == 3)
        assert sorted(each["bin_id"] for each in found) == ["B1", "B2", "B5"]


@pytest.mark.parametrize(
    ("now", "hours", "planned", "told"),
    [
        pytest.param(
            "2026-11-22T21:00Z", 11.0, True, False, id="ten at night, full at nine: the morning's plan will say"
        ),
        pytest.param("2026-11-22T21:00Z", 6.0, True, True, id="full at four: before any truck leaves"),
        pytest.param("2026-11-23T03:00Z", 6.0, False, False, id="four at night, full at ten"),
        pytest.param("2026-11-23T05:50Z", 6.0, False, False, id="ten to seven: the plan is late"),
        pytest.param("2026-11-23T06:10Z", 6.0, False, True, id="ten past seven, and no plan was made"),
        pytest.param("2026-11-27T21:00Z", 11.0, True, True, id="Friday night, and nobody works on a Saturday"),
        pytest.param("2026-11-25T21:00Z", 11.0, True, True, id="Wednesday night, and Thursday is a day off"),
    ],
)
def test_a_bin_that_lasts_until_the_trucks_go_out_is_the_next_plans_to_judge(
    calm: World, now: str, hours: float, planned: bool, told: bool
) -> None:
    """In the demo each night brought nine of these alerts, which the morning's plan ended: nobody could do anything."""
    calm.clock.now = datetime.fromisoformat(now)
    calm.stores.mornings.set_schedule(
        Schedule(
            enabled=True,
            weekdays=frozenset(range(1, 6)),
            changed_utc=calm.clock.now,
            days_off=frozenset({date(2026, 11, 26)}),
        )
    )
    if planned:
        calm.publish(day=calm.clock.now.date())
    calm.forecaster = HandForecasts({"B5": hours})  # type: ignore[assignment]
    with serving(calm) as client:
        hands = client._transport._app.state.services  # type: ignore[attr-defined]
        hands.forecasts.renew()
        hands.watch.look()
        hands.alerts.lookout.look()
        assert [each["bin_id"] for each in listed(client, "kind=overflow_soon")] == (["B5"] if told else [])


def test_yesterdays_plan_is_no_plan_of_a_day_that_has_just_begun() -> None:
    """The scene is some seconds old: at each midnight of the demo this told of bins for the quarter of an hour."""
    city, yesterday = make_city(), plan_of(make_city(), PlanId("P"), TODAY, NOW)
    midnight_utc = datetime(2026, 11, 22, 23, tzinfo=UTC)
    for moment in (midnight_utc, midnight_utc - timedelta(seconds=1)):
        assert next_trucks(city, CollectionDays(), yesterday, moment) == datetime(2026, 11, 23, 5, tzinfo=UTC)


def test_a_forecast_that_wavers_about_the_trucks_leaving_tells_once(calm: World) -> None:
    """Full at ten to six, at ten past, at ten to: one alert, not three."""
    calm.clock.now = NOW.replace(hour=21)
    calm.forecaster = soon = HandForecasts({"B5": 7.2})  # type: ignore[assignment]
    with serving(calm) as client:
        hands = client._transport._app.state.services  # type: ignore[attr-defined]
        until(lambda: listed(client, "kind=overflow_soon"), bool)
        for hours, stands in ((7.9, True), (7.2, True), (12.5, False)):
            soon.hours_to_full["B5"] = hours
            hands.forecasts.renew()
            hands.watch.look()
            hands.alerts.lookout.look()
            assert bool(listed(client, "kind=overflow_soon")) is stands, hours


def test_a_bin_that_was_just_emptied_is_not_told_of_by_the_forecast_of_before(calm: World) -> None:
    """In the demo half of these alerts were raised by the tap that emptied the bin, and ended by the next forecast."""
    calm.publish()
    calm.forecaster = soon = HandForecasts({"B2": 4.0})  # type: ignore[assignment]
    with serving(calm) as client:
        hands = client._transport._app.state.services  # type: ignore[attr-defined]
        hands.forecasts.renew()
        calm.clock.now += timedelta(minutes=5)
        done = event_body("emptied-2", bin_id="B2", tapped_utc=calm.clock.now.isoformat())
        assert [each["status"] for each in send(client, done)] == ["stored"]
        hands.watch.look()
        hands.alerts.lookout.look()
        assert listed(client, "kind=overflow_soon") == []
        calm.clock.now += timedelta(minutes=5)
        soon.hours_to_full["B2"] = 9.0  # made since: it fills fast, and no truck comes again
        hands.forecasts.renew()
        hands.watch.look()
        hands.alerts.lookout.look()
        assert [each["bin_id"] for each in listed(client, "kind=overflow_soon")] == ["B2"]


def said_of(world: World, bin_id: str) -> list[bool]:
    """Each time that the bin was told of as soon full (True), or as no longer so."""
    changes = world.stores.readings.alerts(NOW - timedelta(days=1), NOW + timedelta(days=1), BinId(bin_id))
    return [each.active for each in changes if each.kind is AlertKind.OVERFLOW_SOON]


def test_two_servers_do_not_raise_and_end_an_alert_in_turn(calm: World) -> None:
    """Each has a forecast of its own, up to an hour apart: the later one holds for both; nobody is rung twice."""
    calm.pace = replace(FAST, forecast_every_clock_s=1e9)  # made when the test says so
    first, second = HandForecasts({"B5": 40.0}), HandForecasts({"B5": 40.0})
    calm.forecaster = first  # type: ignore[assignment]
    with open_stores(calm.settings) as stores, serving(calm) as client:
        other = replace(calm, stores=stores, forecaster=second)  # type: ignore[arg-type]
        with serving(other) as its_client:
            servers = [each._transport._app.state.services for each in (client, its_client)]  # type: ignore[attr-defined]

            def pass_an_hour(at: int, forecast: HandForecasts, hours: float) -> None:
                calm.clock.now += timedelta(hours=1)
                forecast.hours_to_full["B5"] = hours
                servers[at].forecasts.renew()

            def look_in_turn() -> list[bool]:
                for hands in servers * 3:
                    calm.clock.now += timedelta(seconds=2)
                    hands.watch.look()
                    hands.alerts.lookout.look()
                return said_of(calm, "B5")

            for hands in servers:
                hands.forecasts.renew()
            pass_an_hour(1, second, 11.0)
            assert look_in_turn() == [True]
            pass_an_hour(0, first, 40.0)  # the later one sees that it lasts
            assert look_in_turn() == [True, False]
            pass_an_hour(1, second, 8.0)
            assert look_in_turn() == [True, False, True]


def test_a_bin_that_overflows_is_not_told_of_as_soon_full_too(calm: World) -> None:
    """One trouble, one alert."""
    calm.clock.now += PLAN_LATE
    calm.forecaster = HandForecasts({"B5": 0.0, "B4": 1.0})  # type: ignore[assignment]
    calm.stores.readings.append([], alerts=[Alert(AlertKind.OVERFLOW, NOW, True, None, BinId("B5"))])
    with serving(calm) as client:
        found = until(lambda: listed(client), lambda seen: len(seen) == 2)
        assert sorted((each["kind"], each["bin_id"]) for each in found) == [("overflow", "B5"), ("overflow_soon", "B4")]


def test_the_pages_hear_of_every_change(calm: World) -> None:
    """The count in the bar moves without being asked for."""
    with serving_on_a_port(calm) as client, client.stream("GET", "/api/v1/stream") as stream:
        lines = stream.iter_lines()
        calm.stores.readings.append([], alerts=[FIRE])
        assert _heard(lines)["now"] == 1
        act(client, [listed(client)[0]["id"]], "acknowledged")
        assert _heard(lines)["acknowledged"] == 1


def _heard(lines: Any) -> dict[str, int]:
    for line in lines:
        if line == "event: alert":
            body: dict[str, int] = json.loads(next(lines).removeprefix("data: "))
            if body["open"] or body["acknowledged"]:
                return body
    raise AssertionError("the stream ended")


def _care(action: CareAction, at_utc: datetime, **more: Any) -> Care:
    return Care(f"{action}{at_utc}", FIRE.kind, FIRE.sensor_id, FIRE.bin_id, FIRE.at_utc, action, at_utc, "o", **more)


def test_what_was_said_holds_when_a_late_reading_dates_the_alert_anew_and_not_when_it_came_back() -> None:
    """The first is the same fire; the second is another one, and nobody has taken it on."""
    said = [_care(CareAction.ACKNOWLEDGED, NOW)]
    earlier = replace(FIRE, at_utc=FIRE.at_utc - timedelta(hours=2))
    again = replace(FIRE, at_utc=NOW + timedelta(hours=2))
    later = NOW + timedelta(hours=3)
    assert attention_to(earlier, said, later).state is CareState.ACKNOWLEDGED
    assert attention_to(again, said, later).state is CareState.OPEN


def test_a_truck_that_is_hours_late_is_not_counted_on() -> None:
    """Its tablet is off or it stands in the ditch: a bin that fills up must not wait for it in silence."""
    plan, nothing_done = plan_of(make_city(), PlanId("P1"), TODAY, NOW), fold([])
    due = {stop.bin_id: stop.arrive_utc for stop in plan.routes[0].stops if stop.bin_id is not None}
    assert coming(plan, nothing_done, NOW) == due
    assert coming(plan, nothing_done, due[BinId("B2")] + TRUCK_LATE).keys() == {"B3", "B4"}
