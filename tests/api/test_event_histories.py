"""Two tablets, one truck, any network: whatever happens between tap and store, nothing is lost and nothing is doubled.

The tablets are models of `driver/outbox.js` and `driver/sender.js`: a durable queue that is sent in batches, again and
again until each tap has an answer. The door and the log are the real ones, on a real database. The judge is a third
reckoning, made from what was tapped and who undid what, without looking at clocks or at the order of arrival.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.driver.door import EventDoor
from api.driver.schemas import EventIn
from tests.api.town import NOW, TODAY, make_city, plan_of
from tests.api.world import settings_in
from tomma.events import Event, EventKind
from tomma.fold import DayState, StopState, confirmed_emptyings, fold
from tomma.model import PlanId
from tomma.ports import EventLog
from tomma.stores.wiring import Stores, open_stores

BINS = ("B1", "B2", "B3", "B5")
"""Three on the plan and one that is not."""
HISTORIES, STEPS = 60, 25
LONG_HISTORIES = 10_000
numbers = count(1)


@dataclass
class Tablet:
    """What one tablet holds: every tap it made, and those it has no answer for."""

    name: str
    skew_s: float = 0.0
    sequence: int = 0
    waiting: list[EventIn] = field(default_factory=list)
    rejected: list[str | None] = field(default_factory=list)


class Histories(RuleBasedStateMachine):
    """One history: taps, undos, sendings, lost answers, repetitions, jumping clocks, a plan that is replaced."""

    stores: Stores
    wrap: Callable[[EventLog], EventLog]

    def __init__(self) -> None:
        super().__init__()
        self.city = make_city()
        self.number = next(numbers)
        self.tablets = {name: Tablet(f"{name}-{self.number}") for name in ("one", "two")}
        self.tapped: dict[str, EventIn] = {}
        self.minute = 0
        self.versions = 0
        self.door = EventDoor(self.stores.plans, type(self).wrap(self.stores.events))

    @initialize()
    def publish(self) -> None:
        """The morning's plan."""
        self.replace_plan()

    @rule()
    def replace_plan(self) -> None:
        """The office sends another version; the tablets hear of it at once or never, and tap on either."""
        self.versions += 1
        day = TODAY + timedelta(days=self.number)
        plan = plan_of(
            self.city, PlanId(f"P{self.number}-{self.versions}"), day, NOW + timedelta(seconds=self.versions)
        )
        self.stores.plans.save(plan)
        self.stores.plans.publish(plan.id)

    @rule(
        who=st.sampled_from(["one", "two"]),
        bin_id=st.sampled_from(BINS),
        skip=st.booleans(),
        behind=st.integers(0, 1),
    )
    def tap(self, who: str, bin_id: str, skip: bool, behind: int) -> None:
        """Emptied or skipped, on the newest plan or on the one before."""
        kind = {"kind": "skipped", "skip_reason": "blocked"} if skip else {"kind": "emptied"}
        self._keep(who, {**kind, "bin_id": bin_id}, behind)

    @precondition(lambda self: bool(self.tapped))
    @rule(who=st.sampled_from(["one", "two"]), choice=st.integers(0, 1000))
    def undo(self, who: str, choice: int) -> None:
        """Take back any tap that was seen: both tablets show the same route."""
        key = list(self.tapped)[choice % len(self.tapped)]
        self._keep(who, {"kind": "undone", "undoes_key": key}, 0)

    @rule(who=st.sampled_from(["one", "two"]), skew_s=st.sampled_from([-86_400.0, -300.0, 0.0, 90.0, 7_200.0]))
    def set_clock(self, who: str, skew_s: float) -> None:
        """The tablet's clock jumps."""
        self.tablets[who].skew_s = skew_s

    @rule(who=st.sampled_from(["one", "two"]), most=st.integers(1, 6), answered=st.booleans(), backwards=st.booleans())
    def send(self, who: str, most: int, answered: bool, backwards: bool) -> None:
        """Some of what waits is sent; the answer may get lost, and a proxy may turn the batch around."""
        tablet = self.tablets[who]
        batch = tablet.waiting[:most]
        results = self._take(tablet, batch[::-1] if backwards else batch)
        if answered:
            tablet.rejected += [key for key, status in results.items() if status == "rejected"]
            tablet.waiting = [each for each in tablet.waiting if each.key not in results]

    @precondition(lambda self: bool(self.tapped))
    @rule(who=st.sampled_from(["one", "two"]), choice=st.integers(0, 1000))
    def repeat(self, who: str, choice: int) -> None:
        """A sending that hung for an hour arrives after all."""
        event = list(self.tapped.values())[choice % len(self.tapped)]
        if event.device_id == self.tablets[who].name:
            self._take(self.tablets[who], [event, event])

    @invariant()
    def nothing_is_stored_twice(self) -> None:
        """At no time."""
        keys = [event.key for event in self._stored()]
        assert len(keys) == len(set(keys))

    def teardown(self) -> None:
        """The network is back: all is sent, and everybody agrees."""
        for tablet in self.tablets.values():
            for _ in range(3):
                self._take(tablet, tablet.waiting)
            assert tablet.rejected == []
        stored = self._stored()
        assert {event.key for event in stored} == set(self.tapped), "lost or invented"
        seen_by_one, seen_by_two = fold(stored), fold(list(reversed(stored)))
        assert seen_by_one == seen_by_two
        self._judge(seen_by_one, stored)

    def _judge(self, seen: DayState, stored: Sequence[Event]) -> None:
        told = {bin_id: seen.state_of(bin_id) for bin_id in {each.bin_id for each in stored} if bin_id is not None}
        assert told == {bin_id: self._true_state(bin_id) for bin_id in told}
        emptied = {bin_id for bin_id, state in told.items() if state is StopState.EMPTIED}
        assert {each.bin_id for each in confirmed_emptyings(stored)} == emptied

    def _true_state(self, bin_id: str) -> StopState:
        """Who names a tap has seen it, so later undos decide about earlier ones; emptied beats skipped."""
        gone: set[str] = set()
        for event in reversed(self.tapped.values()):
            if event.undoes_key is not None and event.key not in gone:
                gone.add(event.undoes_key)
        kinds = {each.kind for each in self.tapped.values() if each.bin_id == bin_id and each.key not in gone}
        if EventKind.EMPTIED in kinds:
            return StopState.EMPTIED
        return StopState.SKIPPED if kinds else StopState.TODO

    def _keep(self, who: str, what: Mapping[str, Any], behind: int) -> None:
        tablet = self.tablets[who]
        self.minute += 1
        tablet.sequence += 1
        version = max(1, self.versions - behind)
        event = EventIn(
            key=f"{tablet.name}-{tablet.sequence:06d}",
            device_id=tablet.name,
            sequence=tablet.sequence,
            plan_id=f"P{self.number}-{version}",
            vehicle_id="V1",
            tapped_utc=self._clock_of(tablet),
            **what,
        )
        self.tapped[event.key] = event
        tablet.waiting.append(event)

    def _take(self, tablet: Tablet, batch: Sequence[EventIn]) -> dict[str | None, str]:
        now = NOW + timedelta(minutes=self.minute)
        results = self.door.take(batch, self.city, now, self._clock_of(tablet))
        return {each.key: each.status for each in results}

    def _clock_of(self, tablet: Tablet) -> Any:
        return NOW + timedelta(minutes=self.minute, seconds=tablet.skew_s)

    def _stored(self) -> list[Event]:
        plans = [PlanId(f"P{self.number}-{version}") for version in range(1, self.versions + 1)]
        return [event for plan_id in plans for event in self.stores.events.of_plan(plan_id)]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[..., type[Histories]]]:
    """Histories on a real database; all of a test share it and each has a day of its own."""
    with open_stores(settings_in(tmp_path)) as stores:
        stores.registry.save(make_city())

        def made(wrap: Callable[[EventLog], EventLog] = lambda log: log) -> type[Histories]:
            return type("TheseHistories", (Histories,), {"stores": stores, "wrap": staticmethod(wrap)})

        yield made


def play(machine: type[Histories], histories: int, phases: Sequence[Phase] = tuple(Phase)) -> None:
    """Play so many; Hypothesis shrinks the first that goes wrong, where the phases say so."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_history_loses_or_doubles_a_tap(machine: Callable[..., type[Histories]]) -> None:
    """Both tablets agree with each other and with what was really done."""
    play(machine(), HISTORIES)


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_ten_thousand_histories_lose_and_double_nothing(machine: Callable[..., type[Histories]]) -> None:
    """The same for a night."""
    play(machine(), int(os.environ.get("TOMMA_HISTORIES", LONG_HISTORIES)))


class _ForgetsAnswers:
    """A planted fault: a sending repeated after a lost answer is stored anew, under a key of its own."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._seen: set[str] = set()

    def append(self, events: Sequence[Event]) -> Sequence[str]:
        renamed = [replace(each, key=f"{each.key}-again") if each.key in self._seen else each for each in events]
        self._seen |= {each.key for each in events}
        return self._log.append(renamed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class _LosesTheLast:
    """A planted fault: the last tap of a batch is said to be stored and is not."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def append(self, events: Sequence[Event]) -> Sequence[str]:
        return [*self._log.append(events[:-1]), "stored"] if len(events) > 1 else self._log.append(events)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


@pytest.mark.parametrize("fault", [_ForgetsAnswers, _LosesTheLast], ids=["doubles", "loses"])
def test_a_planted_fault_is_caught(machine: Callable[..., type[Histories]], fault: Any) -> None:
    """The test of the test: who doubles or loses taps does not come through."""
    with pytest.raises(AssertionError):
        play(machine(fault), 200, [Phase.generate])
