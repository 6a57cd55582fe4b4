"""The parts behind the routes, wired once per application."""

from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends, Request

from api.access.gate import Gate
from api.accounts.demo import make_demo_people
from api.accounts.desk import Desk
from api.accounts.provider import Provider, provider_of
from api.alerts.parts import AlertParts
from api.audit.recorder import Recorder
from api.bins.board import Board
from api.bins.forecasts import Forecasts
from api.city.keeper import CityKeeper
from api.citymap.atlas import Atlas
from api.context import ApiContext
from api.driver.door import EventDoor
from api.driver.ledger import DriverLedger
from api.driver.promises import PromiseKeeper
from api.figures.keeper import SavingKeeper
from api.guards.throttle import Throttle
from api.live.hub import Hub
from api.live.watch import Watch
from api.opendata.window import Window
from api.plans.comparison import Comparisons
from api.plans.curve import CurveDesk
from api.plans.desk import PlanDesk
from api.plans.making import Making
from api.plans.summaries import Summaries
from api.plans.today import Today
from api.residents.bounds import Bounds
from api.schedule.hands import CallerHands
from api.schedule.morning import MorningCaller
from api.schedule.noon import NoonCaller
from api.sensors.vitals import Vitals
from api.tablets.codes import Codes
from api.uplinks.door import UplinkDoor
from api.uplinks.ledger import UplinkLedger
from api.uplinks.watch import UplinkWatch

PATIENCE_S = 0.5
"""How long each thread is waited for when the server stops; what they leave undone is told in the stores already."""

UPLINKS_PATIENCE_S = 5.0
"""What is being stored is finished: the stores are closed after."""


@dataclass(frozen=True)
class Services:
    """What a route can ask; made by `Services.of`, started and stopped by the application."""

    context: ApiContext
    city: CityKeeper
    today: Today
    ledger: DriverLedger
    event_door: EventDoor
    promises: PromiseKeeper
    codes: Codes
    forecasts: Forecasts
    board: Board
    hub: Hub
    watch: Watch
    atlas: Atlas
    desk: PlanDesk
    summaries: Summaries
    saving: SavingKeeper
    mornings: MorningCaller
    second_rounds: NoonCaller
    gate: Gate
    accounts: Desk
    alerts: AlertParts
    curve: CurveDesk
    comparisons: Comparisons
    provider: Provider | None
    vitals: Vitals
    recorder: Recorder
    open_window: Window
    open_throttle: Throttle
    uplinks: UplinkDoor
    uplink_ledger: UplinkLedger
    uplink_watch: UplinkWatch
    residents: Bounds

    @classmethod
    def of(cls, context: ApiContext) -> Self:
        """Wire everything; nothing runs yet."""
        clock, pace, hub, board = context.clock, context.pace, Hub(), Board()
        city, ledger = CityKeeper(context.registry), DriverLedger(context.events, context.plans)
        today = Today(context.plans, city, clock)
        forecasts = Forecasts(forecaster=context.forecaster, city=city, clock=clock, pace=pace)
        watch = Watch(
            city=city,
            readings=context.readings,
            today=today,
            ledger=ledger,
            forecasts=forecasts,
            board=board,
            hub=hub,
            clock=clock,
            pace=pace,
        )
        desk, gate, recorder, uplinks = _desk(context, hub), _gate(context), Recorder(context.audit), UplinkLedger()
        by_clock = CallerHands(context, city, today, desk, hub, recorder)
        return cls(
            context=context,
            city=city,
            today=today,
            ledger=ledger,
            event_door=EventDoor(context.plans, context.events, context.settings.driver.skip_reasons),
            promises=PromiseKeeper(context.plans),
            codes=Codes(context.tablets, clock),
            forecasts=forecasts,
            board=board,
            hub=hub,
            watch=watch,
            atlas=Atlas(board, watch),
            desk=desk,
            summaries=Summaries(context.plans),
            mornings=MorningCaller(by_clock),
            second_rounds=NoonCaller(by_clock),
            alerts=AlertParts.of(context, city=city, ledger=ledger, watch=watch, hub=hub),
            saving=SavingKeeper(saver=context.saver, city=city, hub=hub, clock=clock),
            gate=gate,
            accounts=_accounts(context, gate, city),
            curve=CurveDesk(context, city, desk, hub),
            comparisons=Comparisons(context, city, desk, hub),
            provider=provider_of(context.settings),
            vitals=Vitals(context.vitals),
            recorder=recorder,
            open_window=Window(book=context.open_data, city=city, readings=context.readings, clock=clock),
            open_throttle=Throttle(),
            uplinks=UplinkDoor(context),
            uplink_ledger=uplinks,
            uplink_watch=UplinkWatch(context, uplinks),
            residents=Bounds(context.settings.residents),
        )

    def start(self) -> None:
        """Begin to work in the background."""
        self.recorder.recover()
        self.desk.start()
        self.forecasts.start()
        self.watch.start()
        self.saving.start()
        self.mornings.start()
        self.second_rounds.start()
        self.alerts.lookout.start()
        self.alerts.courier.start()
        self.curve.start()
        self.comparisons.start()
        self.uplink_watch.start()

    def close(self) -> None:
        """End every stream and thread; the stores are left to whoever opened them."""
        self.hub.close()
        threads = (
            self.mornings,
            self.second_rounds,
            self.curve,
            self.comparisons,
            self.desk,
            self.watch,
            self.forecasts,
            self.saving,
            self.alerts.lookout,
            self.alerts.courier,
            self.uplink_watch,
        )
        self.uplinks.stop()
        for each in threads:
            each.stop()
        self.context.on_leaving()
        for each in threads:
            each.join(PATIENCE_S)
        self.uplinks.join(UPLINKS_PATIENCE_S)


def _desk(context: ApiContext, hub: Hub) -> PlanDesk:
    return PlanDesk(
        plans=context.plans,
        planner=context.planner,
        hub=hub,
        clock=context.clock,
        make_plan_id=context.make_plan_id,
        making=Making(context.settings.data_dir / "planning"),
        look_s=context.pace.left_plans_s,
    )


def _accounts(context: ApiContext, gate: Gate, city: CityKeeper) -> Desk:
    return Desk(
        people=context.people,
        sessions=context.sessions,
        gate=gate,
        settings=context.settings,
        wall=context.wall,
        passwords=context.passwords,
        city_name=city.name,
    )


def _gate(context: ApiContext) -> Gate:
    is_demo = context.settings.people.demo
    return Gate(
        people=context.people,
        sessions=context.sessions,
        tablets=context.tablets,
        settings=context.settings,
        https=context.https,
        clock=context.clock,
        wall=context.wall,
        visitor=make_demo_people(context.people, context.registry, context.wall) if is_demo else None,
    )


def services_of(request: Request) -> Services:
    """Return the application's parts to a route."""
    services = request.app.state.services
    assert isinstance(services, Services)  # noqa: S101  (set in `api.app`)
    return services


Hands = Annotated[Services, Depends(services_of)]
