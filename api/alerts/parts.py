"""What works behind `/alerts`, `/work-orders` and `/notifications`, wired once per application."""

import random
from dataclasses import dataclass
from typing import Self

from api.alerts.desk import AlertDesk
from api.alerts.lookout import Lookout
from api.city.keeper import CityKeeper
from api.context import ApiContext
from api.driver.ledger import DriverLedger
from api.live.hub import Hub
from api.live.watch import Watch
from api.notify.courier import Courier
from api.notify.sending import Sender
from api.work.desk import WorkDesk


@dataclass(frozen=True)
class AlertParts:
    """What the routes ask; `lookout` and `courier` have a thread each."""

    desk: AlertDesk
    work: WorkDesk
    lookout: Lookout
    courier: Courier

    @classmethod
    def of(cls, context: ApiContext, *, city: CityKeeper, ledger: DriverLedger, watch: Watch, hub: Hub) -> Self:
        """Wire everything; ConfigurationError when a recipient's secret cannot be read."""
        desk = AlertDesk(context.readings, context.care, city, context.clock)
        work = WorkDesk(context.work_orders, ledger, city, context.clock)
        settings, home = context.settings.notify, context.settings.server.public_url.rstrip("/")
        sender = Sender(settings, lambda: city.current().organisation)
        sender.check()
        courier = Courier(
            settings=settings,
            link=f"{home}/alerts" if home else "",
            desk=desk,
            outbox=context.outbox,
            city=city,
            clock=context.clock,
            send=sender,
            rng=random.Random(),  # noqa: S311  (jitter)
        )
        return cls(desk, work, Lookout(context, desk, work, watch, hub), courier)
