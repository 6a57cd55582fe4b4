"""What the office's pages offer: each act by the door behind it, so that nobody is offered a refusal."""

from collections.abc import Iterable, Mapping

from api.access import Who
from api.access.doors import Door

ACTS: Mapping[str, tuple[str, str]] = {
    "plans": ("POST", "/api/v1/plans"),
    "schedule": ("PUT", "/api/v1/schedule"),
    "requests": ("DELETE", "/api/v1/bins/{bin_id}/requests/{request_id}"),
    "alerts": ("POST", "/api/v1/alerts/actions"),
    "work": ("POST", "/api/v1/work-orders"),
    "messages": ("POST", "/api/v1/notifications/test"),
    "assets": ("POST", "/api/v1/assets/bins"),
    "tablets": ("POST", "/api/v1/tablets/pairing-codes"),
    "logins": ("POST", "/api/v1/device-logins"),
    "see-open-data": ("GET", "/api/v1/open-data/settings"),  # a part of a page that not all its readers may read
    "open-data": ("PUT", "/api/v1/open-data/settings"),
    "people": ("POST", "/api/v1/people"),
}
"""By the word that `office/may.js` asks for; one door stands for all that belong to the act."""


def acts_of(who: Who, doors: Iterable[Door]) -> list[str]:
    """Return the acts whose doors open for the one who asks."""
    open_doors = {(door.method, door.path) for door in doors if who.may_be(*door.roles)}
    return [act for act, door in ACTS.items() if door in open_doors]
