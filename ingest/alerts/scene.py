"""What the watch looks at: one moment of the city."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from tomma.city import City
from tomma.model import Alert, AlertKind, BinId, Emptying, Reading, SensorId
from tomma.plan import Plan

type Subject = tuple[SensorId | None, BinId | None]


@dataclass(frozen=True)
class Scene:
    """What is known at one moment, from stores and from nothing else."""

    city: City
    now_utc: datetime
    listening_since_utc: datetime
    """Since when we have been there without a break: before it the stream's silence says nothing."""
    heard_since_utc: datetime
    """Since when others are heard without a break, by us or by those before us: a sensor's silence counts from here."""
    latest: Mapping[BinId, Reading] = field(default_factory=dict)
    active: Sequence[Alert] = ()
    detected: Sequence[Emptying] = ()
    """What the sensors showed in the last days."""
    confirmed: Sequence[Emptying] = ()
    """What drivers confirmed in the last days and did not take back."""
    plans: Sequence[Plan] = ()
    """What the trucks drove in the last days."""
    skipped: Sequence[tuple[BinId, datetime]] = ()
    """Bins that a driver passed with a reason in the last days, and when."""

    @cached_property
    def _standing(self) -> Mapping[tuple[AlertKind, Subject], Alert]:
        return {(alert.kind, alert.subject): alert for alert in self.active}

    def standing(self, kind: AlertKind, subject: Subject) -> Alert | None:
        """Return the alert if it is raised now."""
        return self._standing.get((kind, subject))

    def raised(self, kind: AlertKind) -> list[Alert]:
        """Return every alert of the kind that is raised now."""
        return [alert for alert in self.active if alert.kind is kind]
