"""`/installations`: the installer's phone."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.access import OFFICE, Role, allow
from api.guards.strict_json import StrictRoute
from api.installations.device import device_out
from api.installations.jpeg import bare_jpeg
from api.installations.schemas import (
    CatalogueBinOut,
    CatalogueOut,
    CatalogueTypeOut,
    DeviceOut,
    FittingDoneOut,
    FittingIn,
    Key,
    PhotoOut,
)
from api.problems.model import bound_refused, field_refused, problems
from api.schema import Name, UtcTime
from api.services import Hands, Services
from ingest.decode import MAKERS
from tomma.assets import PHOTO_MAX_BYTES, AssetKind, Edited, Photo, find
from tomma.bounds import Rule, alone
from tomma.city import Position
from tomma.fitting import Fitting, fit
from tomma.hangings import Hangings
from tomma.model import BinId, SensorId

log = logging.getLogger(__name__)

router = APIRouter(
    prefix="/installations",
    tags=["installations"],
    route_class=StrictRoute,
    dependencies=[allow(*OFFICE, Role.INSTALLER)],
)
DOING = [allow(Role.MANAGER, Role.INSTALLER)]
PHOTO_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        "description": f"A JPEG of at most {PHOTO_MAX_BYTES} bytes; what it tells of phone and place is cut away.",
    }
}


@router.get("/catalogue", summary="What an installer needs without a network", responses=problems(404, 503))
def get_catalogue(hands: Hands) -> CatalogueOut:
    """Return every bin with what hangs in it, and the container types."""
    city = hands.city.current()
    hangings = Hangings(city.installations)
    bins = []
    for each in city.bins.values():
        site, hung = city.sites[each.site_id], hangings.in_bin(each.id)
        bins.append(
            CatalogueBinOut.model_construct(
                id=each.id,
                site=site.name,
                lat_deg=site.position.lat_deg,
                lon_deg=site.position.lon_deg,
                type=each.container_type_id,
                sensor=hung.sensor_id if hung else None,
            )
        )
    types = [
        CatalogueTypeOut(id=each.id, name=each.name, empty_mm=each.empty_mm, full_mm=each.full_mm)
        for each in city.container_types.values()
    ]
    revision = hands.context.registry.revision()
    return CatalogueOut(revision=revision, makes=sorted(MAKERS), container_types=types, bins=bins)


@router.get("/devices/{device_id}", summary="What a device says right now", responses=problems(404, 503))
def get_device(hands: Hands, device_id: Annotated[Name, Path()]) -> DeviceOut:
    """Return whether it is heard, where it hangs and what it said last, registered or not."""
    return device_out(hands, device_id)


@router.post(
    "",
    summary="Do what the installer did",
    responses=problems(403, 404, 409, 415, 422, 503),
    dependencies=DOING,
)
def fit_sensor(hands: Hands, told: FittingIn) -> FittingDoneOut:
    """Hang the sensor, with what was measured and where. 409 when the bin is not as the phone showed it."""
    fitting = _fitting(hands, told)
    done = hands.context.assets.perform(fitting, lambda city: Edited(fit(city, fitting)))
    log.info("fitting sensor=%s bin=%s new=%s", fitting.sensor_id, fitting.bin_id, done)
    return FittingDoneOut(key=told.key, status="stored" if done else "duplicate")


@router.put(
    "/photos/{key}",
    summary="Keep a photo",
    responses=problems(403, 404, 413, 415, 422, 503),
    dependencies=DOING,
    openapi_extra=PHOTO_BODY,
)
async def keep_photo(
    hands: Hands,
    request: Request,
    key: Annotated[Key, Path()],
    bin_id: Annotated[Name, Query()],
    taken_utc: Annotated[UtcTime, Query()],
) -> PhotoOut:
    """Keep it, durably; of a known key the first one stands."""
    data = await request.body()
    return await run_in_threadpool(_keep, hands, key, bin_id, taken_utc, data)


@router.get(
    "/photos/{key}",
    summary="A photo",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, **problems(404, 503)},
)
def get_photo(hands: Hands, key: Annotated[Key, Path()]) -> Response:
    """Return the picture."""
    headers = {"Cache-Control": "private, max-age=86400", "Content-Security-Policy": "default-src 'none'"}
    return Response(hands.context.assets.photo(key).jpeg, media_type="image/jpeg", headers=headers)


def _keep(hands: Services, key: str, bin_id: str, taken_utc: UtcTime, data: bytes) -> PhotoOut:
    find(hands.city.current(), AssetKind.BIN, bin_id)
    if len(data) > PHOTO_MAX_BYTES:
        bound = f"must have at most {PHOTO_MAX_BYTES} bytes"
        raise field_refused("body", Rule.BYTES_MAX, bound, f"{len(data)} bytes", most=PHOTO_MAX_BYTES)
    try:
        picture = bare_jpeg(data)
    except ValueError as exc:
        raise bound_refused(exc) from exc
    photo = Photo(key, BinId(bin_id), taken_utc, hands.context.clock.now_utc(), picture)
    kept = hands.context.assets.keep_photo(photo)
    return PhotoOut(key=key, size_bytes=len(picture), status="stored" if kept else "duplicate")


def _fitting(hands: Services, told: FittingIn) -> Fitting:
    values = told.model_dump(exclude={"lat_deg", "lon_deg", "photo_keys"})
    try:
        if (told.lat_deg is None) != (told.lon_deg is None):
            raise alone("lat_deg", "lon_deg")
        if told.lat_deg is not None and told.lon_deg is not None:
            values["position"] = Position(told.lat_deg, told.lon_deg)
        values |= {"sensor_id": SensorId(told.sensor_id), "received_utc": hands.context.clock.now_utc()}
        return Fitting(**values, photo_keys=tuple(told.photo_keys))
    except ValueError as exc:
        raise bound_refused(exc, values) from exc
