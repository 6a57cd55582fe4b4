"""Who acts: written beside an action on an alert or a work order."""

from fastapi import Request

from api.access.rules import who_asks
from tomma.people import Role

DRIVER, OFFICE_ACTOR = "driver", "office"


def actor_of(request: Request) -> str:
    """Return the name to write down: an account or a key; of a driver the role only, never the person."""
    who = who_asks(request)
    if who.tablet is not None or (who.may_be(Role.DRIVER) and not who.may_be(Role.MANAGER)):
        return DRIVER
    return who.name.removeprefix("person:") or OFFICE_ACTOR
