"""What the manager's map asks: the city, its bins, and one bin in full."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.bins.schemas import BinsOut
from tests.api.patience import until
from tests.api.taps import event_body, send
from tests.api.town import BINS, NOW
from tests.api.world import World, serving
from tomma.model import BinId, Emptying, EmptyingSource, Quality, Reading, SensorId


def the_bin(client: httpx.Client, bin_id: str) -> dict[str, object]:
    """One bin as the map shows it."""
    found: dict[str, object] = next(b for b in client.get("/api/v1/bins").json()["bins"] if b["id"] == bin_id)
    return found


def test_the_city_tells_what_a_page_needs_before_it_draws(client: httpx.Client) -> None:
    """Names, bounds and clock come in one answer; the clock's factor lets a page run along."""
    city = client.get("/api/v1/city").json()
    assert city["organisation"]["timezone"] == "Europe/Stockholm"
    assert city["bounds"] == pytest.approx([24.931, 60.161, 24.96, 60.18])
    assert [each["id"] for each in city["vehicles"]] == ["V1", "V2"]
    assert city["vehicles"][0]["shift"] == {"start_s": 21_600, "end_s": 52_200}
    assert city["disposal_sites"][0]["opens_s"] == 25_200
    assert city["clock"] == {"now_utc": "2026-11-22T05:30:00Z", "factor": 1.0}


def test_before_the_first_import_the_answer_says_what_to_do(empty_world: World) -> None:
    """A fresh server is no failure: it tells how to bring a city."""
    with serving(empty_world) as client:
        for path in ("/api/v1/city", "/api/v1/bins", "/api/v1/driver/routes"):
            answer = client.get(path)
            assert answer.status_code == 404
            assert "tomma import" in answer.json()["detail"]


def test_a_city_imported_later_is_seen_without_a_restart(world: World) -> None:
    """Master data changes while the server runs."""
    with serving(world) as client:
        city = world.stores.registry.load()
        smaller = {bin_id: each for bin_id, each in city.bins.items() if bin_id != "B6"}
        assert len(client.get("/api/v1/bins").json()["bins"]) == BINS
        world.stores.registry.save(replace(city, bins=smaller))
        until(lambda: client.get("/api/v1/bins").json()["bins"], lambda bins: len(bins) == BINS - 1)
        assert client.get("/api/v1/bins/B6").status_code == 404


def test_every_bin_is_shown_also_one_without_a_sensor(client: httpx.Client, world: World) -> None:
    """A bin nobody measures is still a bin."""
    world.measure("B1", 0.75)
    until(lambda: the_bin(client, "B1"), lambda bin_: bin_["fill_fraction"] == 0.75)
    shown = until(lambda: client.get("/api/v1/bins"), lambda a: a.json()["bins"][0]["p_overflow_24h"] is not None)
    bins = BinsOut.model_validate_json(shown.content, strict=False).bins
    assert [each.id for each in bins] == [f"B{n}" for n in range(1, BINS + 1)]
    assert (bins[0].measured_utc, bins[0].p_overflow_24h, bins[0].hours_to_full) == (NOW, 1.0, 4.2)
    assert (bins[0].name, bins[0].fraction, bins[0].volume_l) == ("Gata 1", "residual", 240)
    assert (bins[5].fill_fraction, bins[5].measured_utc) == (None, None)


def test_an_unchanged_city_costs_nothing_and_a_changed_one_is_sent(client: httpx.Client, world: World) -> None:
    """Pages ask often; the ETag tells in a word whether anything moved."""
    first = until(lambda: client.get("/api/v1/bins"), lambda a: a.json()["bins"][0]["p_overflow_24h"] is not None)
    again = client.get("/api/v1/bins", headers={"If-None-Match": f'W/"old", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    world.measure("B2", 0.5)
    changed = until(
        lambda: client.get("/api/v1/bins", headers={"If-None-Match": first.headers["etag"]}),
        lambda answer: answer.status_code == 200,
    )
    assert changed.headers["etag"] != first.headers["etag"]


def test_the_answer_is_the_same_with_and_without_compression(client: httpx.Client) -> None:
    """The compressed body is made ahead; it must be the same city."""
    plain = until(
        lambda: client.get("/api/v1/bins", headers={"Accept-Encoding": "identity"}),
        lambda a: a.json()["bins"][0]["p_overflow_24h"] is not None,
    )
    packed = client.get("/api/v1/bins", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()


def test_one_bin_tells_container_sensor_quality_and_access(client: httpx.Client, world: World) -> None:
    """The drawer of the map shows what stands there and how far it can be believed."""
    world.stores.readings.append([Reading(BinId("B3"), SensorId("H3"), NOW, NOW, 0.4, Quality.STUCK | Quality.LATE)])
    shown = until(lambda: client.get("/api/v1/bins/B3").json(), lambda bin_: bin_["fill_fraction"] is not None)
    assert shown["access_note"] == "grind 2"
    assert shown["container_type"] == {
        "id": "C240",
        "name": "240 l",
        "volume_l": 240.0,
        "max_kg": 90.0,
        "shape": "straight",
    }
    assert shown["sensors"] == [{"id": "H3", "make": "Acme", "model": "U1", "from_utc": "2026-01-01T00:00:00Z"}]
    assert sorted(shown["quality"]) == ["late", "stuck"]


def test_a_bin_tells_why_it_is_on_the_plan_and_why_not(client: httpx.Client, world: World) -> None:
    """The manager's first question is why a bin is on today's route."""
    assert client.get("/api/v1/bins/B1").json()["reasons"] == []
    world.publish()
    on = until(lambda: client.get("/api/v1/bins/B1").json(), lambda bin_: bin_["plan_id"] == "P1")
    off = client.get("/api/v1/bins/B5").json()
    assert on["reasons"] == [{"code": "overflow_risk", "values": {"p_overflow": 0.31, "by_h": 24.0, "alpha": 0.05}}]
    assert off["reasons"] == [{"code": "not_needed_yet", "values": {"fill_fraction": 0.1}}]
    assert (on["plan_state"], off["plan_state"]) == ("planned", "none")


def test_history_has_readings_and_emptyings_of_the_time_asked_for(client: httpx.Client, world: World) -> None:
    """The begin belongs to it, the end does not."""
    for days in (20, 13, 1):
        world.measure("B1", 0.1, NOW - timedelta(days=days))
    seen = Emptying(BinId("B1"), NOW - timedelta(days=2), EmptyingSource.DETECTED, 0.9, 0.2)
    world.stores.readings.append([], [seen])
    lately = client.get("/api/v1/bins/B1/history").json()
    assert [each["measured_utc"] for each in lately["readings"]] == ["2026-11-09T05:30:00Z", "2026-11-21T05:30:00Z"]
    assert lately["emptyings"] == [
        {
            "at_utc": "2026-11-20T05:30:00Z",
            "source": "detected",
            "fill_before_fraction": 0.9,
            "fill_after_fraction": 0.2,
        }
    ]
    long_ago = client.get(
        "/api/v1/bins/B1/history", params={"from_utc": "2026-11-02T05:30:00Z", "to_utc": "2026-11-09T06:30:00+01:00"}
    ).json()
    assert [each["measured_utc"] for each in long_ago["readings"]] == ["2026-11-02T05:30:00Z"]


def test_a_confirmed_emptying_is_history_until_it_is_taken_back(client: httpx.Client, world: World) -> None:
    """What the driver says is truth, and what was a slip of the finger leaves no trace."""
    world.publish()
    send(client, event_body("emptied-1"))
    shown = client.get("/api/v1/bins/B1/history").json()
    assert [(each["source"], each["at_utc"]) for each in shown["emptyings"]] == [("confirmed", "2026-11-22T05:20:00Z")]
    assert client.get("/api/v1/bins/B1").json()["last_emptied_utc"] == "2026-11-22T05:20:00Z"
    send(client, event_body("undo-0001", kind="undone", sequence=2, bin_id=None, undoes_key="emptied-1"))
    assert client.get("/api/v1/bins/B1/history").json()["emptyings"] == []


def test_the_forecast_goes_as_far_as_asked(client: httpx.Client) -> None:
    """A band and a risk for every hour."""
    shown = until(lambda: client.get("/api/v1/bins/B2/forecast?hours=3").json(), lambda each: each["steps"] != [])
    assert shown["as_of_utc"] == "2026-11-22T05:30:00Z"
    assert [step["at_utc"] for step in shown["steps"]] == [f"2026-11-22T0{hour}:30:00Z" for hour in (5, 6, 7, 8)]
    assert shown["steps"][3] == {
        "at_utc": "2026-11-22T08:30:00Z",
        "p10": 0.1,
        "p50": 0.23,
        "p90": 0.9,
        "p_overflow": 0.03,
    }


@pytest.mark.parametrize("path", ["", "/history", "/forecast"], ids=["bin", "history", "forecast"])
def test_an_unknown_bin_is_not_found(client: httpx.Client, path: str) -> None:
    """The same answer everywhere, and it names the bin."""
    answer = client.get(f"/api/v1/bins/B999{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no bin B999"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("from_utc=2026-11-22", "from_utc", id="a day is no time"),
        pytest.param("from_utc=2026-11-22T05:30:00", "from_utc", id="a time without zone could be any"),
        pytest.param("from_utc=1700000000", "from_utc", id="a number is no time"),
        pytest.param("to_utc=9999-12-31T23:59:59-14:00", "to_utc", id="beyond the calendar"),
        pytest.param("to_utc=0001-01-01T00:00:00%2B14:00", "to_utc", id="before the calendar"),
        pytest.param("from_utc=2026-11-22T05:30:00Z&to_utc=2026-11-22T05:30:00Z", "from_utc", id="no time between"),
        pytest.param("from_utc=2020-01-01T00:00:00Z&to_utc=2026-01-01T00:00:00Z", "400 days", id="six years"),
    ],
)
def test_a_time_that_could_mean_two_things_is_refused(client: httpx.Client, query: str, field: str) -> None:
    """Nothing is guessed; the answer names the field."""
    answer = client.get(f"/api/v1/bins/B1/history?{query}")
    assert answer.status_code == 422
    assert field in answer.json()["detail"]


def test_a_forecast_that_fails_is_told_and_the_old_one_stays(world: World) -> None:
    """The pages go on with the newest forecast there is; the operator sees what is wrong."""
    world.forecaster.failure = RuntimeError("no numbers")
    with serving(world) as client:
        health = until(lambda: client.get("/api/v1/health").json(), lambda each: each["status"] == "degraded")
        assert health["checks"]["forecast"]["status"] == "degraded"
        assert client.get("/api/v1/bins/B1/forecast").json() == {"bin_id": "B1", "as_of_utc": None, "steps": []}
        assert client.get("/api/v1/bins").json()["bins"][0]["p_overflow_24h"] is None
        world.forecaster.failure = None
        until(lambda: world.forecaster.calls, lambda calls: calls > 1)


def test_now_is_the_clocks_not_the_machines(world: World) -> None:
    """The demo's day runs fast; every answer is in its time."""
    world.clock.now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    with serving(world) as client:
        assert client.get("/api/v1/city").json()["clock"]["now_utc"] == "2027-03-01T12:00:00Z"
        assert client.get("/api/v1/driver/routes").json()["day"] == "2027-03-01"
