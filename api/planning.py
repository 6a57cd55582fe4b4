"""Forecasts, plans and turn texts made by `routing`, each in a helper process."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from threading import Event, Thread
from typing import Any

from api.context import ForecastView
from api.helper import Helper, Note, Worker
from api.outlook import whole_forecast
from routing.ahead.coming_days import coming_days
from routing.ahead.days_ahead import DaysAhead
from routing.ahead.outlook import Foresight
from routing.alternatives.pareto_maker import CurveMaker
from routing.alternatives.pareto_weeks import Weekly
from routing.alternatives.rule_columns import RuleColumns, rule_columns
from routing.planning.basis import Basis, to_bytes
from routing.planning.edit_plan import edit_plan
from routing.planning.planner import make_plan
from routing.roads import open_guide, open_roads
from routing.roads.guidance import Guidance, Language
from routing.roads.port import Leg
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize
from routing.solve_run import StopSign
from tomma.city import City
from tomma.edits import Edit
from tomma.errors import EngineFailedError
from tomma.model import PlanId
from tomma.plan import Plan, PlanProgress, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.ports import ProgressSink
from tomma.settings import Settings
from tomma.stores.wiring import Stores


def forecast_worker(settings: Settings, stores: Stores) -> Worker:
    """Return what makes forecasts inside a helper; each goes on where the one before ended."""
    foresight = Foresight.beside(settings.data_dir)

    def work(request: Any, _: Note, __: Event) -> Any:
        own: dict[str, Any] = {"readings": stores.readings, "events": stores.events, "foresight": foresight}
        if "days" in request:
            return coming_days(**request, requests=stores.requests, **own)
        return whole_forecast(**request, **own)

    return work


def plan_worker(settings: Settings, stores: Stores) -> Worker:
    """Return what makes plans inside a helper; the streets are opened once, since that takes a while."""
    roads = open_roads(settings.roads, settings.roads_dir)
    foresight = Foresight.beside(settings.data_dir)

    def keep(plan_id: PlanId, basis: Basis) -> None:
        stores.plans.keep_basis(plan_id, to_bytes(basis))

    curves = CurveMaker(stores.readings, stores.events, roads)

    def work(request: Any, on_note: Note, stop: Event) -> Any:
        if "risk" in request:
            return curves.weekly(**request, stop=stop)
        if "settings" not in request:
            return rule_columns(
                **request, plans=stores.plans, readings=stores.readings, events=stores.events, roads=roads
            )

        def tell(progress: PlanProgress) -> None:
            on_note(progress)

        return make_plan(
            **request,
            readings=stores.readings,
            events=stores.events,
            roads=roads,
            on_progress=tell,
            plans=stores.plans,
            requests=stores.requests,
            foresight=foresight,
            stop=stop,
            keep_basis=keep,
        )

    return work


def edit_worker(settings: Settings, stores: Stores) -> Worker:
    """Return what changes plans by hand inside a helper: a person who moves a bin must not wait for a solver."""
    roads = open_roads(settings.roads, settings.roads_dir)

    def work(request: Any, _: Note, __: Event) -> Any:
        if request is None:
            return None  # only woken: the streets are open now
        return edit_plan(**request, plans=stores.plans, events=stores.events, roads=roads)

    return work


def guide_worker(settings: Settings, _: Stores) -> Worker:
    """Return what puts drives into words inside a helper: it builds tiles when there are none."""
    guide = open_guide(settings.roads, settings.roads_dir)

    def work(request: Any, _: Note, __: Event) -> Any:
        return guide.along(**request)

    return work


class HelpedForecaster:
    """Keeps the promise of `api.context.Forecaster`."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    def __call__(self, *, city: City, now_utc: datetime) -> ForecastView:
        """Return how every bin is expected to fill."""
        forecast: ForecastView = self._helper.ask({"city": city, "now_utc": now_utc})
        return forecast


class HelpedLookout:
    """Keeps the promise of `api.context.Lookout`."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    def __call__(
        self, *, city: City, settings: PlanningSettings, first_day: date, days: int, now_utc: datetime
    ) -> DaysAhead:
        """Return what the coming days hold."""
        asked = {"city": city, "settings": settings, "first_day": first_day, "days": days, "now_utc": now_utc}
        ahead: DaysAhead = self._helper.ask(asked)
        return ahead


class HelpedPlanner:
    """Keeps the promise of `api.context.Planner`; the helper that edits is woken once there is a plan to edit."""

    def __init__(self, helper: Helper, editor: Helper) -> None:
        self._helper = helper
        self._editor = editor

    def __call__(
        self,
        *,
        city: City,
        planning: PlanningSettings,
        day: date,
        now_utc: datetime,
        plan_id: PlanId,
        on_progress: ProgressSink,
        wishes: Wishes,
        stop: Event,
    ) -> Plan:
        """Return the plan of `day`, READY or FAILED."""
        request = {
            "city": city,
            "settings": planning,
            "day": day,
            "now_utc": now_utc,
            "plan_id": plan_id,
            "wishes": wishes,
        }
        plan: Plan = self._helper.ask(request, on_progress, stop)
        Thread(target=self._wake_editor, name="wake-editor", daemon=True).start()
        return plan

    def _wake_editor(self) -> None:
        with suppress(EngineFailedError):  # the server leaves, or the first edit will say what is wrong
            self._editor.ask(None)


class HelpedCurve:
    """Keeps the promise of `api.context.WeeklyAtRisk`; in the planner's helper, which has the streets open."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    def __call__(
        self, *, city: City, planning: PlanningSettings, now_utc: datetime, risk: float, draw: int, stop: StopSign
    ) -> Weekly | None:
        """Return what a week at that risk comes to; None when it was stopped."""
        asked = {"city": city, "planning": planning, "now_utc": now_utc, "risk": risk, "draw": draw}
        weekly: Weekly | None = self._helper.ask(asked, stop=stop)
        return weekly


class HelpedRules:
    """Keeps the promise of `api.context.Rules`; in the planner's helper, which has the streets open."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    def __call__(self, *, city: City, plan_id: PlanId) -> RuleColumns:
        """Return the plan's day by fixed rounds and by a threshold."""
        columns: RuleColumns = self._helper.ask({"city": city, "plan_id": plan_id})
        return columns


class HelpedEditor:
    """Keeps the promise of `api.context.Editor`."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    def __call__(
        self, *, city: City, plan_id: PlanId, edits: Sequence[Edit], draft_id: PlanId, now_utc: datetime
    ) -> Plan:
        """Return the draft that the edits make of the plan."""
        asked = {"city": city, "plan_id": plan_id, "edits": edits, "draft_id": draft_id, "now_utc": now_utc}
        draft: Plan = self._helper.ask(asked)
        return draft


class HelpedGuide:
    """Keeps the promise of `routing.roads.guidance.Guide`."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    def along(self, line: Leg, language: Language, truck: TruckSize = STANDARD_TRUCK) -> Guidance:
        """Return the words for the drive along `line`."""
        guidance: Guidance = self._helper.ask({"line": line, "language": language, "truck": truck})
        return guidance
