"""`POST /uplinks/{network}`: the door that network servers push to."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from api.access import Role, allow
from api.problems.model import NamedProblem, field_refused, problems
from api.services import Hands
from api.uplinks.door import NETWORKS
from tomma.bounds import Rule
from tomma.errors import NotFoundError, Refusal, StoreUnavailableError

AGAIN_AFTER_S = 5
DEVICE = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
ANY_BODY = {
    "requestBody": {
        "required": True,
        "description": "What the network server or the device sends, as it is.",
        "content": {
            "application/json": {"schema": {}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}
router = APIRouter(prefix="/uplinks", tags=["sensors"], dependencies=[allow(Role.SENSOR)])


@router.post(
    "/{network}",
    status_code=204,
    summary="Hand in what a sensor sent",
    openapi_extra=ANY_BODY,
    responses=problems(401, 403, 404, 413, 415, 422, 503),
)
async def post_uplink(
    request: Request,
    hands: Hands,
    network: Annotated[
        str, Path(max_length=40, description="Whose form the message has, such as `tts_v3`; `auto` looks.")
    ],
    device: Annotated[
        str,
        Query(
            max_length=100, pattern=rf"{DEVICE}|^$", description="Which device sent it, where the body does not say."
        ),
    ] = "",
) -> Response:
    """Answer 204 once the message is durable, and not before: as a reading, or as a dead letter with its reason.

    With any other answer nothing is promised: send it again. A message that came before is stored once.
    """
    if network not in NETWORKS:
        raise NotFoundError(f"there is no network {network!r}; there are {', '.join(sorted(NETWORKS))}")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise HTTPException(415, "the body must not be compressed")
    payload = await request.body()
    if not payload:
        raise field_refused("body", Rule.GIVEN, "must hold a message")
    try:
        promised = hands.uplinks.hand_in(network, device, payload)
        await asyncio.wait_for(asyncio.wrap_future(promised), hands.context.pace.stored_within_s)
    except (StoreUnavailableError, TimeoutError) as exc:
        why = str(exc) or "it could not be stored in time"
        headers = {"Retry-After": str(AGAIN_AFTER_S)}
        raise NamedProblem(503, Refusal.SERVICE_UNAVAILABLE, f"{why}; send it again", headers=headers) from exc
    return Response(status_code=204)
