"""Plans in the registry database: kept whole, and one published a day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from tomma.errors import ConflictError, NotFoundError
from tomma.model import BinId, DisposalSiteId, PlanId, VehicleId
from tomma.plan import LeftOut, Plan, PlanHead, PlanStatus, RoadsSource, Route, Stop, StopKind
from tomma.reasons import Reason, ReasonCode
from tomma.stores.books.plans import SqlPlanStore

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
MONDAY = date(2026, 11, 2)


def _plan(name: str = "p1", status: PlanStatus = PlanStatus.READY, day: date = MONDAY, age_min: int = 0) -> Plan:
    collect = Stop(
        StopKind.COLLECT,
        T0,
        T0 + timedelta(minutes=2),
        1200,
        180,
        330.5,
        33.25,
        bin_id=BinId("B1"),
        expected_fill_fraction=0.75,
        reasons=(Reason(ReasonCode.OVERFLOW_RISK, {"p_overflow": 0.31, "by_h": 24.0, "alpha": 0.05}),),
    )
    unload = Stop(StopKind.DISPOSE, T0, T0, 0, 0, 0.0, 0.0, disposal_site_id=DisposalSiteId("X1"))
    route = Route(VehicleId("V1"), T0, T0 + timedelta(hours=6), (collect, unload), 41_000, 5_400, (((18.1, 59.3),), ()))
    left_out = LeftOut(BinId("B2"), (Reason(ReasonCode.NOT_NEEDED_YET, {"fill_fraction": 0.1}),))
    created = T0 - timedelta(minutes=age_min, microseconds=-7)
    return Plan(
        PlanId(name),
        day,
        created,
        T0,
        status,
        "pyvrp",
        RoadsSource.STREETS,
        (route,),
        (left_out,),
        123_456,
        700,
        ("x",),
        3,
    )


def test_a_plan_comes_back_as_it_was_saved(engine: sa.Engine, open_engine: Callable[[], sa.Engine]) -> None:
    """With every stop, reason and street."""
    SqlPlanStore(engine).save(_plan())

    assert SqlPlanStore(open_engine()).get(PlanId("p1")) == _plan()


def test_saving_again_replaces_the_plan(engine: sa.Engine) -> None:
    """A job is saved when it is queued and again when it is solved."""
    plans = SqlPlanStore(engine)
    plans.save(replace(_plan(), status=PlanStatus.SOLVING, routes=()))
    plans.save(_plan())

    assert plans.of_day(MONDAY) == [_plan()]


def test_plans_are_listed_newest_first(engine: sa.Engine) -> None:
    """The manager looks at the last one."""
    plans = SqlPlanStore(engine)
    old, new, other = _plan("old", age_min=90), _plan("new"), _plan("other", day=date(2026, 11, 3), age_min=60)
    for plan in (new, old, other):
        plans.save(plan)

    assert plans.of_day(MONDAY) == [new, old]
    assert plans.of_day(MONDAY, [PlanStatus.DRAFT]) == []
    assert [head.id for head in plans.heads()] == ["new", "other", "old"]
    assert [head.id for head in plans.heads(limit=2)] == ["new", "other"]
    assert [head.id for head in plans.heads(day=MONDAY, limit=0)] == []
    assert plans.heads(day=MONDAY)[0] == PlanHead(new.id, new.day, new.created_utc, new.status)


def test_plans_in_the_making_are_found_whatever_came_after(engine: sa.Engine) -> None:
    """A server that starts judges each of them, however long ago it was ordered."""
    plans = SqlPlanStore(engine)
    for age_min, status in enumerate(PlanStatus):
        plans.save(_plan(status, status, age_min=age_min))

    assert [plan.id for plan in plans.unfinished()] == ["queued", "solving"]


def test_publishing_supersedes_the_days_former_plan_only(engine: sa.Engine) -> None:
    """Two published plans of one day would send two trucks to one bin."""
    plans = SqlPlanStore(engine)
    for plan in (_plan("a"), _plan("b"), _plan("tuesday", day=date(2026, 11, 3))):
        plans.save(plan)
    plans.publish(PlanId("tuesday"))
    assert plans.published(MONDAY) is None
    assert plans.publish(PlanId("a")).status is PlanStatus.PUBLISHED
    plans.publish(PlanId("b"))

    assert plans.published(MONDAY) == replace(_plan("b"), status=PlanStatus.PUBLISHED)
    assert plans.get(PlanId("a")).status is PlanStatus.SUPERSEDED
    assert plans.get(PlanId("tuesday")).status is PlanStatus.PUBLISHED


def test_publishing_twice_changes_nothing(engine: sa.Engine) -> None:
    """A button is pressed twice."""
    plans = SqlPlanStore(engine)
    plans.save(_plan())

    assert plans.publish(PlanId("p1")) == plans.publish(PlanId("p1"))


@pytest.mark.parametrize(
    "status", [each for each in PlanStatus if each not in (PlanStatus.READY, PlanStatus.DRAFT, PlanStatus.PUBLISHED)]
)
def test_only_a_ready_plan_can_be_published(engine: sa.Engine, status: PlanStatus) -> None:
    """A failed or outdated plan must not reach a driver."""
    plans = SqlPlanStore(engine)
    plans.save(_plan(status=status))

    with pytest.raises(ConflictError, match=status):
        plans.publish(PlanId("p1"))
    assert plans.get(PlanId("p1")).status is status


def test_of_plans_published_at_once_one_is_the_days(engine: sa.Engine, open_engine: Callable[[], sa.Engine]) -> None:
    """Two managers press the button in the same second."""
    names = [PlanId(f"p{n}") for n in range(6)]
    for name in names:
        SqlPlanStore(engine).save(_plan(name))
    barrier = Barrier(len(names), timeout=30)

    def publish(name: PlanId) -> None:
        plans = SqlPlanStore(open_engine())
        barrier.wait()
        plans.publish(name)

    threads = [Thread(target=publish, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    statuses = sorted(plan.status for plan in SqlPlanStore(engine).of_day(MONDAY))
    assert statuses == sorted([PlanStatus.PUBLISHED, *[PlanStatus.SUPERSEDED] * 5])


def test_the_database_itself_refuses_a_second_published_plan_of_a_day(engine: sa.Engine) -> None:
    """Also by the ways around `publish`."""
    plans = SqlPlanStore(engine)
    plans.save(_plan("a", PlanStatus.PUBLISHED))
    plans.save(_plan("b"))

    with pytest.raises(ConflictError):
        plans.save(_plan("c", PlanStatus.PUBLISHED))
    with pytest.raises(ConflictError):
        plans.set_status(PlanId("b"), PlanStatus.PUBLISHED)


def test_a_plan_that_is_not_there_is_said_to_be_missing(engine: sa.Engine) -> None:
    """For reading, publishing and changing alike."""
    plans = SqlPlanStore(engine)
    for ask in (plans.get, plans.publish, lambda name: plans.set_status(name, PlanStatus.FAILED)):
        with pytest.raises(NotFoundError, match="nope"):
            ask(PlanId("nope"))


def test_a_status_can_be_changed_without_the_rest(engine: sa.Engine) -> None:
    """A job that died with its server is marked failed at the next start."""
    plans = SqlPlanStore(engine)
    plans.save(_plan(status=PlanStatus.SOLVING))
    plans.set_status(PlanId("p1"), PlanStatus.FAILED)

    assert plans.get(PlanId("p1")) == _plan(status=PlanStatus.FAILED)
