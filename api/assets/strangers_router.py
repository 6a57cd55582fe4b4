"""`/assets/quarantine`: devices that send and hang nowhere: what they seem to say, hang them, or dismiss them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from api.access import OFFICE, Role, allow
from api.assets.edits import hung
from api.assets.schemas import HangIn
from api.assets.strangers import guesses
from api.guards.strict_json import StrictRoute
from api.problems.model import FieldError, field_error, problems
from api.schema import Name, Shown, Told, UtcTime, payload_text
from api.services import Hands, Services
from tomma.errors import NotFoundError
from tomma.model import Measurement, Quarantined, RejectReason

router = APIRouter(
    prefix="/assets/quarantine",
    tags=["assets"],
    route_class=StrictRoute,
    dependencies=[allow(*OFFICE, Role.INSTALLER)],
)
DeviceId = Annotated[Name, Path()]
LETTERS_PER_DROP = 500
LISTED_MAX = 200


class GuessOut(Shown):
    """What the last message says under the rules of one make."""

    make: str = Field(description="Empty: the message tells its values itself, no make is needed.")
    distance_mm: float | None
    fill_fraction: float | None
    battery_fraction: float | None
    battery_v: float | None
    temperature_c: float | None


class StrangerOut(Shown):
    """A device that sends and hangs in no bin."""

    device_ids: list[str]
    known: bool = Field(description="It is in the registry, and only hangs nowhere.")
    envelope: str
    first_utc: UtcTime
    last_utc: UtcTime
    seen: int = Field(description="Messages that came.")
    kept: int = Field(description="Messages that become readings once it is hung.")
    last_payload: str
    detail: str = Field(description="Why the last message was not taken.")
    error: FieldError | None = Field(description="The same by its rule, so that it can be told in any language.")
    guesses: list[GuessOut] = Field(description="The likeliest first.")


class StrangersOut(Shown):
    """Who knocks, the one heard of last first."""

    total: int = Field(description="How many match, on all pages.")
    devices: list[StrangerOut]


class AdoptIn(Told):
    """A stranger gets a bin."""

    bin_id: Name
    sensor_id: Name | None = Field(default=None, description="One of its names, or a spelling of them; else its first.")
    make: Annotated[str, Field(max_length=80)] = ""
    model: Annotated[str, Field(max_length=80)] = ""
    at_utc: UtcTime | None = Field(
        default=None, description="Since when it hangs there; null: since it was first heard, so that nothing is lost."
    )
    replaces_sensor_id: Name | None = None
    empty_mm: float | None = None
    full_mm: float | None = None


class AdoptedOut(Shown):
    """What became of it."""

    sensor_id: str
    bin_id: str
    from_utc: UtcTime
    waiting: int = Field(description="Messages that `tomma ingest` reads in within seconds.")


class DismissedOut(Shown):
    """What was thrown away."""

    dropped: int = Field(description="Messages.")


@router.get("", summary="Unknown devices and what they seem to say", responses=problems(503))
def list_strangers(hands: Hands) -> StrangersOut:
    """Return the devices that send but hang in no bin, with the meaning of their last message under each make."""
    devices = hands.context.readings.quarantine()
    return StrangersOut(total=len(devices), devices=[_out(hands, each) for each in devices[:LISTED_MAX]])


@router.post(
    "/{device_id}/hang",
    summary="Hang an unknown device in a bin",
    responses=problems(403, 404, 409, 415, 422, 503),
    dependencies=[allow(Role.MANAGER, Role.INSTALLER)],
)
def adopt_stranger(hands: Hands, device_id: DeviceId, told: AdoptIn) -> AdoptedOut:
    """Make it a sensor of that bin. What it sent since `at_utc` is read in by `tomma ingest` within seconds."""
    device, now_utc = _device(hands, device_id), hands.context.clock.now_utc()
    sensor_id = told.sensor_id or device.device_ids[0]
    if sensor_id not in device.device_ids:
        raise NotFoundError(f"{device_id} is not known as {sensor_id}; its names are {', '.join(device.device_ids)}")
    at_utc = told.at_utc or _since(device, told, now_utc)
    how = HangIn(
        sensor_id=sensor_id,
        at_utc=at_utc,
        replaces_sensor_id=told.replaces_sensor_id,
        make=told.make or None,
        model=told.model or None,
        empty_mm=told.empty_mm,
        full_mm=told.full_mm,
    )
    hands.context.assets.edit(lambda city: hung(city, told.bin_id, how, now_utc))
    return AdoptedOut(sensor_id=sensor_id, bin_id=told.bin_id, from_utc=at_utc, waiting=device.kept)


@router.delete(
    "/{device_id}",
    summary="Dismiss an unknown device",
    responses=problems(403, 404, 503),
    dependencies=[allow(Role.MANAGER)],
)
def dismiss_stranger(hands: Hands, device_id: DeviceId) -> DismissedOut:
    """Throw away what it sent. It is listed again when it sends again."""
    device, store, dropped = _device(hands, device_id), hands.context.readings, 0
    while page := store.dead_letters_after(0, LETTERS_PER_DROP, device_id=device.device_ids[0]):
        gone = store.drop_dead_letters([each.id for each in page])
        dropped += gone
        if not gone:
            break
    return DismissedOut(dropped=dropped)


def _since(device: Quarantined, told: AdoptIn, now_utc: datetime) -> datetime:
    """Return when it was first heard, or now when another sensor is measuring that bin until then."""
    return now_utc if told.replaces_sensor_id else min(device.first_utc, now_utc)


def _device(hands: Services, device_id: str) -> Quarantined:
    for each in hands.context.readings.quarantine():
        if device_id in each.device_ids:
            return each
    raise NotFoundError(f"no device {device_id} is in quarantine")


def _out(hands: Services, device: Quarantined) -> StrangerOut:
    letters = hands.context.readings.dead_letters(1, device_id=device.device_ids[0])
    last = letters[0].rejected if letters else None
    return StrangerOut(
        device_ids=list(device.device_ids),
        known=device.reason is RejectReason.NOT_INSTALLED,
        envelope=device.envelope,
        first_utc=device.first_utc,
        last_utc=device.last_utc,
        seen=device.seen,
        kept=device.kept,
        last_payload=payload_text(device.last_payload),
        detail=last.detail if last else "",
        error=field_error(last.breach) if last and last.breach else None,
        guesses=[_guess(each.make, each.measurement) for each in guesses(last)] if last else [],
    )


def _guess(make: str, said: Measurement) -> GuessOut:
    return GuessOut(
        make=make,
        distance_mm=said.distance_mm,
        fill_fraction=said.fill_fraction,
        battery_fraction=said.battery_fraction,
        battery_v=said.battery_v,
        temperature_c=said.temperature_c,
    )
