"""The catalogue that data portals harvest: DCAT-AP 3 with what its Swedish profile recommends, as JSON-LD."""

from collections.abc import Sequence
from typing import Any

import msgspec

from api.opendata.files import GEOJSON
from api.opendata.ngsi import LD
from api.opendata.picture import Picture
from api.opendata.window import LICENCES, File

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "geo": "http://www.opengis.net/ont/geosparql#",
}
EU = "http://publications.europa.eu/resource/authority"
MEDIA = "http://www.iana.org/assignments/media-types"
MODEL = "https://smart-data-models.github.io/dataModel.WasteManagement/WasteContainer/schema.json"

type Node = dict[str, Any]


def catalogue(picture: Picture, base: str, publisher: str) -> File:
    """Return the catalogue with its one dataset.

    Args:
        picture: What is open.
        base: The address under which the open doors lie.
        publisher: Who answers for it: the organisation's own address, or one of ours for it.
    """
    agent = {
        "@id": publisher,
        "@type": "foaf:Agent",
        "foaf:name": picture.city_name,
        "dcterms:type": _ref("http://purl.org/adms/publishertype/LocalAuthority"),
    }
    document = {
        "@context": CONTEXT,
        "@id": f"{base}/catalogue.jsonld",
        "@type": "dcat:Catalog",
        "dcterms:title": _words(f"Öppna data från {picture.city_name}", f"Open data of {picture.city_name}"),
        "dcterms:description": _words("Kommunens insamling av avfall.", "The municipality's waste collection."),
        "dcterms:publisher": agent,
        "dcterms:license": _ref(LICENCES[picture.opened.licence]),
        "dcterms:language": [_ref(f"{EU}/language/SWE"), _ref(f"{EU}/language/ENG")],
        "dcat:dataset": _dataset(picture, base, publisher),
    }
    return File(LD, msgspec.json.encode(document))


def _dataset(picture: Picture, base: str, publisher: str) -> Node:
    shows_fill = picture.as_of_utc is not None
    more: Node = {}
    if picture.opened.contact_email:
        email = _ref(f"mailto:{picture.opened.contact_email}")
        more["dcat:contactPoint"] = {
            "@id": f"{base}#contact", "@type": "vcard:Organization", "vcard:fn": picture.city_name,
            "vcard:hasEmail": email,
        }  # fmt: skip
    if picture.bins:
        more["dcterms:spatial"] = {"@type": "dcterms:Location", "dcat:bbox": _bounds(picture)}
    return {
        "@id": f"{base}#bins",
        "@type": "dcat:Dataset",
        "dcterms:identifier": f"{base}#bins",
        "dcterms:title": _words("Avfallskärl och återvinningsplatser", "Waste bins and recycling points"),
        "dcterms:description": _words(*_description(picture)),
        "dcterms:publisher": _ref(publisher),
        "dcat:theme": _ref(f"{EU}/data-theme/ENVI"),
        "dcat:keyword": _words(["avfall", "återvinning", "soptunnor"], ["waste", "recycling", "bins"]),
        "dcterms:accessRights": _ref(f"{EU}/access-right/PUBLIC"),
        "dcterms:accrualPeriodicity": _ref(f"{EU}/frequency/{'HOURLY' if shows_fill else 'IRREG'}"),
        "dcat:distribution": _distributions(picture, base),
        **more,
    }


def _description(picture: Picture) -> tuple[str, str]:
    swedish = "Var kärlen står, vad de tar emot och hur stora de är."
    english = "Where the bins stand, what they take and how large they are."
    if picture.as_of_utc is None:
        return swedish, english
    hours = picture.opened.delay_h
    return (
        f"{swedish} Hur fulla de var, i steg, vid den hela timme som var för minst {hours} h sedan.",
        f"{english} How full they were, in steps, at the full hour at least {hours} h ago.",
    )


def _distributions(picture: Picture, base: str) -> Sequence[Node]:
    licence = _ref(LICENCES[picture.opened.licence])
    files = (
        ("geojson", "GeoJSON", f"{base}/bins.geojson", "GEOJSON", GEOJSON),
        ("csv", "CSV", f"{base}/bins.csv", "CSV", "text/csv"),
    )
    served = f"{base}/ngsi-ld/v1/entities?type=WasteContainer&options=keyValues"
    service: Node = {
        "@id": f"{base}#ngsi-ld",
        "@type": "dcat:DataService",
        "dcterms:title": _words("NGSI-LD", "NGSI-LD"),
        "dcat:endpointURL": _ref(base),
        "dcat:servesDataset": _ref(f"{base}#bins"),
        "dcterms:conformsTo": _ref(MODEL),
        "dcterms:license": licence,
        "dcterms:accessRights": _ref(f"{EU}/access-right/PUBLIC"),
    }
    plain = [_distribution(base, *each, licence) for each in files]
    return [*plain, {**_distribution(base, "entities", "NGSI-LD", served, "JSON_LD", LD, licence),
                     "dcat:accessService": service, "dcterms:conformsTo": _ref(MODEL)}]  # fmt: skip


def _distribution(base: str, name: str, title: str, address: str, kind: str, media: str, licence: Node) -> Node:
    return {
        "@id": f"{base}#{name}",
        "@type": "dcat:Distribution",
        "dcterms:title": _words(title, title),
        "dcat:accessURL": _ref(address),
        "dcat:downloadURL": _ref(address),
        "dcterms:format": _ref(f"{EU}/file-type/{kind}"),
        "dcat:mediaType": _ref(f"{MEDIA}/{media}"),
        "dcterms:license": licence,
    }


def _bounds(picture: Picture) -> Node:
    lats = [each.position.lat_deg for each in picture.bins]
    lons = [each.position.lon_deg for each in picture.bins]
    west, south, east, north = min(lons), min(lats), max(lons), max(lats)
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    shape = ", ".join(f"{lon_deg} {lat_deg}" for lon_deg, lat_deg in ring)
    return {"@type": "geo:wktLiteral", "@value": f"POLYGON(({shape}))"}


def _ref(address: str) -> Node:
    return {"@id": address}


def _words(swedish: str | Sequence[str], english: str | Sequence[str]) -> Sequence[Node]:
    def each(language: str, texts: str | Sequence[str]) -> Sequence[Node]:
        return [{"@language": language, "@value": text} for text in ([texts] if isinstance(texts, str) else texts)]

    return [*each("sv", swedish), *each("en", english)]
