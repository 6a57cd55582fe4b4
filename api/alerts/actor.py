"""Who acts: written beside an action on an alert or a work order."""

from fastapi import Request

OFFICE_ACTOR = "office"
"""As long as nobody signs in, everybody at the desk is the office."""


def actor_of(request: Request) -> str:  # noqa: ARG001  (who has signed in will be told by it)
    """Return the name to write down."""
    return OFFICE_ACTOR
