"""The opened bins and places as NGSI-LD entities of the Smart Data Models WasteContainer and WasteContainerIsle.

Model: https://github.com/smart-data-models/dataModel.WasteManagement (0.3.0); API: ETSI GS CIM 009, its reading part.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from api.opendata.picture import OpenBin, Picture
from api.opendata.window import File

CONTEXT = (
    "https://raw.githubusercontent.com/smart-data-models/dataModel.WasteManagement/master/context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld",
)
LD, JSON = "application/ld+json", "application/json"
LITRE = "LTR"
"""UN/CEFACT's code of the unit."""
KINDS: Mapping[str, str] = {
    "biowaste": "organic", "food": "organic", "organic": "organic", "garden": "organic", "paper": "paper",
    "cardboard": "paper", "newspaper": "paper", "glass": "glass", "clear_glass": "glass", "coloured_glass": "glass",
    "plastic": "plastic", "metal": "metal", "batteries": "batteries", "electronics": "electronics",
    "hazardous": "hazardous", "oil": "oil",
}  # fmt: skip
"""The model's kinds by our streams; every other stream is its `other`."""

type EntityType = Literal["WasteContainer", "WasteContainerIsle"]
type Entity = dict[str, Any]


def entities(
    picture: Picture, kind: EntityType, *, offset: int, limit: int, key_values: bool, with_context: bool
) -> File:
    """Return a page of entities of one kind, normalised or as key-values.

    Args:
        picture: What is open.
        kind: Containers, or the places they stand at.
        offset: How many to pass over.
        limit: How many at most.
        key_values: Values alone, without the kind of each attribute.
        with_context: Whether each entity names its context (JSON-LD); else a `Link` header does (JSON).
    """
    everything = _containers(picture) if kind == "WasteContainer" else _isles(picture)
    page = everything[offset : offset + limit]
    shown = [_simple(each) for each in page] if key_values else page
    if with_context:
        shown = [{**each, "@context": CONTEXT} for each in shown]
    link = f'<{CONTEXT[0]}>; rel="http://www.w3.org/ns/json-ld#context"; type="{LD}"'
    return File(LD if with_context else JSON, msgspec.json.encode(shown), () if with_context else (link,))


def _containers(picture: Picture) -> Sequence[Entity]:
    return [_container(picture, each) for each in picture.bins]


def _container(picture: Picture, own: OpenBin) -> Entity:
    entity = _place(picture, "WasteContainer", own.id, own)
    entity["storedWasteKind"] = _property(KINDS.get(own.fraction, "other"))
    entity["binCapacity"] = {**_property(own.volume_l), "unitCode": LITRE}
    entity["refWasteContainerIsle"] = _relationship(_urn(picture, "WasteContainerIsle", own.site_id))
    if own.is_underground:
        entity["category"] = _property(["underground"])
    if own.level is not None:
        hour = f"{own.level.hour_utc:%Y-%m-%dT%H:00:00Z}"
        entity["fillingLevel"] = {**_property(own.level.middle_fraction), "observedAt": hour}
        entity["binLoggedTime"] = _property(hour)
    return entity


def _isles(picture: Picture) -> Sequence[Entity]:
    by_site: dict[str, list[OpenBin]] = {}
    for each in picture.bins:
        by_site.setdefault(each.site_id, []).append(each)
    return [_isle(picture, site_id, own) for site_id, own in sorted(by_site.items())]


def _isle(picture: Picture, site_id: str, own: Sequence[OpenBin]) -> Entity:
    entity = _place(picture, "WasteContainerIsle", site_id, own[0])
    entity["refWasteContainer"] = _relationship([_urn(picture, "WasteContainer", each.id) for each in own])
    return entity


def _place(picture: Picture, kind: EntityType, own_id: str, at: OpenBin) -> Entity:
    where = {"type": "Point", "coordinates": [at.position.lon_deg, at.position.lat_deg]}
    entity: Entity = {"id": _urn(picture, kind, own_id), "type": kind}
    entity["location"] = {"type": "GeoProperty", "value": where}
    entity["dataProvider"] = _property(picture.city_name)
    if at.area:
        entity["areaServed"] = _property(at.area)
    if at.place:
        entity["name"] = _property(at.place)
    return entity


def _urn(picture: Picture, kind: EntityType, own_id: str) -> str:
    return f"urn:ngsi-ld:{kind}:{quote(picture.organisation_id, safe='')}:{quote(own_id, safe='')}"


def _property(value: object) -> dict[str, Any]:
    return {"type": "Property", "value": value}


def _relationship(to: str | Sequence[str]) -> dict[str, Any]:
    return {"type": "Relationship", "object": to}


def _simple(entity: Entity) -> Entity:
    return {name: _bare(value) for name, value in entity.items()}


def _bare(value: Any) -> Any:
    return value.get("value", value.get("object")) if isinstance(value, dict) else value
