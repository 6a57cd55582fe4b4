"""What the tablet makes of a route and its taps: pure functions, asked in the browser that runs them."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.conftest import Ask

PLAN = "plan-1"
TRUCK = "truck-1"


def stop(kind: str = "collect", **more: Any) -> dict[str, Any]:
    """A stop as the server tells it."""
    own = {"collect": {"bin_id": "B1"}, "dispose": {"disposal_site_id": "T1"}, "break": {}}[kind]
    empty = {"bin_id": None, "disposal_site_id": None, "state": "todo", "state_event_key": None, "lat_deg": 60.1}
    times = {"arrive_utc": "2026-11-20T07:00:00Z", "depart_utc": "2026-11-20T07:05:00Z"}
    return {**empty, **times, "lon_deg": 24.9, "load_after_l": 0, "load_after_kg": 0, "kind": kind, **own, **more}


def route(*stops: dict[str, Any], asked_ms: int = 1_000) -> dict[str, Any]:
    """A route as the tablet keeps it."""
    return {"plan_id": PLAN, "vehicle_id": TRUCK, "stops": list(stops), "asked_ms": asked_ms}


def record(kind: str, stop_key: str, key: str = "key-1", settled_ms: int | None = None, **event: Any) -> dict[str, Any]:
    """A tap in the outbox."""
    tapped = {"key": key, "kind": kind, "plan_id": PLAN, "vehicle_id": TRUCK, "tapped_utc": "2026-11-20T07:02:00Z"}
    status = "waiting" if settled_ms is None else "sent"
    return {"key": key, "stop_key": stop_key, "status": status, "settled_ms": settled_ms, "event": {**tapped, **event}}


def states(ask: Ask, of_route: dict[str, Any], *records: dict[str, Any]) -> list[str]:
    """What each stop is after the taps."""
    return [each["state"] for each in ask("driver/route.js", "foldStops", of_route, list(records))]


def test_a_tap_counts_before_the_server_knows_of_it(ask: Ask) -> None:
    """Offline, the next stop must come up at once."""
    assert states(ask, route(stop(), stop(bin_id="B2")), record("emptied", "B1#1")) == ["emptied", "todo"]


def test_an_undo_takes_back_exactly_the_tap_it_names(ask: Ask) -> None:
    """An older tap's undo must not take back a newer tap."""
    done = record("emptied", "B1#1", "key-2")
    assert states(ask, route(stop()), done, record("undone", "B1#1", "u", undoes_key="key-2")) == ["todo"]
    assert states(ask, route(stop()), done, record("undone", "B1#1", "u", undoes_key="other")) == ["emptied"]


def test_what_the_server_answered_later_wins_over_a_settled_tap(ask: Ask) -> None:
    """Another tablet took it back: this one's old tap must not bring it up again."""
    settled = record("emptied", "B1#1", settled_ms=500)
    assert states(ask, route(stop(), asked_ms=1_000), settled) == ["todo"]


def test_a_tap_settled_after_the_route_was_asked_still_counts(ask: Ask) -> None:
    """The answer under way did not know of it: the stop must not flicker back."""
    settled = record("emptied", "B1#1", settled_ms=1_500)
    assert states(ask, route(stop(), asked_ms=1_000), settled) == ["emptied"]


def test_a_tap_of_another_plan_or_truck_does_not_count(ask: Ask) -> None:
    """Yesterday's taps are still in the outbox today."""
    foreign = [record("emptied", "B1#1", plan_id="old"), record("emptied", "B1#1", vehicle_id="truck-2")]
    assert states(ask, route(stop()), *foreign) == ["todo"]


def test_a_tap_on_the_days_earlier_version_counts_on_the_new_one(ask: Ask) -> None:
    """Taken over offline, the new version must not bring back what was emptied on the old one."""
    tapped = record("emptied", "B1#1", plan_id="replaced")
    of_day = {**route(stop(), stop(bin_id="B2")), "day": "2026-11-20"}
    assert states(ask, of_day, {**tapped, "day": "2026-11-20"}) == ["emptied", "todo"]
    assert states(ask, of_day, {**tapped, "day": "2026-11-19"}) == ["todo", "todo"]


def test_what_a_newer_version_does_not_name_stays_as_it_was_tapped(ask: Ask) -> None:
    """While it is only offered: an unloading, and a bin that it dropped, must not come back as to do."""
    shown = route(stop("dispose"), stop(bin_id="dropped"), stop(bin_id="B2"), asked_ms=1_000)
    newer = route(stop("dispose", state="todo"), stop(bin_id="B2", state="emptied"), asked_ms=9_000)
    taps = [record("unloaded", "T1#1", settled_ms=2_000), record("emptied", "dropped#1", "key-2", settled_ms=3_000)]
    merged = ask("driver/difference.js", "withStates", shown, newer)
    assert states(ask, merged, *taps) == ["emptied", "emptied", "emptied"]
    assert states(ask, ask("driver/difference.js", "withStates", merged, newer), *taps) == ["emptied"] * 3


def test_a_second_visit_that_is_offered_is_no_stop_of_the_route_that_is_driven(ask: Ask) -> None:
    """Else the bin that was emptied first would be the next stop again, before anybody took the new route over."""
    again = stop(state="todo", reasons=[{"code": "overflow_risk"}, {"code": "emptied_again"}])
    shown, newer = route(stop(), stop(bin_id="B2"), asked_ms=1_000), route(stop(bin_id="B2"), again, asked_ms=9_000)
    taps = [record("emptied", "B1#1", settled_ms=2_000)]
    assert states(ask, ask("driver/difference.js", "withStates", shown, newer), *taps) == ["emptied", "todo"]
    assert states(ask, newer, *taps) == ["todo", "todo"]
    done = [{"bin_id": "B1", "state": "emptied"}, {"bin_id": "B2", "state": "todo"}]
    assert [each["bin_id"] for each in ask("driver/difference.js", "routeDifference", done, newer)["added"]] == ["B1"]


def test_what_was_done_here_is_not_new_in_the_offer(ask: Ask) -> None:
    """Tapped without a network, the office still has it to do."""
    stops = [{"bin_id": "B1", "state": "emptied"}, {"bin_id": "B2", "state": "todo"}]
    told = ask("driver/difference.js", "routeDifference", stops, route(stop(), stop(bin_id="B2"), stop(bin_id="B3")))
    assert ([each["bin_id"] for each in told["added"]], told["removed"], told["moved"]) == (["B3"], [], 0)


def test_a_route_is_under_way_until_it_is_done_or_long_over(ask: Ask) -> None:
    """A night shift crosses midnight; yesterday's tablet does not."""
    ends = {**route(stop(), stop(bin_id="B2")), "end_utc": "2026-11-20T10:00:00Z"}
    at_ten, tapped = 1_795_168_800_000, [record("emptied", "B1#1")]
    under_way = [
        ask("driver/route.js", "isUnderWay", ends, taps, at_ten + hours * 3_600_000)
        for taps, hours in ((tapped, 3), (tapped, 5), ([], 3), ([*tapped, record("emptied", "B2#1", "key-2")], 3))
    ]
    assert under_way == [True, False, False, False]


def test_the_plans_words_lead_only_from_where_the_plan_thought(ask: Ask) -> None:
    """Driven in another order, the first turn would be one of another street."""
    stops = [{"key": key, "index": n, "state": state} for n, (key, state) in enumerate(
        [("a", "emptied"), ("b", "todo"), ("c", "todo")])]  # fmt: skip
    assert ask("driver/route.js", "comesAsPlanned", stops, stops[1])
    assert not ask("driver/route.js", "comesAsPlanned", stops, stops[2])
    stops[2]["state"] = "skipped"
    assert not ask("driver/route.js", "comesAsPlanned", stops, stops[1])


def test_a_break_is_done_when_it_ends(ask: Ask) -> None:
    """While it lasts, the page shows the button that ends it; how long it was is no work."""
    of_route = route(stop("break"))
    begun = record("break_started", "break#1", "key-1")
    ended = record("break_ended", "break#1", "key-2", tapped_utc="2026-11-20T07:32:00Z")
    folded = ask("driver/route.js", "foldStops", of_route, [begun])[0]
    assert (folded["state"], folded["on_break"]) == ("todo", True)
    folded = ask("driver/route.js", "foldStops", of_route, [begun, ended])[0]
    assert (folded["state"], folded["on_break"], folded["rest_s"]) == ("emptied", False, 1800)


def test_a_break_that_another_tablet_began_is_ended_here(ask: Ask) -> None:
    """The server tells that it goes on and since when; what this one said of it before is in that already."""
    going_on = {"on_break": True, "done_utc": "2026-11-20T07:02:00Z", "state_event_key": "theirs"}
    of_route = route(stop(bin_id="B2"), stop("break", **going_on))
    driven_past = record("break_ended", "break#1", "key-0", settled_ms=1)
    stops = ask("driver/route.js", "foldStops", of_route, [driven_past])
    assert stops[1]["on_break"]
    assert ask("driver/route.js", "currentStop", stops, None)["kind"] == "break"
    ended = record("break_ended", "break#1", "key-2", tapped_utc="2026-11-20T07:32:00Z")
    folded = ask("driver/route.js", "foldStops", of_route, [driven_past, ended])[1]
    assert (folded["state"], folded["on_break"], folded["rest_s"]) == ("emptied", False, 1800)


def test_two_unloadings_at_one_place_are_two_stops(ask: Ask) -> None:
    """The second must not be done by the first tap."""
    assert states(ask, route(stop("dispose"), stop("dispose")), record("unloaded", "T1#1")) == ["emptied", "todo"]


def test_the_next_stop_stays_the_chosen_one_until_it_is_done(ask: Ask) -> None:
    """Nothing but the driver moves it."""
    stops = [{"key": "a", "state": "todo"}, {"key": "b", "state": "todo"}]
    assert ask("driver/route.js", "currentStop", stops, "b")["key"] == "b"
    stops[1]["state"] = "emptied"
    assert ask("driver/route.js", "currentStop", stops, "b")["key"] == "a"


def test_load_on_board_counts_what_was_emptied_since_the_last_unloading(ask: Ask) -> None:
    """A skipped bin is not in the truck, and unloading before its turn empties only what was aboard by then."""
    loads = [(100, 10), (300, 30), (350, 35)]
    bins = [stop(bin_id=f"B{n}", load_after_l=litres, load_after_kg=kg) for n, (litres, kg) in enumerate(loads)]

    def aboard(*said: tuple[str, str]) -> Any:
        minute = "2026-11-20T07:{:02}:00Z"
        taps = [record(kind, key, f"k{n}", tapped_utc=minute.format(n)) for n, (kind, key) in enumerate(said)]
        folded = ask("driver/route.js", "foldStops", route(*bins, stop("dispose")), taps)
        return ask("driver/route.js", "onBoard", folded)

    emptied = [("emptied", "B0#1"), ("skipped", "B1#1"), ("emptied", "B2#1")]
    assert aboard(*emptied) == {"litres": 150, "kg": 15}
    assert aboard(emptied[0], ("unloaded", "T1#1"), *emptied[1:]) == {"litres": 50, "kg": 5}
    assert aboard(*emptied, ("unloaded", "T1#1")) == {"litres": 0, "kg": 0}


def test_what_another_truck_took_is_not_aboard(ask: Ask) -> None:
    """The server tells when this truck did a stop, and of another's nothing."""
    bins = [stop(state="emptied", load_after_kg=10), stop(bin_id="B2", state="emptied", load_after_kg=30)]
    bins[1]["done_utc"] = "2026-11-20T07:05:00Z"
    assert ask("driver/route.js", "onBoard", ask("driver/route.js", "foldStops", route(*bins), []))["kg"] == 20


def test_the_legs_of_a_plan_without_a_leg_for_the_break_are_aligned(ask: Ask) -> None:
    """Else every leg after the break is drawn as the wrong one."""
    of_route = {"stops": [stop(), stop("break"), stop("dispose")], "legs": [["a"], ["b"], ["home"]]}
    assert ask("driver/route.js", "legsByStop", of_route) == [["a"], [], ["b"], ["home"]]


def test_a_fill_level_is_never_shown_in_a_higher_band_than_it_is(ask: Ask) -> None:
    """89.7 % is in the band 75-90 % and must not read "90 %"."""
    assert [ask("lib/bands.js", "bandOf", fill) for fill in (None, 0, 0.499, 0.5, 0.75, 0.897, 0.9, 1)] == [
        "none", "low", "low", "mid", "high", "high", "full", "full",
    ]  # fmt: skip


def test_the_sun_stands_where_the_almanac_says(ask: Ask) -> None:
    """Day and night palettes follow it: Helsinki, midsummer noon and midwinter midnight."""
    noon_ms, midnight_ms = 1_782_037_200_000, 1_797_890_400_000  # 2026-06-21T10:20Z, 2026-12-21T22:00Z
    assert ask("lib/sun.js", "sunElevationDeg", noon_ms, 60.17, 24.94) == pytest.approx(90 - 60.17 + 23.44, abs=0.5)
    assert ask("lib/sun.js", "sunElevationDeg", midnight_ms, 60.17, 24.94) == pytest.approx(-53.2, abs=0.8)


def test_a_fast_clock_counts_on_from_where_it_was_asked(ask: Ask) -> None:
    """In a demo of 120 times, a second on the tablet is two minutes in the city."""
    anchor = {"serverMs": 1_000_000, "wallMs": 50_000, "factor": 120}
    assert ask("lib/clock.js", "serverMsAt", anchor, 51_000) == 1_000_000 + 120_000


def test_unknown_values_are_sorted_last_either_way(plain: Page) -> None:
    """A bin without a reading must not push the fullest off the first page."""
    script = """async (descending) => {
      const {sortBins} = await import("/static/manager/table.js");
      const fill = [null, 0.2, 0.9, 0.5];
      return sortBins(Uint8Array.of(1, 1, 1, 0), (bin) => fill[bin], descending);
    }"""
    assert plain.evaluate(script, True) == [2, 1, 0]
    assert plain.evaluate(script, False) == [1, 2, 0]


def test_one_event_the_server_cannot_read_does_not_hold_back_the_others(plain: Page) -> None:
    """A poisoned tap is set aside with its reason; the rest of the day gets through."""
    settled = plain.evaluate(POISON)
    assert settled == [["a", "stored"], ["b", "stored"], ["bad", "rejected"], ["c", "stored"]]


POISON = """async () => {
  const {createSender} = await import("/static/driver/sender.js");
  const {ApiError} = await import("/static/lib/api.js");
  const UNREADABLE = {type: "urn:tomma:problem:unprocessable-content", detail: "unreadable"};
  let waiting = ["a", "b", "bad", "c"].map((key) => ({key, event: {key}}));
  const settled = [];
  const outbox = {
    waiting: async () => waiting,
    settle: async (results) => {
      settled.push(...results.map((result) => [result.key, result.status]));
      waiting = waiting.filter((record) => !results.some((result) => result.key === record.key));
    },
  };
  const post = async ({events}) => {
    if (events.some((event) => event.key === "bad")) throw new ApiError(422, UNREADABLE, "");
    return {results: events.map((event) => ({key: event.key, status: "stored"}))};
  };
  await createSender(outbox, () => {}, () => {}, post).flush();
  return settled;
}"""


@pytest.mark.parametrize(
    "answer", ['new ApiError(400, null, "")', 'new ApiError(422, {title: "of a proxy"}, "")', "null"]
)
def test_a_strangers_refusal_costs_no_tap(plain: Page, answer: str) -> None:
    """A proxy's 400, or an answer that speaks of no tap at all, is no word of our server: the taps wait."""
    settled, posts = plain.evaluate(STRANGER.replace("ANSWER", answer))
    assert settled == []
    assert posts == 1, "asked again only after a pause"


STRANGER = """async () => {
  const {createSender} = await import("/static/driver/sender.js");
  const {ApiError} = await import("/static/lib/api.js");
  const settled = [];
  let posts = 0;
  const waiting = [{key: "a", event: {}}, {key: "b", event: {}}];
  const outbox = {waiting: async () => waiting, settle: async (results) => settled.push(...results)};
  const post = async () => {
    posts += 1;
    if (posts > 3) return new Promise(() => {});
    const refusal = ANSWER;
    if (refusal) throw refusal;
    return {results: []};
  };
  await Promise.race([createSender(outbox, () => {}, () => {}, post).flush(), new Promise((r) => setTimeout(r, 300))]);
  return [settled, posts];
}"""
