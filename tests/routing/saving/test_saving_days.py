"""The saving of finished days: computed once, kept with all its inputs, and computed anew from an export alone."""

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from routing.saving.check import Checked, check
from routing.saving.cli import app
from routing.saving.file import audit_document, parse_audit, read_audit
from routing.saving.gather import is_over, next_day
from routing.saving.heard import hear
from routing.saving.summary import seal
from tests.routing.planning.small_city import small_city
from tests.routing.saving.lived import SCALES_KG, Lived, taps_on
from tomma.codec import to_json
from tomma.errors import ImportRefusedError
from tomma.events import EventKind
from tomma.model import BinId, PlanId
from tomma.plan import PlanStatus
from tomma.rounds import FixedRound
from tomma.saving import SavingDay, Side, StepKind, Trip
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores

FIRST = date(2026, 10, 21)  # the clocks go back within
WARM_UP, DAYS = 3, 6
ALL = (date(2026, 1, 1), date(2027, 1, 1))
LAST_DAYS = (FIRST + timedelta(days=WARM_UP + DAYS - 4), date(2027, 1, 1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which a week was lived and computed."""
    made = tmp_path_factory.mktemp("lived")
    with open_stores(Settings(data_dir=made)) as stores:
        lived = Lived(small_city(), stores, FIRST)
        lived.live(WARM_UP, planned=False)
        lived.live(DAYS)
        lived.compute()
    return made


@pytest.fixture
def stores(folder: Path) -> Iterator[Stores]:
    """Its stores."""
    with open_stores(Settings(data_dir=folder)) as opened:
        yield opened


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Stores]:
    """Stores in which nobody has lived."""
    with open_stores(Settings(data_dir=tmp_path)) as opened:
        yield opened


def days_of(stores: Stores) -> list[SavingDay]:
    """Return every day that is kept."""
    return [stores.saving.day(each.day) for _, each in stores.saving.figures(*ALL)]


def test_every_day_is_computed_once_and_goes_on_where_the_one_before_ended(stores: Stores) -> None:
    """Also over the day with 25 hours; a second look finds nothing to do."""
    days = days_of(stores)

    assert [each.inputs.day for each in days] == [FIRST + timedelta(days=number) for number in range(WARM_UP + DAYS)]
    assert [each.inputs.minutes for each in days if each.inputs.minutes != 1_440] == [1_500]
    for before, day in pairwise(days):
        assert day.inputs.previous == before.digest
        assert day.inputs.before[Side.FIXED].held_dl == before.results.after[Side.FIXED].held_dl
        assert day.inputs.before[Side.THRESHOLD].held_dl == before.results.after[Side.THRESHOLD].held_dl
    assert [each.counts for each in days] == [False] * WARM_UP + [True] * DAYS


def test_a_day_is_over_at_four_the_next_morning_and_a_restart_goes_on_with_the_next(stores: Stores) -> None:
    """What is in the book is all that the keeper knows."""
    lived = Lived(small_city(), stores, FIRST + timedelta(days=WARM_UP + DAYS))
    at_four = lived.day.later(1).at_utc(4 * 3600)

    assert next_day(lived.world(), lived.city, at_four) == lived.day.day
    assert next_day(lived.world(), lived.city, at_four - timedelta(seconds=1)) is None
    assert not is_over(lived.day.day, lived.city, lived.day.at_utc(23 * 3600))


def test_before_the_first_plan_there_is_nothing_to_compute(fresh: Stores) -> None:
    """A saving needs somebody who saves."""
    lived = Lived(small_city(), fresh, FIRST)
    lived.live(2, planned=False)

    assert lived.compute() == []


def test_what_was_done_is_what_was_tapped(stores: Stores) -> None:
    """Lifts by taps, tonnes by the scales, kilometres along the same streets as the plan's."""
    for each in days_of(stores)[WARM_UP:]:
        plan = stores.plans.published(each.inputs.day)
        assert plan is not None
        done = each.results.figures[Side.DONE]
        assert done.lifts == len(plan.bins_collected) == each.results.planned_bins_emptied
        assert done.distance_m == sum(route.distance_m for route in plan.routes)
        assert done.driving_s == sum(route.driving_s for route in plan.routes)
        unloads = sum(stop.disposal_site_id is not None for route in plan.routes for stop in route.stops)
        assert each.inputs.weighed_kg == (round(SCALES_KG * unloads) if unloads else None)


def test_a_day_with_a_breakdown_and_two_replans_counts_each_bin_once(fresh: Stores) -> None:
    """What the broken truck did is its own, told late or not; who took over and has no tablet did the rest only."""
    lived = Lived(small_city(), fresh, FIRST)
    lived.live(5)
    lived.live(1, taps=False)
    day = lived.day.later(-1)
    (first,) = fresh.plans.of_day(day.day)
    broken = max(first.routes, key=lambda route: len(route.stops))
    other = next(each for each in sorted(lived.city.vehicles) if each != broken.vehicle_id)
    bins = tuple(stop for stop in broken.stops if stop.bin_id)
    assert len(bins) > 2
    fresh.events.append(taps_on(first, broken.vehicle_id, bins[:1]))
    routes = replace(broken, stops=bins[:1]), replace(broken, vehicle_id=other, stops=bins[1:])
    for own, of in (("changed-0", first.id), ("changed-1", "changed-0")):
        again = replace(first, id=PlanId(own), status=PlanStatus.READY, routes=routes, replaces=PlanId(of))
        fresh.plans.save(replace(again, unavailable=frozenset({broken.vehicle_id})))
        fresh.plans.publish(again.id)
    (late,) = taps_on(first, broken.vehicle_id, bins[1:2])
    fresh.events.append([replace(late, key="told-late-1", sequence=late.sequence + 1)])
    heard = hear(lived.city, fresh.readings, fresh.events, fresh.plans, day)
    took = {trip.vehicle_id: [step.id for step in trip.steps if step.kind is StepKind.COLLECT] for trip in heard.driven}
    assert took == {
        broken.vehicle_id: [stop.bin_id for stop in bins[:2]],
        other: [stop.bin_id for stop in bins[2:]],
    }
    made = lived.compute()[-1].results
    assert made.figures[Side.DONE].lifts == len(bins) == made.planned_bins == made.planned_bins_emptied


def test_a_slip_that_is_read_late_moves_no_unloading(fresh: Stores) -> None:
    """The tablet says a weighed unloading again, at its time: its truck drove no other way for that."""
    lived = Lived(small_city(), fresh, FIRST)
    lived.live(4)
    day = lived.day.later(-1)

    def driven() -> tuple[Trip, ...]:
        return hear(lived.city, fresh.readings, fresh.events, fresh.plans, day).driven

    (plan,) = fresh.plans.of_day(day.day)
    tip = next(each for each in fresh.events.of_plan(plan.id) if each.kind is EventKind.UNLOADED)
    at_utc, first = tip.tapped_utc + timedelta(hours=1), tip.sequence + 500
    told = replace(tip, received_utc=at_utc, tapped_utc=at_utc, weight_kg=None, disposal_site_id=None)
    beside = replace(told, key="beside-1", sequence=first, kind=EventKind.EMPTIED, bin_id=BinId("b1"))
    undone = replace(told, key="undone-1", sequence=first + 1, kind=EventKind.UNDONE, undoes_key=tip.key)
    weighed = replace(tip, key="weighed-1", sequence=first + 2, received_utc=at_utc)
    fresh.events.append([beside])
    before = driven()
    fresh.events.append([undone, weighed])
    (own,) = (trip.steps for trip in before if trip.vehicle_id == tip.vehicle_id)
    assert [step.kind for step in own][-2:] == [StepKind.DISPOSE, StepKind.COLLECT]
    assert driven() == before


def test_no_litre_is_lost_on_any_side(stores: Stores) -> None:
    """What was there and what came is what was taken and what is left: all sides live with the same waste."""
    for each in days_of(stores):
        came = sum(map(sum, each.inputs.inflow_dl))
        for side in Side:
            before, after = each.inputs.before[side].held_dl, each.results.after[side].held_dl
            assert sum(before) + came == each.results.figures[side].volume_dl + sum(after)


def test_the_tape_has_what_really_arrived(stores: Stores) -> None:
    """The village fills evenly at known rates; sensors told nearly all of it."""
    lived = Lived(small_city(), stores, FIRST)
    for day in days_of(stores)[WARM_UP + 1 : -1]:
        hours = day.inputs.minutes / 60.0
        for row, bin_id in enumerate(day.inputs.bin_ids):
            truth_l = lived.per_day[BinId(bin_id)] * 660.0 * hours / 24.0
            assert sum(day.inputs.inflow_dl[row]) / 10.0 == pytest.approx(truth_l, rel=0.2, abs=15.0)


def test_nobodys_timetable_is_kept(stores: Stores) -> None:
    """A truck's day is an order of places: when its driver was where is nobody's business in an audit."""
    steps = [step for day in days_of(stores) for trip in day.inputs.driven for step in trip.steps]

    assert steps
    assert {step.minute for step in steps} == {-1}
    assert "tablet-" not in "".join(to_json(day).decode() for day in days_of(stores))


def test_a_day_on_which_nobody_tapped_does_not_count(fresh: Stores) -> None:
    """Nobody knows what was driven; a plan is no proof. A day without plan counts when no bin was emptied either."""
    lived = Lived(small_city(), fresh, FIRST)
    lived.live(4)
    lived.live(2, taps=False)
    lived.live(1, planned=False)
    made = lived.compute()

    emptied = [bool(each.inputs.emptied) for each in made]
    assert [each.counts for each in made[4:6]] == [not each for each in emptied[4:6]]
    assert False in [each.counts for each in made[4:6]]
    assert (made[6].inputs.planned, made[6].counts) == (None, True)


def test_a_truck_that_was_sold_overnight_makes_its_day_unknown_and_not_cheap(fresh: Stores) -> None:
    """Its kilometres cannot be told any more; without them the day would look like a saving."""
    lived = Lived(small_city(), fresh, FIRST)
    lived.live(3)
    drove = {trip.vehicle_id for day in lived.compute() for trip in day.inputs.driven}
    lived.live(3)
    lived.city = replace(
        lived.city, vehicles={id_: each for id_, each in lived.city.vehicles.items() if id_ not in drove}
    )
    fresh.registry.save(lived.city)
    gone = [day for day in lived.compute() if day.inputs.driven]

    assert gone
    assert [day.counts for day in gone] == [False] * len(gone)


def test_the_export_alone_gives_the_same_figures_to_the_metre(stores: Stores) -> None:
    """Must show 4 of the manager's desk."""
    kept = stores.saving.figures(*ALL)
    told = check(parse_audit(audit_document(stores.saving, "Byn", *ALL)))

    assert told.faults == told.notes == ()
    assert list(told.days) == [each for _, each in kept]
    assert told.seal == seal([digest for digest, _ in kept])


def test_without_the_engine_the_routes_in_the_file_are_followed(stores: Stores) -> None:
    """An auditor with another version of the engine, or of ours around it, gets every metre: no upgrade is a fraud."""
    audit = parse_audit(audit_document(stores.saving, "Byn", *ALL))
    assert check(audit, with_engine=False).faults == ()

    other = audit.days[-1][1]
    assert other.inputs.engine == f"pyvrp {version('pyvrp')}, tomma {version('tomma')}"
    for engine in ("pyvrp 0.1", f"pyvrp {version('pyvrp')}, tomma 0.0.9"):
        foreign = replace(other, inputs=replace(other.inputs, engine=engine))
        told = check(replace(audit, days=((foreign.digest, foreign),), seal=seal([foreign.digest])))
        assert told.faults == ()
        assert "followed, not searched" in told.notes[0]


def test_an_auditor_proves_the_file_with_a_program_of_their_own(stores: Stores) -> None:
    """Whoever has to run ours to check us believes us: docs/saving.md says enough to do without."""
    document = json.loads(audit_document(stores.saving, "Byn", *ALL))
    digests = [
        hashlib.sha256(json.dumps(row["day"], separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
        for row in document["days"]
    ]
    assert digests == [row["digest"] for row in document["days"]]
    assert hashlib.sha256("\n".join(digests).encode()).hexdigest() == document["seal"]
    assert [row["day"]["inputs"]["previous"] for row in document["days"]][1:] == digests[:-1]
    for name, packed in document["shared"].items():
        assert hashlib.sha256(zlib.decompress(base64.b64decode(packed))).hexdigest() == name


def tampered(stores: Stores, change: Callable[[Any], object], *, sealed: bool) -> Checked:
    """Change an export by hand; `sealed`: with every digest made to fit again."""
    document = json.loads(audit_document(stores.saving, "Byn", *LAST_DAYS))
    change(document)
    audit = parse_audit(json.dumps(document).encode())
    if sealed:
        days, previous = [], ""
        for number, (_, day) in enumerate(audit.days):
            linked = replace(day, inputs=replace(day.inputs, previous=previous if number else day.inputs.previous))
            days.append((linked.digest, linked))
            previous = linked.digest
        audit = replace(audit, days=tuple(days), seal=seal([digest for digest, _ in days]))
    return check(audit, with_engine=sealed)


def _shorter(document: Any) -> None:
    document["days"][-1]["day"]["results"]["figures"]["done"]["distance_m"] -= 1


def _emptied_less(document: Any) -> None:
    trip = next(each for each in document["days"][1]["day"]["results"]["trips"]["fixed"] if each["steps"])
    trip["steps"] = [step for step in trip["steps"] if step["kind"] != "collect"][:1]


def _fuller(document: Any) -> None:
    document["days"][-1]["day"]["inputs"]["before"]["threshold"]["held_dl"][0] += 1_000


def _dearer(document: Any) -> None:
    document["days"][-1]["day"]["inputs"]["planning"]["cost_per_km_minor"] *= 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(_shorter, "done: distance_m is told as", id="a metre less"),
        pytest.param(_emptied_less, "fixed: the routes do not empty what the rule takes", id="a rule made to look"),
        pytest.param(_fuller, "threshold does not begin where it ended", id="waste put into the other's bins"),
        pytest.param(_dearer, "cost_minor is told as", id="another price"),
        pytest.param(lambda document: document["days"].pop(2), "the day before it is missing", id="a day left out"),
    ],
)
def test_a_tampered_export_is_noticed_even_with_every_digest_made_to_fit(
    stores: Stores, change: Callable[[Any], object], told: str
) -> None:
    """The figures must follow from the inputs, and each day from the one before."""
    assert any(told in fault for fault in tampered(stores, change, sealed=True).faults)
    assert tampered(stores, change, sealed=False).faults


def test_an_export_with_other_streets_is_noticed(stores: Stores) -> None:
    """The drives are named by what is in them."""

    def swap(document: Any) -> None:
        first, second = sorted(document["shared"])
        document["shared"][first] = document["shared"][second]

    assert any("is not what its digest says" in fault for fault in tampered(stores, swap, sealed=True).faults)


def test_the_command_exports_and_recomputes(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command each; who changes a figure gets exit 1 and the reason."""
    monkeypatch.setenv("TOMMA_DATA_DIR", str(folder))
    file, run = tmp_path / "audit.json.gz", CliRunner()
    exported = run.invoke(app, ["export", str(file), "--from", "2026-10-24", "--to", "2026-10-27"])
    assert exported.exit_code == 0
    assert "4 days, seal " in exported.output
    with open_stores(Settings(data_dir=folder)) as books:
        (record,) = books.audit.page(1)
    assert (record.actor, record.action, json.loads(record.facts)) == ("operator", "saving-exported", {"records": 4})

    again = run.invoke(app, ["recompute", str(file), "--json"])
    assert again.exit_code == 0
    found = json.loads(again.stdout)
    assert found["faults"] == []
    assert found["seal"] in exported.output
    spoken = run.invoke(app, ["recompute", str(file), "--no-engine"])
    assert str(found["days"][0]["figures"]["fixed"]["distance_m"]) in spoken.output
    assert "every figure follows from what is in the file" in spoken.output

    wrong = tmp_path / "wrong.json"
    wrong.write_bytes(to_json({"format": "something else"}))
    with pytest.raises(ImportRefusedError, match="not an audit file"):
        read_audit(wrong)


def test_a_rules_truck_takes_what_the_calendar_says(fresh: Stores) -> None:
    """The city's own rounds win over rounds made to fit."""
    city = small_city()
    weekly = {id_: replace(each, fixed_rounds=(FixedRound(frozenset({3})),)) for id_, each in city.bins.items()}
    lived = Lived(replace(city, bins=weekly), fresh, FIRST)
    lived.live(8)
    lifts = {
        day.inputs.day: sorted(
            step.id for trip in day.results.trips[Side.FIXED] for step in trip.steps if step.kind is StepKind.COLLECT
        )
        for day in lived.compute()
    }

    assert {day: len(ids) for day, ids in lifts.items() if ids} == {FIRST: 6, FIRST + timedelta(days=7): 6}
