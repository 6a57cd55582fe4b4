"""`/assets`: look through the registry, and change it a piece at a time."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Response

from api.access import OFFICE, Role, allow
from api.assets.edits import KINDS, changed, created, etag_of, hung, retired, taken_down
from api.assets.schemas import (
    BinDetailOut,
    BinIn,
    BinsOut,
    ContainerTypeIn,
    ContainerTypeOut,
    ContainerTypesOut,
    HangIn,
    KindName,
    RetiredsOut,
    SensorIn,
    SensorOut,
    SensorsOut,
    SiteIn,
    SiteOut,
    SitesOut,
    TakeDownIn,
)
from api.assets.view import (
    BIN_SORTS,
    bin_detail,
    bin_rows,
    bins_per,
    container_type_out,
    retired_out,
    sensor_out,
    site_out,
)
from api.guards.strict_json import StrictRoute
from api.problems.model import problems
from api.schema import Name
from api.services import Hands, Services
from tomma.assets import Asset, AssetKind, find
from tomma.city import City
from tomma.hangings import Hangings
from tomma.model import BinId, ContainerTypeId, SensorId, SiteId
from tomma.natural import natural_key

router = APIRouter(
    prefix="/assets", tags=["assets"], route_class=StrictRoute, dependencies=[allow(*OFFICE, Role.INSTALLER)]
)

LIMIT_MAX = 500
RETIRED_LOOKED_AT = 5_000
Query100 = Annotated[str, Query(max_length=100, description="Part of an id, a name, a make or a place.")]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
IfMatch = Annotated[str, Header(max_length=500, description="The ETag you saw.")]
OneId = Annotated[Name, Path()]
MANAGER = [allow(Role.MANAGER)]
CREATING = problems(403, 404, 409, 415, 422, 503)
CHANGING = problems(403, 404, 409, 412, 415, 422, 428, 503)
BinSort = Literal["id", "site", "area", "type", "fraction", "sensor", "since"]


@router.get("/bins", summary="The registry's bins", responses=problems(404, 503))
def list_asset_bins(
    hands: Hands,
    q: Query100 = "",
    area: Annotated[str, Query(max_length=100)] = "",
    fraction: Annotated[str, Query(max_length=100)] = "",
    sensor: Annotated[Literal["", "with", "without"], Query()] = "",
    sort: BinSort = "id",
    descending: bool = False,
    limit: Limit = 100,
    offset: Offset = 0,
) -> BinsOut:
    """Return bins with their place, their container and the sensor that hangs in them now."""
    rows, wanted = bin_rows(hands.city.current()), q.strip().casefold()
    found = [
        row
        for row in rows
        if (not area or row.area == area)
        and (not fraction or row.fraction_code == fraction)
        and (not sensor or (row.sensor_id is not None) == (sensor == "with"))
        and (
            not wanted
            or any(
                wanted in text.casefold()
                for text in (row.id, row.site_name, row.site_id, row.sensor_id or "", row.make, row.model)
            )
        )
    ]
    found.sort(key=BIN_SORTS[sort], reverse=descending)
    areas = sorted({row.area for row in rows if row.area})
    return BinsOut(total=len(found), areas=areas, bins=found[offset : offset + limit])


@router.get("/bins/{bin_id}", summary="One bin with its history", responses=problems(404, 503))
def get_asset_bin(hands: Hands, bin_id: OneId, response: Response) -> BinDetailOut:
    """Return a bin, every sensor that hung in it, what installers did there and the photos they made."""
    return _bin(hands, hands.city.current(), bin_id, response)


@router.get("/sites", summary="The registry's places", responses=problems(404, 503))
def list_asset_sites(hands: Hands, q: Query100 = "", limit: Limit = 100, offset: Offset = 0) -> SitesOut:
    """Return places by name."""
    city, wanted = hands.city.current(), q.strip().casefold()
    found = [
        each
        for each in city.sites.values()
        if not wanted or any(wanted in text.casefold() for text in (each.id, each.name, each.area))
    ]
    found.sort(key=lambda each: (natural_key(each.name), natural_key(each.id)))
    counts = bins_per(city, "site_id")
    page = [site_out(each, counts[each.id]) for each in found[offset : offset + limit]]
    return SitesOut(total=len(found), sites=page)


@router.get("/sites/{site_id}", summary="One place", responses=problems(404, 503))
def get_asset_site(hands: Hands, site_id: OneId, response: Response) -> SiteOut:
    """Return a place with its ETag."""
    return _site(hands.city.current(), site_id, response)


@router.get("/container-types", summary="The container types", responses=problems(404, 503))
def list_asset_container_types(hands: Hands) -> ContainerTypesOut:
    """Return every kind of container."""
    city = hands.city.current()
    counts = bins_per(city, "container_type_id")
    found = [container_type_out(each, counts[each.id]) for each in city.container_types.values()]
    return ContainerTypesOut(total=len(found), container_types=found)


@router.get("/container-types/{type_id}", summary="One container type", responses=problems(404, 503))
def get_asset_container_type(hands: Hands, type_id: OneId, response: Response) -> ContainerTypeOut:
    """Return a kind of container with its ETag."""
    return _container_type(hands.city.current(), type_id, response)


@router.get("/sensors", summary="The registry's devices", responses=problems(404, 503))
def list_asset_sensors(hands: Hands, q: Query100 = "", limit: Limit = 100, offset: Offset = 0) -> SensorsOut:
    """Return devices by id; how they are is told by `/sensors`."""
    city, wanted = hands.city.current(), q.strip().casefold()
    hangings = Hangings(city.installations)
    found = [
        each
        for each in city.sensors.values()
        if not wanted or any(wanted in text.casefold() for text in (each.id, each.make, each.model))
    ]
    page = [sensor_out(each, hangings.of_sensor(each.id)) for each in found[offset : offset + limit]]
    return SensorsOut(total=len(found), sensors=page)


@router.get("/sensors/{sensor_id}", summary="One device", responses=problems(404, 503))
def get_asset_sensor(hands: Hands, sensor_id: OneId, response: Response) -> SensorOut:
    """Return a device with its ETag."""
    return _sensor(hands.city.current(), sensor_id, response)


@router.get("/retired", summary="What went out of use", responses=problems(503))
def list_retired(hands: Hands, limit: Limit = 100) -> RetiredsOut:
    """Return it as it was, the newest first."""
    return RetiredsOut(retired=[retired_out(each) for each in hands.context.assets.retired(limit)])


@router.post("/sites", status_code=201, summary="Add a place", responses=CREATING, dependencies=MANAGER)
def create_site(hands: Hands, told: SiteIn, response: Response) -> SiteOut:
    """Add a place; it needs id, name, lat_deg and lon_deg."""
    city = hands.context.assets.edit(lambda city: created(city, AssetKind.SITE, told))
    return _site(city, str(told.id), response)


@router.patch("/sites/{site_id}", summary="Change a place", responses=CHANGING, dependencies=MANAGER)
def change_site(hands: Hands, site_id: OneId, told: SiteIn, response: Response, if_match: IfMatch = "") -> SiteOut:
    """Change what the body names, if nobody else changed the place since you saw it."""
    city = hands.context.assets.edit(lambda city: changed(city, AssetKind.SITE, site_id, told, if_match))
    return _site(city, site_id, response)


@router.post("/bins", status_code=201, summary="Add a bin", responses=CREATING, dependencies=MANAGER)
def create_bin(hands: Hands, told: BinIn, response: Response) -> BinDetailOut:
    """Add a bin; it needs id, site_id, container_type_id and fraction_code."""
    city = hands.context.assets.edit(lambda city: created(city, AssetKind.BIN, told))
    return _bin(hands, city, str(told.id), response)


@router.patch("/bins/{bin_id}", summary="Change a bin", responses=CHANGING, dependencies=MANAGER)
def change_bin(hands: Hands, bin_id: OneId, told: BinIn, response: Response, if_match: IfMatch = "") -> BinDetailOut:
    """Change what the body names, if nobody else changed the bin since you saw it."""
    city = hands.context.assets.edit(lambda city: changed(city, AssetKind.BIN, bin_id, told, if_match))
    return _bin(hands, city, bin_id, response)


@router.post(
    "/container-types", status_code=201, summary="Add a container type", responses=CREATING, dependencies=MANAGER
)
def create_container_type(hands: Hands, told: ContainerTypeIn, response: Response) -> ContainerTypeOut:
    """Add a kind of container; it needs id, name, volume_l, empty_mm, full_mm and max_kg."""
    city = hands.context.assets.edit(lambda city: created(city, AssetKind.CONTAINER_TYPE, told))
    return _container_type(city, str(told.id), response)


@router.patch("/container-types/{type_id}", summary="Change a container type", responses=CHANGING, dependencies=MANAGER)
def change_container_type(
    hands: Hands, type_id: OneId, told: ContainerTypeIn, response: Response, if_match: IfMatch = ""
) -> ContainerTypeOut:
    """Change what the body names; levels already stored stay as they were reckoned."""
    city = hands.context.assets.edit(lambda city: changed(city, AssetKind.CONTAINER_TYPE, type_id, told, if_match))
    return _container_type(city, type_id, response)


@router.post("/sensors", status_code=201, summary="Add a device", responses=CREATING, dependencies=MANAGER)
def create_sensor(hands: Hands, told: SensorIn, response: Response) -> SensorOut:
    """Add a device that hangs nowhere yet."""
    city = hands.context.assets.edit(lambda city: created(city, AssetKind.SENSOR, told))
    return _sensor(city, str(told.id), response)


@router.patch("/sensors/{sensor_id}", summary="Change a device", responses=CHANGING, dependencies=MANAGER)
def change_sensor(
    hands: Hands, sensor_id: OneId, told: SensorIn, response: Response, if_match: IfMatch = ""
) -> SensorOut:
    """Change what the body names, if nobody else changed the device since you saw it."""
    city = hands.context.assets.edit(lambda city: changed(city, AssetKind.SENSOR, sensor_id, told, if_match))
    return _sensor(city, sensor_id, response)


@router.delete("/{kind}/{asset_id}", status_code=204, summary="Retire it", responses=CHANGING, dependencies=MANAGER)
def retire_asset(hands: Hands, kind: KindName, asset_id: OneId, if_match: IfMatch = "") -> Response:
    """Take it out of use. Readings, plans and the record of what hung where stay; `/assets/retired` shows it."""
    now_utc = hands.context.clock.now_utc()
    hands.context.assets.edit(lambda city: retired(city, KINDS[kind], asset_id, if_match, now_utc))
    return Response(status_code=204)


@router.post("/bins/{bin_id}/hang", summary="Hang or swap a sensor", responses=CREATING, dependencies=MANAGER)
def hang_sensor(hands: Hands, bin_id: OneId, told: HangIn, response: Response) -> BinDetailOut:
    """Hang a sensor there from a time on; what hung there, and where this sensor hung, ends at that time."""
    now_utc = hands.context.clock.now_utc()
    city = hands.context.assets.edit(lambda city: hung(city, bin_id, told, now_utc))
    return _bin(hands, city, bin_id, response)


@router.post("/bins/{bin_id}/take-down", summary="Take a sensor down", responses=CREATING, dependencies=MANAGER)
def take_down_sensor(hands: Hands, bin_id: OneId, told: TakeDownIn, response: Response) -> BinDetailOut:
    """End the sensor's installation in this bin."""
    at_utc = told.at_utc or hands.context.clock.now_utc()
    city = hands.context.assets.edit(lambda city: taken_down(city, bin_id, told.sensor_id, at_utc))
    return _bin(hands, city, bin_id, response)


def _bin(hands: Services, city: City, bin_id: str, response: Response) -> BinDetailOut:
    each, assets = find(city, AssetKind.BIN, bin_id), hands.context.assets
    _mark(response, each)
    own = BinId(bin_id)
    return bin_detail(city, each, assets.retired(RETIRED_LOOKED_AT), assets.fittings(own), assets.photos_of(own))


def _site(city: City, site_id: str, response: Response) -> SiteOut:
    each = find(city, AssetKind.SITE, site_id)
    _mark(response, each)
    return site_out(each, bins_per(city, "site_id")[SiteId(site_id)])


def _container_type(city: City, type_id: str, response: Response) -> ContainerTypeOut:
    each = find(city, AssetKind.CONTAINER_TYPE, type_id)
    _mark(response, each)
    return container_type_out(each, bins_per(city, "container_type_id")[ContainerTypeId(type_id)])


def _sensor(city: City, sensor_id: str, response: Response) -> SensorOut:
    each = find(city, AssetKind.SENSOR, sensor_id)
    _mark(response, each)
    return sensor_out(each, Hangings(city.installations).of_sensor(SensorId(sensor_id)))


def _mark(response: Response, value: Asset) -> None:
    response.headers["ETag"] = etag_of(value)
