"""Who may ask what a driver asks: a paired tablet, or a signed-in person where the city takes those, too."""

from typing import Annotated

from fastapi import Depends, Request, Response

from api.access import Asking
from api.access.gate import CHALLENGE, STREAM_PATH
from api.access.home import Home
from api.access.tokens import TABLET, token_in
from api.problems.model import NamedProblem
from api.services import Hands
from tomma.errors import Refusal
from tomma.tablets import Tablet


def driving_tablet(hands: Hands, who: Asking) -> Tablet | None:
    """Return the tablet that asks, if it is one; 401 when only tablets may ask and this is none."""
    if who.tablet is None and hands.context.settings.server.require_paired_tablets:
        raise _refused("this city answers paired tablets only; ask the office for a code")
    return who.tablet


def paired_tablet(who: Asking) -> Tablet:
    """Return the tablet that asks; 401 when it is none."""
    if who.tablet is None:
        raise _refused("only a paired tablet can ask this")
    return who.tablet


def give_stream(request: Request, response: Response, home: Home) -> None:
    """Let a tablet's browser be known at the event stream, where it cannot send its token."""
    token = token_in(request.headers.get("authorization", ""))
    if token is None or token.mark != TABLET:
        return
    response.set_cookie(
        home.stream_cookie, token.text, secure=home.is_secure, httponly=True, samesite="strict", path=STREAM_PATH
    )


def _refused(detail: str) -> NamedProblem:
    return NamedProblem(401, Refusal.PAIRING_REQUIRED, detail, headers=CHALLENGE)


Driving = Depends(driving_tablet)
"""For routes that a driver's tablet asks."""
Paired = Annotated[Tablet, Depends(paired_tablet)]
"""For routes about the asking tablet itself."""
