"""`/device-logins`: who may log in at the broker; passwords are made here and told once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response

from api.access import OFFICE, Role, allow
from api.audit.trail import tell
from api.guards.strict_json import StrictRoute
from api.logins.schemas import (
    DeviceLoginGiven,
    DeviceLoginIn,
    DeviceLoginOut,
    DeviceLoginsOut,
    RotateIn,
)
from api.problems.model import NamedProblem, field_refused, problems
from api.schema import Name
from api.services import Hands, Services
from ingest.brokers.desk import Desk, EmbeddedDesk, Given, desk_here, disabled, enrolled, rotated, tidied
from ingest.brokers.enrolment import Enrolled, checked_name, checked_topic, own_topics
from tomma.bounds import Rule
from tomma.errors import ConfigurationError, ConflictError, Refusal, StoreUnavailableError

SHOWN_MAX = 200
CHANGING = [allow(Role.MANAGER, Role.ADMIN)]
router = APIRouter(
    prefix="/device-logins",
    tags=["sensors"],
    route_class=StrictRoute,
    dependencies=[allow(*OFFICE, Role.ADMIN)],
)
DevicePath = Annotated[Name, Path(description="The device's id.", examples=["H0001"])]


@router.get("", summary="Who may log in at the broker", responses=problems(422, 503))
def list_device_logins(
    hands: Hands, search: Annotated[str, Query(max_length=100, description="A part of the device's id.")] = ""
) -> DeviceLoginsOut:
    """Return the devices' logins, never a password: those are told once, when they are given."""
    desk = desk_here(hands.context.settings)
    if desk is None:
        return DeviceLoginsOut(broker="elsewhere", logins=[], total=0)
    with _reaching_the_broker():
        found = [each for each in reversed(desk.book.devices) if search.casefold() in each.name.casefold()]
    kind = "embedded" if isinstance(desk, EmbeddedDesk) else "mosquitto"
    return DeviceLoginsOut(broker=kind, logins=[_out(desk, each) for each in found[:SHOWN_MAX]], total=len(found))


@router.post(
    "",
    status_code=201,
    summary="Give a device a login",
    dependencies=CHANGING,
    responses=problems(400, 403, 409, 413, 415, 422, 503),
)
def add_device_login(hands: Hands, asked: Annotated[DeviceLoginIn, Body()]) -> DeviceLoginGiven:
    """Make a user name and a password for a device, tell them this once, and let a running broker know."""
    with _reaching_the_broker():
        device_id = _checked("device_id", checked_name, asked.device_id, Rule.DEVICE_NAME)
        topics = [_checked("topics", checked_topic, each, Rule.TOPIC) for each in asked.topics]
        (given,) = enrolled(_desk(hands), [device_id], topics)
    tell(f"device:{asked.device_id}")
    return _given(asked.device_id, given)


@router.post(
    "/{device_id}/rotate",
    status_code=201,
    summary="Change a device's login",
    dependencies=CHANGING,
    responses=problems(400, 403, 404, 409, 413, 415, 422, 503),
)
def rotate_device_login(hands: Hands, device_id: DevicePath, asked: Annotated[RotateIn, Body()]) -> DeviceLoginGiven:
    """Make a new user name and password, told this once; the former are good until the overlap is over."""
    now_utc = hands.context.wall.now_utc()
    until_utc = now_utc + timedelta(hours=asked.overlap_h) if asked.overlap_h else None
    with _reaching_the_broker():
        desk = _desk(hands)
        tidied(desk, now_utc)
        given = rotated(desk, checked_name(device_id), until_utc)
    tell(hours=round(asked.overlap_h))
    return _given(device_id, given)


@router.delete(
    "/{device_id}",
    status_code=204,
    summary="Take a device's logins away",
    dependencies=CHANGING,
    responses=problems(403, 404, 409, 422, 503),
)
def disable_device_login(hands: Hands, device_id: DevicePath) -> Response:
    """Cut the device off at once; its sensor, its readings and its history stay."""
    with _reaching_the_broker():
        disabled(_desk(hands), checked_name(device_id))
    return Response(status_code=204)


def _desk(hands: Services) -> Desk:
    desk = desk_here(hands.context.settings)
    if desk is None:
        text = "the broker's logins are not kept on this machine; set [broker] mosquitto_dir if they are"
        raise ConflictError(text, Refusal.LOGINS_ELSEWHERE)
    return desk


def _checked(field: str, check: Callable[[str], str], value: str, rule: Rule) -> str:
    """Return the value; FieldsRefusedError names the field, so that a page can say it in its own words."""
    try:
        return check(value)
    except ConfigurationError as exc:
        raise field_refused(field, rule, str(exc), value) from exc


@contextmanager
def _reaching_the_broker() -> Iterator[None]:
    """Turn what the broker's files say into refusals that a page can show."""
    try:
        yield
    except ConfigurationError as exc:
        raise NamedProblem(422, Refusal.BROKER_SETTINGS, str(exc)) from exc
    except (OSError, StoreUnavailableError) as exc:
        why = (exc.strerror if isinstance(exc, OSError) else "") or str(exc)
        told = f"the broker's files cannot be used: {why}; run the server as their owner"
        raise NamedProblem(503, Refusal.BROKER_FILES, told) from exc


def _out(desk: Desk, login: Enrolled) -> DeviceLoginOut:
    publish = login.topics or own_topics(desk.topics, login.device)
    return DeviceLoginOut(device_id=login.device, username=login.name, publish=list(publish), until_utc=login.until_utc)


def _given(device_id: str, given: Given) -> DeviceLoginGiven:
    return DeviceLoginGiven(
        device_id=device_id,
        username=given.username,
        password=given.password,
        publish=list(given.publish),
        in_force=given.reloaded,
    )
