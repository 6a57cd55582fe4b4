"""What residents and the office ask for: kept, told with what became of it, and taken back."""

from datetime import timedelta
from uuid import uuid4

from api.bins.schemas import RequestIn, RequestOut, RequestsOut
from api.bins.view import emptyings_of
from api.services import Services
from tomma.errors import ConflictError, NotFoundError, Refusal
from tomma.model import BinId
from tomma.requests import BinRequest


def ask(hands: Services, bin_id: BinId, told: RequestIn) -> RequestOut:
    """Keep a request, durably; ConflictError when its id stands for another bin."""
    if bin_id not in hands.city.current().bins:
        raise NotFoundError(f"there is no bin {bin_id}")
    now_utc = hands.context.clock.now_utc()
    request = BinRequest(told.id or str(uuid4()), bin_id, told.reason, now_utc, told.note)
    kept = hands.context.requests.ask(request)
    if (kept.bin_id, kept.reason, kept.note) != (bin_id, told.reason, told.note):
        text = f"request {request.id} was made before with other words; that one stands"
        raise ConflictError(text, Refusal.MADE_BEFORE)
    return _out(hands, kept)


def requests_of(hands: Services, bin_id: BinId) -> RequestsOut:
    """Return the bin's newest requests."""
    if bin_id not in hands.city.current().bins:
        raise NotFoundError(f"there is no bin {bin_id}")
    return RequestsOut(requests=[_out(hands, each) for each in hands.context.requests.of_bin(bin_id)])


def withdraw(hands: Services, bin_id: BinId, request_id: str) -> RequestOut:
    """Take a request back; again changes nothing."""
    known = {each.id for each in hands.context.requests.of_bin(bin_id)}
    if request_id not in known:
        raise NotFoundError(f"bin {bin_id} has no request {request_id}")
    return _out(hands, hands.context.requests.withdraw(request_id, hands.context.clock.now_utc()))


def _out(hands: Services, request: BinRequest) -> RequestOut:
    until = hands.context.clock.now_utc() + timedelta(seconds=1)
    since = [each.at_utc for each in emptyings_of(hands, request.bin_id, request.asked_utc, until)]
    fulfilled = next((at for at in since if at > request.asked_utc), None)
    state = "withdrawn" if request.withdrawn_utc else "fulfilled" if fulfilled else "standing"
    return RequestOut(
        id=request.id,
        bin_id=request.bin_id,
        source=request.source,
        reason=request.reason,
        note=request.note,
        asked_utc=request.asked_utc,
        state=state,
        withdrawn_utc=request.withdrawn_utc,
        fulfilled_utc=fulfilled,
    )
