"""The opened bins as GeoJSON (RFC 7946) and as a table."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from api.csv_answer import csv_text
from api.opendata.picture import OpenBin, Picture
from api.opendata.window import LICENCES, File

GEOJSON = "application/geo+json"
COLUMNS = (
    "bin_id", "site_id", "fraction", "fraction_sv", "fraction_en", "volume_l", "underground", "lat_deg", "lon_deg",
    "area", "place", "fill_from_fraction", "fill_to_fraction", "measured_hour_utc",
)  # fmt: skip


def page_of(picture: Picture, after: str, limit: int) -> tuple[Sequence[OpenBin], str]:
    """Return the bins that follow the one named, at most `limit`, and the last one's id when there are more."""
    rest = [each for each in picture.bins if each.id > after]
    page = rest[:limit]
    return page, page[-1].id if len(rest) > limit else ""


def geojson(picture: Picture, here: str, after: str, limit: int) -> File:
    """Return a page of places as a feature collection; the next page is told as OGC API Features tells it."""
    page, last = page_of(picture, after, limit)
    following = _following(here, last, limit)
    document = {
        "type": "FeatureCollection",
        "license": LICENCES[picture.opened.licence],
        "attribution": picture.city_name,
        "numberMatched": len(picture.bins),
        "numberReturned": len(page),
        "links": [{"rel": "next", "type": GEOJSON, "href": each} for each in following],
        **({"timeStamp": picture.as_of_utc} if picture.as_of_utc else {}),
        "features": [_feature(each) for each in page],
    }
    return File(GEOJSON, msgspec.json.encode(document), _links(following))


def table(picture: Picture, here: str, after: str, limit: int) -> File:
    """Return a page of bins as CSV; a text that a spreadsheet would take for a formula is quoted."""
    page, last = page_of(picture, after, limit)
    body = csv_text(COLUMNS, (_row(each) for each in page))
    return File("text/csv; charset=utf-8", body, _links(_following(here, last, limit)), "bins.csv")


def _feature(own: OpenBin) -> dict[str, Any]:
    properties = dict(zip(COLUMNS, _row(own), strict=True))
    del properties["lat_deg"], properties["lon_deg"]
    return {
        "type": "Feature",
        "id": own.id,
        "geometry": {"type": "Point", "coordinates": [own.position.lon_deg, own.position.lat_deg]},
        "properties": properties,
    }


def _row(own: OpenBin) -> Sequence[object]:
    level = own.level
    return (
        own.id, own.site_id, own.fraction, own.fraction_sv, own.fraction_en, own.volume_l, own.is_underground,
        own.position.lat_deg, own.position.lon_deg, own.area, own.place,
        level.from_fraction if level else None, level.to_fraction if level else None,
        f"{level.hour_utc:%Y-%m-%dT%H:00:00Z}" if level else None,
    )  # fmt: skip


def _following(here: str, last: str, limit: int) -> tuple[str, ...]:
    return (f"{here}?{urlencode({'after': last, 'limit': limit})}",) if last else ()


def _links(following: Sequence[str]) -> tuple[str, ...]:
    return tuple(f'<{each}>; rel="next"' for each in following)
