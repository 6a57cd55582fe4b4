"""Who may ask what a driver asks: checks the token a tablet shows, and whether one must be shown."""

import logging
from typing import Annotated

from fastapi import Depends, Header

from api.problems.model import NamedProblem
from api.services import Hands, Services
from api.tablets.tokens import Token, token_in
from tomma.errors import StoreUnavailableError
from tomma.tablets import Tablet

log = logging.getLogger(__name__)

SEEN_EVERY_S = 60.0
"""Of the wall. The office wants to know whether a tablet lives; more often would only wear the disk."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="tomma"'}
Authorization = Annotated[
    str, Header(description="`Bearer tt_…`, the token of a paired tablet.", include_in_schema=False)
]


def driving_tablet(hands: Hands, authorization: Authorization = "") -> Tablet | None:
    """Return the tablet that asks, if it shows a token; 401 when it may not ask."""
    token = token_in(authorization)
    if token is None:
        if hands.context.settings.server.require_paired_tablets:
            raise _refused("pairing-required", "this city answers paired tablets only; ask the office for a code")
        return None
    return _known(hands, token)


def paired_tablet(hands: Hands, authorization: Authorization = "") -> Tablet:
    """Return the tablet that asks; 401 when it shows no token, or a wrong one."""
    token = token_in(authorization)
    if token is None:
        raise _refused("pairing-required", "only a paired tablet can ask this")
    return _known(hands, token)


def _known(hands: Services, token: Token) -> Tablet:
    kept = hands.context.tablets.find(token.tablet_id)
    if kept is None or not token.opens(kept.secret_sha256):
        raise _refused("tablet-unknown", "this city does not know the tablet; pair it again")
    if kept.tablet.revoked_utc is not None:
        raise _refused("tablet-revoked", "the office has shut this tablet out; ask it for a new code")
    _note_seen(hands, kept.tablet)
    return kept.tablet


def _note_seen(hands: Services, tablet: Tablet) -> None:
    clock = hands.context.clock
    now_utc = clock.now_utc()
    if clock.real_seconds((now_utc - tablet.seen_utc).total_seconds()) < SEEN_EVERY_S:
        return
    try:
        hands.context.tablets.seen(tablet.id, now_utc)
    except StoreUnavailableError as exc:  # a driver must not wait for a note about the driver
        log.warning("tablet not noted as seen tablet=%s reason=%s", tablet.id, exc)


def _refused(kind: str, detail: str) -> NamedProblem:
    return NamedProblem(401, kind, detail, headers=CHALLENGE)


Driving = Depends(driving_tablet)
"""For routes that a driver's tablet asks."""
Paired = Annotated[Tablet, Depends(paired_tablet)]
"""For routes about the asking tablet itself."""
