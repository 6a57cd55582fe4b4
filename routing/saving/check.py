"""Doubts an audit file: every digest, every link from day to day, every figure computed anew from the inputs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta

from routing.saving.compute import Case, asked_of, compute, results_of
from routing.saving.drives import from_bytes
from routing.saving.file import AuditFile, days_in_order
from routing.saving.summary import seal
from routing.solve_here import engine_version
from tomma.errors import ImportRefusedError
from tomma.saving import BinState, DayFigures, DayResults, SavingDay, Side, SideFigures, StepKind, digest_of, figures_of
from tomma.stores.files.city_file import parse_city

FIGURES = tuple(field.name for field in fields(SideFigures))


@dataclass(frozen=True)
class Checked:
    """What became of the doubt."""

    days: tuple[DayFigures, ...]
    """As computed here and now."""
    faults: tuple[str, ...]
    """One sentence each; none means that the file tells what follows from its inputs."""
    notes: tuple[str, ...]
    seal: str
    """Of the days as they are in the file: the one that the page showed?"""


def check(
    audit: AuditFile, *, with_engine: bool = True, on_day: Callable[[SavingDay], object] = lambda _: None
) -> Checked:
    """Return every day computed anew, and what does not agree.

    Args:
        audit: The file.
        with_engine: Whether the rules' routes are searched anew; without, the routes in the file are followed and
            added up, which needs no engine and proves everything but that the engine found these routes.
        on_day: Told each day that is done.
    """
    faults = list(_digests(audit))
    days: list[DayFigures] = []
    notes: list[str] = []
    cases = _Cases(audit)
    for number, (_, day) in enumerate(audit.days):
        faults += _links(audit, number)
        try:
            case = cases.of(day)
            results, note = _again(case, day, with_engine=with_engine)
        except (ImportRefusedError, ValueError, KeyError, IndexError, AssertionError) as exc:
            faults.append(f"{day.inputs.day}: cannot be computed: {exc}")
            continue
        notes += [f"{day.inputs.day}: {note}"] if note else []
        faults += [f"{day.inputs.day}: {each}" for each in (*_skipped(case, day), *_differences(day.results, results))]
        days.append(figures_of(SavingDay(day.inputs, results)))
        on_day(day)
    return Checked(tuple(days), tuple(faults), tuple(notes), seal([day.digest for _, day in audit.days]))


def _digests(audit: AuditFile) -> Iterator[str]:
    for name, body in audit.shared.items():
        if digest_of(body) != name:
            yield f"the shared input {name[:12]} is not what its digest says"
    for claimed, day in audit.days:
        if day.digest != claimed:
            yield f"{day.inputs.day}: is not what its digest says"
    if seal([claimed for claimed, _ in audit.days]) != audit.seal:
        yield "the seal is not that of the days"
    if not days_in_order(audit.days):
        yield "the days are not in order"


def _links(audit: AuditFile, number: int) -> Iterator[str]:
    """Tell where a day does not go on from the one before it."""
    if number == 0:
        return
    before, (_, day) = audit.days[number - 1][1], audit.days[number]
    here = day.inputs.day
    if here != before.inputs.day + timedelta(days=1):
        yield f"{here}: the day before it is missing"
        return
    if day.inputs.previous != before.digest:
        yield f"{here}: does not name the day before it"
    for side in (Side.FIXED, Side.THRESHOLD):
        ended = _by_bin(before.inputs.bin_ids, before.results.after[side])
        begun = _by_bin(day.inputs.bin_ids, day.inputs.before[side])
        if any(ended[bin_id] != begun[bin_id] for bin_id in ended.keys() & begun.keys()):
            yield f"{here}: {side} does not begin where it ended the day before"


def _by_bin(bin_ids: tuple[str, ...], state: BinState) -> Mapping[str, tuple[int, int]]:
    return dict(zip(bin_ids, zip(state.held_dl, state.emptied_minute, strict=True), strict=True))


class _Cases:
    """Unpacks what many days share once."""

    def __init__(self, audit: AuditFile) -> None:
        self._audit = audit
        self._last: tuple[tuple[str, str], Case] | None = None

    def of(self, day: SavingDay) -> Case:
        """Return the day with what its digests stand for."""
        named = day.inputs.city, day.inputs.drives
        if self._last is not None and self._last[0] == named:
            former = self._last[1]
            return Case(day.inputs, former.city, former.drives)
        missing = [each for each in named if each not in self._audit.shared]
        if missing:
            raise ImportRefusedError(f"the shared input {missing[0][:12]} is not in the file")
        case = Case(day.inputs, parse_city(self._audit.shared[named[0]]), from_bytes(self._audit.shared[named[1]]))
        self._last = named, case
        return case


def _again(case: Case, day: SavingDay, *, with_engine: bool) -> tuple[DayResults, str]:
    followed = results_of(
        case, day.results.trips, {side: each.owed for side, each in day.results.after.items() if side is not Side.DONE}
    )
    if not with_engine:
        return followed, ""
    if day.inputs.engine != engine_version():
        return (
            followed,
            f"made by {day.inputs.engine}, this is {engine_version()}: its routes were followed, not searched",
        )
    return compute(case), ""


def _skipped(case: Case, day: SavingDay) -> Iterator[str]:
    """Tell where a rule's routes do not empty just what the rule takes: fewer bins would be a cheaper rule."""
    for side, trips in day.results.trips.items():
        wanted = {each.bin_id for each in asked_of(case, side)}
        taken = {step.id for trip in trips for step in trip.steps if step.kind is StepKind.COLLECT}
        left = frozenset(day.results.after[side].owed)
        if wanted and (taken | left != wanted or taken & left):
            yield f"{side}: the routes do not empty what the rule takes"


def _differences(told: DayResults, found: DayResults) -> Iterator[str]:
    for side in Side:
        for name in FIGURES:
            is_told, is_found = getattr(told.figures[side], name), getattr(found.figures[side], name)
            if is_told != is_found:
                yield f"{side}: {name} is told as {is_told} and comes to {is_found}"
        if told.after[side] != found.after[side]:
            yield f"{side}: what is left in the bins does not follow"
    for side in (Side.FIXED, Side.THRESHOLD):
        if told.trips[side] != found.trips[side]:
            yield f"{side}: the engine drives other routes"
    if (told.planned_bins, told.planned_bins_emptied) != (found.planned_bins, found.planned_bins_emptied):
        yield "planned and emptied bins do not follow"
