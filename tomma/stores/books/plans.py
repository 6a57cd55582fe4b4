"""`PlanStore` in the registry database: one document a plan, beside the columns by which it is found."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from tomma.codec import from_json, to_json
from tomma.errors import ConflictError, NotFoundError, Refusal
from tomma.model import PlanId
from tomma.plan import UNFINISHED, Plan, PlanHead, PlanStatus
from tomma.stores.books import counters
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import plans as tables

_PLAN = tables.plan
_BASIS = tables.plan_basis
BASES_KEPT = 60
"""Two months of mornings, or a day of trying: nobody changes an older plan by hand."""
OFFERED = frozenset({PlanStatus.READY, PlanStatus.DRAFT})
_HEAD = (_PLAN.c.id, _PLAN.c.day, _PLAN.c.created_utc, _PLAN.c.status)
_NEWEST_FIRST = (_PLAN.c.created_utc.desc(), _PLAN.c.id.desc())
_HEADS = sa.select(*_HEAD).order_by(*_NEWEST_FIRST)
_HEADS_OF_DAY = _HEADS.where(_PLAN.c.day == sa.bindparam("day"))


class SqlPlanStore:
    """Plans; at most one of a day is published, and the database itself holds that."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep plans in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def save(self, plan: Plan) -> None:
        """Insert the plan, or replace the one with its id; ConflictError if its day has another published one."""
        values = {
            "day": plan.day,
            "created_utc": plan.created_utc,
            "status": plan.status.value,
            "document": to_json(plan).decode(),
            "based_on": plan.based_on,
        }
        try:
            with writing(self._engine) as connection:
                changed = connection.execute(sa.update(_PLAN).where(_PLAN.c.id == plan.id).values(values))
                if changed.rowcount == 0:
                    connection.execute(sa.insert(_PLAN).values(id=plan.id, **values))
        except sa.exc.IntegrityError as exc:
            raise _overtaken(plan.id, plan.day) from exc

    def get(self, plan_id: PlanId) -> Plan:
        """Return the plan; NotFoundError when there is none."""
        with reading(self._engine) as connection:
            return _get(connection, plan_id)

    def of_day(self, day: date, statuses: Collection[PlanStatus] = tuple(PlanStatus)) -> Sequence[Plan]:
        """Return the day's plans that are in one of `statuses`, newest first."""
        wanted = _PLAN.c.status.in_([each.value for each in statuses])
        return self._all(sa.select(_PLAN).where(_PLAN.c.day == day, wanted).order_by(*_NEWEST_FIRST))

    def heads(self, *, day: date | None = None, limit: int | None = None, drafts: bool = True) -> Sequence[PlanHead]:
        """Return the newest plans without their routes, newest first."""
        query = _HEADS if day is None else _HEADS_OF_DAY
        query = query if drafts else query.where(_PLAN.c.status != PlanStatus.DRAFT.value)
        with reading(self._engine) as connection:
            rows = connection.execute(query if limit is None else query.limit(max(limit, 0)), {"day": day})
            return [PlanHead(row.id, row.day, row.created_utc, PlanStatus(row.status)) for row in rows]

    def unfinished(self) -> Sequence[Plan]:
        """Return the QUEUED and SOLVING plans, newest first."""
        wanted = _PLAN.c.status.in_([each.value for each in UNFINISHED])
        return self._all(sa.select(_PLAN).where(wanted).order_by(*_NEWEST_FIRST))

    def published(self, day: date) -> Plan | None:
        """Return the plan the trucks drive on that day, if one was published."""
        found = self._all(sa.select(_PLAN).where(_PLAN.c.day == day, _PLAN.c.status == PlanStatus.PUBLISHED.value))
        return found[0] if found else None

    def publish(self, plan_id: PlanId) -> Plan:
        """Publish a READY plan and supersede the former one of its day, in one transaction.

        One that changes a plan is for its trucks and its decisions: once another is on the road, it is overtaken. So
        is a draft, but by a plan that was there when it was begun, or that it goes on from.
        """
        try:
            with writing(self._engine) as connection:
                counters.raise_by(connection, counters.PUBLICATIONS, 1)  # others wait from here on
                plan = _get(connection, plan_id)
                if plan.status is PlanStatus.PUBLISHED:
                    return plan
                if plan.status not in OFFERED:
                    raise ConflictError(
                        f"plan {plan_id} is {plan.status}; only a ready plan can be published", Refusal.PLAN_NOT_READY
                    )
                on_road = (_PLAN.c.day == plan.day) & (_PLAN.c.status == PlanStatus.PUBLISHED.value)
                _check_still_of(connection.scalar(sa.select(_PLAN.c.id).where(on_road)), plan)
                connection.execute(sa.update(_PLAN).where(on_road).values(status=PlanStatus.SUPERSEDED.value))
                _set_status(connection, plan_id, PlanStatus.PUBLISHED)
        except sa.exc.IntegrityError as exc:
            raise _overtaken(plan_id, plan.day) from exc
        return replace(plan, status=PlanStatus.PUBLISHED)

    def discard(self, plan_id: PlanId) -> Plan:
        """Put a READY plan aside, in one transaction: it cannot be published in the same moment."""
        with writing(self._engine) as connection:
            counters.raise_by(connection, counters.PUBLICATIONS, 1)  # a publication waits, and then finds it gone
            plan = _get(connection, plan_id)
            if plan.status not in (PlanStatus.READY, PlanStatus.DISCARDED):
                raise ConflictError(
                    f"plan {plan_id} is {plan.status}; only a ready plan can be discarded", Refusal.PLAN_NOT_READY
                )
            _set_status(connection, plan_id, PlanStatus.DISCARDED)
        return replace(plan, status=PlanStatus.DISCARDED)

    def set_status(self, plan_id: PlanId, status: PlanStatus) -> None:
        """Change a plan's status; NotFoundError when there is none."""
        try:
            with writing(self._engine) as connection:
                _set_status(connection, plan_id, status)
        except sa.exc.IntegrityError as exc:
            raise ConflictError(
                f"plan {plan_id}: another plan of its day is published; read again", Refusal.OVERTAKEN
            ) from exc

    def keep_basis(self, plan_id: PlanId, basis: bytes) -> None:
        """Keep what the plan was made from, and forget that of plans long past."""
        with writing(self._engine) as connection:
            number = counters.raise_by(connection, counters.BASES, 1)
            gone = (_BASIS.c.plan_id == plan_id) | (_BASIS.c.number <= number - BASES_KEPT)
            connection.execute(sa.delete(_BASIS).where(gone))
            connection.execute(sa.insert(_BASIS).values(plan_id=plan_id, number=number, basis=basis))

    def basis(self, plan_id: PlanId) -> bytes | None:
        """Return what the plan was made from, or None when that was not kept."""
        with reading(self._engine) as connection:
            kept: bytes | None = connection.execute(
                sa.select(_BASIS.c.basis).where(_BASIS.c.plan_id == plan_id)
            ).scalar_one_or_none()
            return kept

    def forget_drafts(self, based_on: PlanId, keep: int) -> int:
        """Delete all but the newest `keep` drafts that began as that plan; return how many went."""
        drafts = (_PLAN.c.based_on == based_on) & (_PLAN.c.status == PlanStatus.DRAFT.value)
        newest = sa.select(_PLAN.c.id).where(drafts).order_by(*_NEWEST_FIRST).limit(max(keep, 0))
        with writing(self._engine) as connection:
            stay = [row.id for row in connection.execute(newest)]
            return connection.execute(sa.delete(_PLAN).where(drafts & _PLAN.c.id.not_in(stay))).rowcount

    def _all(self, query: sa.Select[tuple[object, ...]]) -> Sequence[Plan]:
        with reading(self._engine) as connection:
            return [_plan(row) for row in connection.execute(query)]


def _get(connection: sa.Connection, plan_id: PlanId) -> Plan:
    row = connection.execute(sa.select(_PLAN).where(_PLAN.c.id == plan_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no plan {plan_id}")
    return _plan(row)


def _set_status(connection: sa.Connection, plan_id: PlanId, status: PlanStatus) -> None:
    changed = connection.execute(sa.update(_PLAN).where(_PLAN.c.id == plan_id).values(status=status.value))
    if changed.rowcount == 0:
        raise NotFoundError(f"there is no plan {plan_id}")


def _plan(row: sa.Row[tuple[object, ...]]) -> Plan:
    return replace(from_json(row.document, Plan), status=PlanStatus(row.status))  # the column is the newer one


def _check_still_of(on_road: PlanId | None, plan: Plan) -> None:
    """Refuse a plan that knows nothing of the one the trucks drive, unless it is an order of its own."""
    if plan.status is PlanStatus.READY and plan.replaces not in (None, on_road):
        raise _overtaken(plan.id, plan.day)
    known = (None, plan.drafted_over, plan.edited_from, plan.based_on)
    if plan.status is PlanStatus.DRAFT and on_road not in known:
        raise ConflictError(
            f"draft {plan.id} was begun before plan {on_road} was published: change that one by hand, "
            f"or order the day anew with keep_edits_of {plan.id}",
            Refusal.OVERTAKEN,
        )


def _overtaken(plan_id: PlanId, day: date) -> ConflictError:
    return ConflictError(
        f"plan {plan_id}: another plan of {day} was published since it was ordered, or at the same moment; read again",
        Refusal.OVERTAKEN,
    )
