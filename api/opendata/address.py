"""Under which address strangers find the open doors."""

from fastapi import Request

from api.services import Services

ROOT = "/api/v1/open-data"
FILES = ("catalogue.jsonld", "bins.geojson", "bins.csv", "ngsi-ld/v1/entities?type=WasteContainer")


def base_of(request: Request, hands: Services) -> str:
    """Return the public address if one is set, else the one that was asked."""
    public = hands.context.settings.server.public_url
    return f"{public.rstrip('/') or str(request.base_url).rstrip('/')}{ROOT}"
