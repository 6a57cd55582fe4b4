"""The declaration: a dependency that carries the roles a route answers, and turns everybody else away."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends
from fastapi.params import Depends as Declared
from starlette.requests import HTTPConnection

from api.access.gate import CHALLENGE, Gate
from api.access.journal import Event, note
from api.access.who import Who
from api.audit.trail import begin
from api.problems.model import NamedProblem
from tomma.errors import Refusal
from tomma.people import Role

EVERYBODY = (Role.PUBLIC,)
"""What a stranger may see."""
OFFICE = (Role.MANAGER, Role.AUDITOR)
"""Who reads what the office reads; changes are a MANAGER's alone."""
SIGNED_IN = tuple(role for role in Role if role not in {Role.PUBLIC, Role.MONITOR, Role.SENSOR})
"""Everybody with an account or a paired tablet."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Lets through who has one of the roles; with `half`, also who must still set up a second factor."""

    roles: frozenset[Role]
    half: bool = False

    def __call__(self, request: HTTPConnection) -> None:
        """Raise NamedProblem: 401 when nobody is known to ask, 403 when somebody is and may not."""
        if Role.PUBLIC in self.roles:
            return
        who = who_asks(request)
        if who.may_be(*self.roles) or (self.half and who.is_half):
            begin(who.name)
            return
        if who.is_half:
            raise NamedProblem(
                403, Refusal.SECOND_FACTOR_MISSING, "set up your second factor first, on the page /account"
            )
        if not who.name:
            raise self._sign_in()
        note(Event.ROLE_REFUSED, by=who.name, method=request.scope.get("method", ""), path=request.url.path)
        raise NamedProblem(403, Refusal.ROLE_MISSING, "your account may not do this")

    def _sign_in(self) -> NamedProblem:
        if Role.DRIVER in self.roles:
            detail = "this city answers paired tablets and people who are signed in; ask the office for a code"
            return NamedProblem(401, Refusal.PAIRING_REQUIRED, detail, headers=CHALLENGE)
        detail = "sign in first, on the page /login; a program sends its key as `Authorization: Bearer tm_...`"
        return NamedProblem(401, Refusal.SIGN_IN_REQUIRED, detail, headers=CHALLENGE)


class PageRule(Rule):
    """The same for a page: who may not see it is led to where that can be changed."""

    def __call__(self, request: HTTPConnection) -> None:
        """Raise NamedProblem 303 to the page for signing in, or to the own account."""
        try:
            Rule.__call__(self, request)
        except NamedProblem as refused:
            here = quote(f"{request.url.path}?{request.url.query}".rstrip("?"), safe="/")
            target = f"/login?next={here}" if refused.status_code == 401 else f"/account?refused={here}"
            raise NamedProblem(303, refused.kind, str(refused.detail), headers={"Location": target}) from refused


def allow(*roles: Role, half: bool = False) -> Any:
    """Return the dependency that declares who may use a route.

    Args:
        roles: Who has one of them may.
        half: Whether somebody may, too, who must still set up a second factor: only for one's own account.

    Raises:
        ValueError: When no role is named: such a route would answer nobody.
    """
    if not roles:
        raise ValueError("allow must name at least one role, got none")
    return Depends(Rule(frozenset(roles), half))


def allow_page(*roles: Role, half: bool = False) -> Any:
    """Return the dependency that declares who may open a page."""
    return Depends(PageRule(frozenset(roles), half))


def declared(dependencies: Iterable[Declared]) -> frozenset[Role] | None:
    """Return the roles that satisfy every rule among the dependencies; None when there is no rule."""
    rules = rules_in(dependencies)
    if not rules:
        return None
    return frozenset.intersection(*(rule.roles for rule in rules))


def rules_in(dependencies: Iterable[Declared]) -> tuple[Rule, ...]:
    """Return the rules among the dependencies, in the order they are asked."""
    return tuple(each.dependency for each in dependencies if isinstance(each.dependency, Rule))


def who_asks(request: HTTPConnection) -> Who:
    """Return who asks, found out once for a request."""
    found = getattr(request.state, "who", None)
    if found is None:
        gate: Gate = request.app.state.gate
        found = request.state.who = gate.who(request)
    assert isinstance(found, Who)  # noqa: S101  (set above)
    return found


Asking = Annotated[Who, Depends(who_asks)]
"""For routes that show each asker something else."""
