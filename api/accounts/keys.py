"""Keys of programs: made with roles and an end, told once, revoked at once."""

from collections.abc import Collection
from datetime import timedelta

from api.access.journal import Event, note
from api.access.tokens import KEY, Token, new_token
from api.accounts.desk import Desk
from tomma.people import ApiKey, Role

LASTS_DAYS = 365
LASTS_MAX_DAYS = 1_095


def add(desk: Desk, name: str, roles: Collection[Role], days: int, by: str) -> tuple[ApiKey, Token]:
    """Keep a new key and return it with what the program must show, which is known this once.

    Raises:
        ValueError: When there can be no such key.
    """
    token, now_utc = new_token(KEY), desk.wall.now_utc()
    key = ApiKey(token.id, name, frozenset(roles), token.sha256, now_utc, now_utc + timedelta(days=days))
    desk.book.add_key(key)
    note(Event.KEY_ADDED, key=key.id, name=name, roles=sorted(key.roles), by=by)
    return key, token


def revoke(desk: Desk, key_id: str, by: str) -> ApiKey:
    """End the key and return it; again changes nothing. NotFoundError when there is none."""
    key = desk.book.revoke_key(key_id, desk.wall.now_utc())
    note(Event.KEY_REVOKED, key=key.id, name=key.name, by=by)
    return key
