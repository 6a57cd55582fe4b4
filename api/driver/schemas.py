"""What `/driver` takes and answers."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, WrapValidator, model_validator

from api.driver.flags import Flag, flags_of
from api.plans.schemas import RouteOut, StopOut
from api.schema import LonLat, Name, Shown, Told, UtcTime
from routing.roads.guidance import Language, ManoeuvreKind, WordsSource
from tomma.city import City
from tomma.events import EVENT_NOTE_MAX, Event, EventKind, ReportKind, SkipReason

EVENTS_MAX = 500
REASON_LIMIT = 300

Degrees = Annotated[float, Field(strict=True)]


class EventIn(Told):
    """One tap on the tablet. The tablet makes `key` once and repeats it until the server has answered."""

    key: Annotated[Name, Field(min_length=8, max_length=64, examples=["7f9c24e8-3b0a-4f5d-9c1e-2a6b8d0e4f11"])]
    device_id: Annotated[Name, Field(max_length=64, examples=["tablet-3"])]
    sequence: Annotated[int, Field(strict=True, ge=0, le=2**53, description="Grows by one with each tap of a tablet.")]
    plan_id: Name
    vehicle_id: Name
    kind: EventKind
    tapped_utc: UtcTime = Field(description="By the tablet's clock.")
    bin_id: Name | None = Field(default=None, description="Needed when emptied or skipped; may be given when reported.")
    disposal_site_id: Name | None = Field(default=None, description="Needed when unloaded.")
    skip_reason: SkipReason | None = Field(default=None, description="Needed when skipped, and only then.")
    undoes_key: Name | None = Field(default=None, description="Needed when undone: the key of what is taken back.")
    lat_deg: Annotated[Degrees, Field(ge=-90, le=90)] | None = None
    lon_deg: Annotated[Degrees, Field(ge=-180, le=180)] | None = None
    overflowing: bool = Field(default=False, description="With emptied or skipped: waste lay beside the bin.")
    weight_kg: Annotated[float, Field(strict=True, ge=0, le=100_000)] | None = Field(
        default=None, description="With unloaded: what the scales said."
    )
    ticket: Annotated[str, Field(max_length=64)] = Field(default="", description="With unloaded: the weighing slip.")
    report: ReportKind | None = Field(default=None, description="Needed when reported, and only then.")
    note: Annotated[str, Field(max_length=EVENT_NOTE_MAX)] = Field(default="", description="In the driver's words.")

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        needs_bin = self.kind in (EventKind.EMPTIED, EventKind.SKIPPED)
        if self.kind is not EventKind.REPORTED and needs_bin != (self.bin_id is not None):
            raise ValueError(f"bin_id belongs to emptied and skipped (or reported), got kind {self.kind}")
        if (self.kind is EventKind.SKIPPED) != (self.skip_reason is not None):
            raise ValueError(f"skip_reason belongs to skipped and only there, got kind {self.kind}")
        if (self.kind is EventKind.UNDONE) != (self.undoes_key is not None):
            raise ValueError(f"undoes_key belongs to undone and only there, got kind {self.kind}")
        if self.disposal_site_id is not None and self.kind is not EventKind.UNLOADED:
            raise ValueError(f"disposal_site_id belongs to unloaded and only there, got kind {self.kind}")
        if (self.lat_deg is None) != (self.lon_deg is None):
            raise ValueError("lat_deg and lon_deg belong together")
        self._check_details()
        return self

    def _check_details(self) -> None:
        if self.overflowing and self.kind not in (EventKind.EMPTIED, EventKind.SKIPPED):
            raise ValueError(f"overflowing belongs to emptied and skipped, got kind {self.kind}")
        if (self.kind is EventKind.REPORTED) != (self.report is not None):
            raise ValueError(f"report belongs to reported and only there, got kind {self.kind}")
        if (self.weight_kg is not None or self.ticket) and self.kind is not EventKind.UNLOADED:
            raise ValueError(f"weight_kg and ticket belong to unloaded, got kind {self.kind}")


class RefusedEvent(Shown):
    """An event that does not say what it must; the others of its batch are not held up by it."""

    key: str | None
    reason: str


def _or_refused(value: Any, _: Any) -> EventIn | RefusedEvent:
    """Let a malformed event be a value, so that one cannot stop a day's worth of others."""
    try:
        return _EVENT.validate_python(value)
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        bound = fault["msg"].removeprefix("Value error, ")
        key = value.get("key") if isinstance(value, dict) else None
        return RefusedEvent(
            key=key[:64] if isinstance(key, str) else None,
            reason=(f"{place}: {bound}" if place else bound)[:REASON_LIMIT],
        )


_EVENT = TypeAdapter(EventIn)


class EventsIn(Told):
    """What a tablet has to say since it was last heard."""

    events: Annotated[list[Annotated[EventIn, WrapValidator(_or_refused)]], Field(max_length=EVENTS_MAX)]
    sent_utc: UtcTime = Field(description="The tablet's clock as it sends: tells how far that clock is off.")


class EventResult(Shown):
    """What became of one event, in the order they were sent."""

    key: str | None
    status: Literal["stored", "duplicate", "superseded", "rejected"] = Field(
        description=(
            "`duplicate` was stored before and is as good as `stored`; `superseded` is stored too, but the plan had "
            "been replaced and its newest version has no such stop on this truck; `rejected` will never be taken."
        )
    )
    reason: str | None = Field(default=None, description="Why it was rejected.")


class EventsTaken(Shown):
    """The events that are stored are on disk; the tablet may forget them."""

    received_utc: UtcTime
    results: list[EventResult]


class EventOut(Shown):
    """One action of a driver as it was stored."""

    key: str
    device_id: str
    sequence: int = Field(description="Order of the taps on one tablet.")
    plan_id: str
    vehicle_id: str
    kind: EventKind
    tapped_utc: UtcTime
    received_utc: UtcTime
    bin_id: str | None
    disposal_site_id: str | None
    skip_reason: SkipReason | None
    undoes_key: str | None
    lat_deg: float | None
    lon_deg: float | None
    overflowing: bool
    weight_kg: float | None
    ticket: str
    report: ReportKind | None
    note: str
    clock_skew_s: float | None = Field(description="How far the tablet's clock was ahead when it sent this.")
    flags: list[Flag] = Field(description="What the office may want to look at; nothing was refused for it.")


class EventsOut(Shown):
    """Events in the order they were stored."""

    position: int = Field(description="Ask with `after` set to this to go on.")
    events: list[EventOut]


class DriverRouteHead(Shown):
    """One truck's route in short."""

    vehicle_id: str
    vehicle_name: str
    stops: int = Field(description="Bins and unloadings, as the tablet counts them on its way; a break is no stop.")
    done: int = Field(description="Of these, emptied, skipped or unloaded.")


class DriverRoutesOut(Shown):
    """Today's routes."""

    day: date = Field(description="Local day of the organisation.")
    plan_id: str | None = Field(description="Null while no plan is published for today.")
    routes: list[DriverRouteHead]


class DriverBinOut(Shown):
    """A bin that a truck may empty, on its route or not."""

    bin_id: str
    name: str
    fraction: str
    lat_deg: float
    lon_deg: float


class DriverBinsOut(Shown):
    """Every bin whose waste the truck takes: what a tablet needs to name one that is not on its list."""

    bins: list[DriverBinOut]


class DriverStopOut(StopOut):
    """A stop and what became of it."""

    state: Literal["todo", "emptied", "skipped"] = Field(description="`emptied` also for an unloading or break done.")
    state_event_key: str | None = Field(description="The event that made the state: name it to undo.")
    done_utc: UtcTime | None = Field(
        description="When this truck did it, or began the break it is having; null also for what another truck did."
    )
    on_break: bool = Field(description="A break that goes on: any tablet of the truck may end it; until then `todo`.")
    rest_s: float = Field(description="How long a break was that is over; 0 for one driven past and all else. [s]")


class DriverRouteOut(RouteOut):
    """The route a tablet shows."""

    plan_id: str
    plan_version: int = Field(description="Grows with each newer plan of the day.")
    day: date
    is_taken_out: bool = Field(description="Somebody said that the truck cannot go on today.")
    skip_reasons: list[SkipReason] = Field(description="Those the city allows, in no order of weight.")
    former_stops: int = Field(
        default=0,
        description="So many of the first stops this truck did by an earlier plan of the day, and the newest does not "
        "name them; legs of guidance are counted from behind them.",
    )
    stops: list[DriverStopOut]  # type: ignore[assignment]  # the same stops, with their state


class ManoeuvreOut(Shown):
    """One thing to do, and the stretch after it."""

    kind: ManoeuvreKind = Field(description="Which arrow to show.")
    text: str = Field(examples=["Sväng höger in på Storgatan"])
    street: str = Field(description="The street it leads into; empty where it has no name.")
    distance_m: int = Field(description="Until the next one.")
    duration_s: int
    at: int = Field(description="Where it is done: number of a point of `line`, from 0.")


class DriverGuidanceOut(Shown):
    """One leg in words. Its times add up to the plan's for this leg."""

    vehicle_id: str
    plan_id: str
    leg: int = Field(description="As it was asked for.")
    language: Language
    source: WordsSource = Field(
        description="`straight_line` knows no streets: show the direction, not an arrow at a corner."
    )
    follows_plan: bool = Field(description="False when `line` is another way than the leg's of the route.")
    distance_m: int
    duration_s: int
    line: list[LonLat] = Field(description="The way the words speak of; empty when there is nothing to drive.")
    manoeuvres: list[ManoeuvreOut]


def event_out(event: Event, city: City, *, contradicted: bool) -> EventOut:
    """Return a stored event in the words of the public API."""
    return EventOut.model_validate({**asdict(event), "flags": flags_of(event, city, contradicted=contradicted)})
