"""What whoever orders plans by the clock works with."""

from dataclasses import dataclass

from api.audit.recorder import Recorder
from api.city.keeper import CityKeeper
from api.context import ApiContext
from api.live.hub import Hub
from api.plans.desk import PlanDesk
from api.plans.today import Today


@dataclass(frozen=True, slots=True)
class CallerHands:
    """The parts of the server that a morning and a second round ask."""

    context: ApiContext
    city: CityKeeper
    today: Today
    desk: PlanDesk
    hub: Hub
    recorder: Recorder
