"""Alerts in the words of the public API: filtered, counted, on pages and as CSV."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.alerts.desk import Standing
from api.alerts.schemas import CareOut, OpenOut, StandingOut, WorkRefOut
from tomma.alerts import CareState, Urgency
from tomma.model import AlertKind
from tomma.work import WorkOrder

CSV_COLUMNS = (
    "kind", "urgency", "state", "raised_utc", "ended_utc", "bin_id", "sensor_id", "place", "area", "fraction", "values",
    "last_action", "last_action_utc", "by", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the asker wants to see; what is left empty lets everything through."""

    kinds: frozenset[AlertKind] = frozenset()
    urgency: Urgency | None = None
    state: CareState | None = None
    area: str | None = None
    fraction: str | None = None
    text: str = ""

    def lets_through(self, each: Standing) -> bool:
        """Return whether the asker wants to see it."""
        return (
            (not self.kinds or each.alert.kind in self.kinds)
            and self.urgency in (None, each.urgency)
            and self.state in (None, each.attention.state)
            and self.area in (None, each.area)
            and self.fraction in (None, each.fraction)
            and self._matches(each)
        )

    def _matches(self, each: Standing) -> bool:
        wanted = self.text.strip().casefold()
        texts = (each.bin_id or "", each.alert.sensor_id or "", each.place, each.area)
        return not wanted or any(wanted in text.casefold() for text in texts)


def open_out(
    standing: Sequence[Standing], wanted: Wanted, orders: Sequence[WorkOrder], *, limit: int, offset: int
) -> OpenOut:
    """Return a page of what is wanted, and how much there is of everything."""
    found = [each for each in standing if wanted.lets_through(each)]
    return OpenOut(
        total=len(found),
        counts=_counts(standing),
        alerts=standing_out(found[offset : offset + limit], orders),
    )


def standing_out(found: Iterable[Standing], orders: Iterable[WorkOrder]) -> list[StandingOut]:
    """Return the alerts, each with the work orders made from it."""
    of_alert: dict[str, list[WorkRefOut]] = {}
    for order in orders:
        of_alert.setdefault(order.alert_id, []).append(WorkRefOut(id=order.id, status=order.status.value))
    return [_one(each, of_alert) for each in found]


def csv_rows(found: Iterable[Standing]) -> Iterable[Sequence[object]]:
    """Return the rows under `CSV_COLUMNS`."""
    for each in found:
        alert, actions = each.alert, each.attention.actions
        last = actions[-1] if actions else None
        numbers = " ".join(f"{name}={value:g}" for name, value in alert.values.items())
        yield (
            alert.kind.value, each.urgency.value, each.attention.state.value, utc(alert.at_utc), utc(each.ended_utc),
            each.bin_id, alert.sensor_id, each.place, each.area, each.fraction, numbers,
            last.action.value if last else None, utc(last.at_utc if last else None), last.by if last else None,
            last.note if last else None,
        )  # fmt: skip


def utc(moment: datetime | None) -> str | None:
    """Return the moment as text, to the second."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def _counts(standing: Sequence[Standing]) -> dict[str, dict[str, int]]:
    open_ones = [each for each in standing if each.attention.state is CareState.OPEN]
    return {
        "state": dict(Counter(each.attention.state.value for each in standing)),
        "urgency": dict(Counter(each.urgency.value for each in open_ones)),
        "kind": dict(Counter(each.alert.kind.value for each in standing)),
        "area": dict(Counter(each.area for each in standing if each.area)),
    }


def _one(each: Standing, orders: Mapping[str, list[WorkRefOut]]) -> StandingOut:
    alert, attention = each.alert, each.attention
    return StandingOut(
        id=each.id,
        kind=alert.kind.value,
        urgency=each.urgency.value,
        raised_utc=alert.at_utc,
        ended_utc=each.ended_utc,
        sensor_id=alert.sensor_id,
        bin_id=each.bin_id,
        place=each.place,
        area=each.area,
        fraction=each.fraction,
        values=dict(alert.values),
        state=attention.state.value,
        snoozed_until_utc=attention.snoozed_until_utc,
        actions=[
            CareOut(action=one.action.value, at_utc=one.at_utc, by=one.by, note=one.note, until_utc=one.until_utc)
            for one in attention.actions
        ],
        work_orders=orders.get(each.id, []),
    )
