"""`/keys`: what programs come in with, for admins; auditors see which there are."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.access import Asking, Role, allow
from api.accounts import keys
from api.accounts.schemas import KeyIn, KeyMadeOut, KeyOut, KeysOut
from api.accounts.view import key_out
from api.guards.strict_json import StrictRoute
from api.problems.model import bound_refused, problems
from api.schema import Name
from api.services import Hands

router = APIRouter(prefix="/keys", tags=["accounts"], route_class=StrictRoute)

KeyPath = Annotated[Name, Path(description="The key's id: the middle part of what the program shows.")]


@router.get(
    "", summary="The programs' keys", dependencies=[allow(Role.ADMIN, Role.AUDITOR)], responses=problems(401, 403, 503)
)
def list_keys(hands: Hands) -> KeysOut:
    """Return every key by name, ended ones too; never what opens with it."""
    desk = hands.accounts
    return KeysOut(keys=[key_out(each, desk.wall.now_utc()) for each in desk.book.all_keys()])


@router.post(
    "",
    status_code=201,
    summary="Let a program in",
    dependencies=[allow(Role.ADMIN)],  # which no key can be: a key makes no keys
    responses=problems(400, 401, 403, 413, 415, 503),
)
def add_key(hands: Hands, told: KeyIn, who: Asking) -> KeyMadeOut:
    """Make a key and return what the program must show, told this once and kept as a digest."""
    desk = hands.accounts
    try:
        key, token = keys.add(desk, told.name, told.roles, told.days, who.name)
    except ValueError as exc:
        raise bound_refused(exc, {"name": told.name}) from exc
    return KeyMadeOut(key=key_out(key, desk.wall.now_utc()), token=token.text)


@router.delete(
    "/{key_id}", summary="Shut a program out", dependencies=[allow(Role.ADMIN)], responses=problems(401, 403, 404, 503)
)
def revoke_key(hands: Hands, key_id: KeyPath, who: Asking) -> KeyOut:
    """End the key at once; again changes nothing."""
    desk = hands.accounts
    return key_out(keys.revoke(desk, key_id, who.name), desk.wall.now_utc())
