"""`/tablets`: codes out, tokens for codes, and who has one."""

import io
from typing import Annotated

import segno
from fastapi import APIRouter, Body, Path, Request

from api.access import EVERYBODY, OFFICE, Role, allow
from api.access.journal import Event, note
from api.guards.strict_json import StrictRoute
from api.problems.model import field_refused, problems
from api.schema import Name
from api.services import Hands
from api.tablets.guard import Paired
from api.tablets.schemas import PairedOut, PairingCodeIn, PairingCodeOut, PairingIn, TabletOut, TabletsOut
from tomma.bounds import Rule
from tomma.model import VehicleId
from tomma.tablets import Tablet

router = APIRouter(prefix="/tablets", tags=["tablets"], route_class=StrictRoute)

TabletPath = Annotated[Name, Path(description="The tablet's id.", examples=["9f2c41d07ab3"])]
QR_QUIET_MODULES = 4
"""The white frame that readers need (ISO/IEC 18004)."""


@router.post(
    "/pairing-codes",
    status_code=201,
    summary="A code that lets one tablet in",
    dependencies=[allow(Role.MANAGER, Role.ADMIN)],
    responses=problems(403, 415, 503),
)
def create_pairing_code(
    hands: Hands, request: Request, told: Annotated[PairingCodeIn | None, Body()] = None
) -> PairingCodeOut:
    """Return six digits and their QR code: good once, for ten minutes. At most five are open at a time."""
    truck = VehicleId(told.vehicle_id) if told and told.vehicle_id else None
    if truck is not None and truck not in hands.city.current().vehicles:
        raise field_refused("vehicle_id", Rule.KNOWN, "must be a truck of this city", truck)
    digits, code = hands.codes.new(truck)
    home = hands.context.settings.server.public_url or str(request.base_url)
    address = f"{home.rstrip('/')}/driver#pair={digits}"
    return PairingCodeOut(code=digits, expires_utc=code.expires_utc, address=address, qr_svg=_qr_svg(address))


@router.post(
    "",
    status_code=201,
    summary="Pair this tablet",
    dependencies=[allow(*EVERYBODY)],  # the code in its body is what it shows
    responses=problems(400, 403, 413, 415, 429, 503),
)
def pair_tablet(hands: Hands, told: PairingIn) -> PairedOut:
    """Take a code and return the tablet's token, told this once.

    A code that is wrong, used or too old is refused with 403; twenty of those in ten minutes, over all, and every
    code is refused with 429 until the first of them is ten minutes ago.
    """
    tablet, token = hands.codes.redeem(told.code, told.name)
    note(Event.TABLET_PAIRED, tablet=tablet.id, by=f"tablet:{tablet.id}")
    return PairedOut(tablet_id=tablet.id, name=tablet.name, token=token.text)


@router.get(
    "",
    summary="The tablets that were let in",
    dependencies=[allow(*OFFICE, Role.ADMIN)],
    responses=problems(503),
)
def list_tablets(hands: Hands) -> TabletsOut:
    """Return every tablet, the one seen last first; revoked ones at the end."""
    required = hands.context.settings.server.require_paired_tablets
    return TabletsOut(required=required, tablets=[_out(each) for each in hands.context.tablets.all()])


@router.post(
    "/me/sign-out",
    summary="Sign this tablet out",
    dependencies=[allow(Role.DRIVER)],
    responses=problems(401, 403, 415, 503),
)
def sign_out_tablet(hands: Hands, tablet: Paired) -> TabletOut:
    """End the asking tablet's token. It must have sent what it kept: afterwards nothing is taken from it."""
    return _out(hands.context.tablets.revoke(tablet.id, hands.context.clock.now_utc()))


@router.delete(
    "/{tablet_id}",
    summary="Shut a tablet out",
    dependencies=[allow(Role.MANAGER, Role.ADMIN)],
    responses=problems(403, 404, 503),
)
def revoke_tablet(hands: Hands, tablet_id: TabletPath) -> TabletOut:
    """End the tablet's token: at its next contact it forgets everything. Again changes nothing."""
    return _out(hands.context.tablets.revoke(tablet_id, hands.context.clock.now_utc()))


def _qr_svg(text: str) -> str:
    drawn = io.BytesIO()
    code = segno.make_qr(text, error="m")
    code.save(drawn, kind="svg", border=QR_QUIET_MODULES, dark="#000", light="#fff", omitsize=True, xmldecl=False)
    return drawn.getvalue().decode()


def _out(tablet: Tablet) -> TabletOut:
    return TabletOut(
        tablet_id=tablet.id,
        name=tablet.name,
        paired_utc=tablet.paired_utc,
        seen_utc=tablet.seen_utc,
        revoked_utc=tablet.revoked_utc,
    )
