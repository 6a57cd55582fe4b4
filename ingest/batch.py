"""What became of some messages: what is to be stored, and what is to be remembered once that is durable."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.alerts.trail import Trail
from ingest.memory import SensorMemory
from ingest.outcome import Heard
from tomma.model import Alert, Emptying, Reading, Rejected, SensorId
from tomma.vitals import Vital


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some messages; `memory` is to be kept once the rest is durable."""

    readings: tuple[Reading, ...] = ()
    emptyings: tuple[Emptying, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    memory: Mapping[SensorId, SensorMemory] = field(default_factory=dict)
    withdrawn: tuple[Emptying | Alert, ...] = ()
    """What earlier batches told and this one refutes; to be done before the rest is added."""
    alerts: tuple[Alert, ...] = ()
    statuses: tuple[Heard, ...] = ()
    """What devices said without a level; nothing of it is stored but the alerts that follow."""
    trails: Mapping[SensorId, Trail] = field(default_factory=dict)
    """To be kept like `memory`."""
    vitals: tuple[Vital, ...] = ()
    """What devices said of their battery and how well they were heard, beside what they measured."""
