"""`/about`: version, licences and bill of materials, for those who run the service and those who check it."""

from fastapi import APIRouter, Response

from api.about.schemas import AboutOut
from api.about.view import about_out, bill_bytes
from api.access import OFFICE, Role, allow
from api.guards.strict_json import StrictRoute
from api.problems.model import problems

router = APIRouter(prefix="/about", tags=["about"], route_class=StrictRoute, dependencies=[allow(*OFFICE, Role.ADMIN)])

CYCLONEDX = "application/vnd.cyclonedx+json"
BILL = {200: {"content": {CYCLONEDX: {}}, "description": "CycloneDX 1.6."}}


@router.get("", summary="Version, licences and parts", responses=problems(401, 403))
def get_about() -> AboutOut:
    """Return the version that runs, and everything by others that is part of it, with its licence."""
    return about_out()


@router.get(
    "/sbom.cdx.json",
    summary="The bill of materials",
    response_class=Response,
    responses={**BILL, **problems(401, 403)},  # type: ignore[dict-item]
)
def get_bill() -> Response:
    """Return the bill of materials as it was shipped, for a scanner of known weaknesses."""
    name = f'attachment; filename="tomma-{about_out().version}.cdx.json"'
    return Response(bill_bytes(), media_type=CYCLONEDX, headers={"Content-Disposition": name})
