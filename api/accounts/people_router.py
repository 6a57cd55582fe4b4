"""`/people`: who has an account, for admins; auditors read it."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from api.access import Asking, Role, allow
from api.accounts import staff
from api.accounts.schemas import EndedOut, LinkedOut, PeopleOut, PersonChangeIn, PersonIn, PersonOut, ResetIn
from api.accounts.view import person_out
from api.guards.strict_json import StrictRoute
from api.problems.model import problems
from api.schema import Name
from api.services import Hands, Services
from tomma.people import KeptPerson, OneTimeLink

router = APIRouter(prefix="/people", tags=["accounts"], route_class=StrictRoute)

PersonPath = Annotated[Name, Path(description="The person's id.")]
ADMIN = [allow(Role.ADMIN)]
TAKES = problems(400, 401, 403, 409, 413, 415, 503)


@router.get(
    "", summary="Who has an account", dependencies=[allow(Role.ADMIN, Role.AUDITOR)], responses=problems(401, 403, 503)
)
def list_people(hands: Hands) -> PeopleOut:
    """Return everybody, disabled ones too: what they did goes on having a name."""
    return PeopleOut(people=[person_out(hands.accounts, each) for each in hands.accounts.people.all()])


@router.post("", status_code=201, summary="Let somebody in", dependencies=ADMIN, responses=TAKES)
def add_person(hands: Hands, told: PersonIn, who: Asking, request: Request) -> LinkedOut:
    """Make an account and return a one-time link, good for three days, by which the person sets a password."""
    wanted = staff.Wanted(roles=told.roles, areas=told.areas, vehicle_ids=told.vehicle_ids)
    return _linked(hands, request, *staff.add(hands.accounts, told.login, told.name, wanted, who.name))


@router.patch("/{person_id}", summary="Change somebody", dependencies=ADMIN, responses={**TAKES, **problems(404)})
def change_person(hands: Hands, person_id: PersonPath, told: PersonChangeIn, who: Asking) -> PersonOut:
    """Change name, roles, areas or trucks, or disable the account; with other rights every session ends at once."""
    wanted = staff.Wanted(told.name, told.roles, told.areas, told.vehicle_ids, told.disabled)
    return person_out(hands.accounts, staff.change(hands.accounts, person_id, wanted, who.name))


@router.post(
    "/{person_id}/reset", summary="A new password by link", dependencies=ADMIN, responses={**TAKES, **problems(404)}
)
def reset_person(hands: Hands, person_id: PersonPath, told: ResetIn, who: Asking, request: Request) -> LinkedOut:
    """End the person's sessions and return a one-time link, good for a day, to a new password."""
    reset = staff.reset(hands.accounts, person_id, who.name, second_factor=told.second_factor)
    return _linked(hands, request, *reset)


@router.delete(
    "/{person_id}/sessions",
    summary="Sign somebody out",
    dependencies=ADMIN,
    responses=problems(401, 403, 404, 503),
)
def end_sessions(hands: Hands, person_id: PersonPath, who: Asking) -> EndedOut:
    """End every session of the person."""
    return EndedOut(sessions=staff.end_sessions(hands.accounts, person_id, who.name))


def _linked(hands: Services, request: Request, kept: KeptPerson, secret: str, link: OneTimeLink) -> LinkedOut:
    home = hands.context.settings.server.public_url or str(request.base_url)
    address = f"{home.rstrip('/')}/login#link={secret}"
    return LinkedOut(person=person_out(hands.accounts, kept), link=address, expires_utc=link.expires_utc)
