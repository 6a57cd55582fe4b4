"""A plan every morning, and no fuss when there is none."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from simulator.dispatcher import ATTEMPTS, Dispatcher
from simulator.office import OfficeUnavailableError, PlanView
from tests.simulator.support import MIDNIGHT_UTC

ZONE = ZoneInfo("Europe/Helsinki")
TUESDAY = date(2026, 6, 2)


@dataclass
class Desk:
    """A server whose planner ends as told."""

    outcome: str = "ready"
    known: list[PlanView] = field(default_factory=list)
    asked: list[date] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    refuses: bool = False

    def plans(self, limit: int = 20) -> tuple[PlanView, ...]:
        """Return what is known."""
        return tuple(self.known[-limit:])

    def plan(self, plan_id: str) -> PlanView:
        """Return the plan, solved by now."""
        return PlanView(plan_id, self.asked[-1], self.outcome)

    def ask_for_plan(self, day: date, budget_s: float | None) -> PlanView:
        """Take the order."""
        self.asked.append(day)
        return PlanView(f"plan-{len(self.asked)}", day, "queued")

    def publish(self, plan_id: str) -> PlanView:
        """Publish, unless told to refuse."""
        if self.refuses:
            raise OfficeUnavailableError("409")
        self.published.append(plan_id)
        return PlanView(plan_id, self.asked[-1], "published")


def dispatcher(desk: Desk) -> Dispatcher:
    """A dispatcher at that desk."""
    return Dispatcher(desk, ZONE, 5.0, lambda _: None)


def stepped(found: Dispatcher, first: datetime, hours: float) -> None:
    """Step every ten minutes."""
    for number in range(int(hours * 6)):
        found.step(first + timedelta(minutes=10 * number))


def test_one_plan_is_asked_for_and_published_each_morning() -> None:
    """Three days, three plans, none at night."""
    desk = Desk()
    stepped(dispatcher(desk), MIDNIGHT_UTC, 72)
    assert desk.asked == [TUESDAY, TUESDAY + timedelta(days=1), TUESDAY + timedelta(days=2)]
    assert desk.published == ["plan-1", "plan-2", "plan-3"]


def test_the_first_plan_comes_at_once_and_the_next_at_half_past_five() -> None:
    """Who starts a demo at four need not wait; from then on the town keeps its hours."""
    desk, times = Desk(), []
    found = dispatcher(desk)
    for number in range(2 * 24 * 6):
        now_utc = MIDNIGHT_UTC + timedelta(minutes=10 * number)
        before = len(desk.asked)
        found.step(now_utc)
        if len(desk.asked) > before:
            times.append(f"{now_utc.astimezone(ZONE):%H:%M}")
    assert times == ["03:00", "05:30"]


def test_nothing_is_asked_in_the_evening() -> None:
    """A plan after one o'clock would be for trucks that have gone home."""
    desk = Desk()
    stepped(dispatcher(desk), MIDNIGHT_UTC + timedelta(hours=13), 10)
    assert desk.asked == []


def test_a_failed_plan_is_asked_for_again_a_few_times_and_next_day_anew() -> None:
    """The demo goes on; it does not hammer a planner that cannot."""
    desk = Desk(outcome="failed")
    stepped(dispatcher(desk), MIDNIGHT_UTC, 48)
    assert desk.asked == [TUESDAY] * ATTEMPTS + [TUESDAY + timedelta(days=1)] * ATTEMPTS
    assert desk.published == []


def test_a_plan_somebody_published_is_left_standing() -> None:
    """A person at the desk decides over the simulator."""
    desk = Desk(known=[PlanView("plan-9", TUESDAY, "published")])
    stepped(dispatcher(desk), MIDNIGHT_UTC, 20)
    assert desk.asked == []


def test_a_plan_that_cannot_be_published_is_no_end_of_the_world() -> None:
    """Somebody was first; the next step sees their plan."""
    desk = Desk(refuses=True)
    stepped(dispatcher(desk), MIDNIGHT_UTC, 20)
    assert len(desk.asked) == ATTEMPTS
