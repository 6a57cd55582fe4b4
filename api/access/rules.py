"""The declaration: a dependency that carries the roles a route answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Depends
from fastapi.params import Depends as Declared
from starlette.requests import HTTPConnection

from tomma.people import Role

EVERYBODY = (Role.PUBLIC,)
"""What a stranger may see."""
OFFICE = (Role.MANAGER, Role.AUDITOR)
"""Who reads what the office reads; changes are a MANAGER's alone."""
SIGNED_IN = tuple(role for role in Role if role not in {Role.PUBLIC, Role.MONITOR, Role.SENSOR})
"""Everybody with an account or a paired tablet."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Lets through who has one of the roles."""

    roles: frozenset[Role]

    async def __call__(self, request: HTTPConnection) -> None:
        """Enforced from the day there are accounts."""


def allow(*roles: Role) -> Any:
    """Return the dependency that declares who may use a route.

    Raises:
        ValueError: When no role is named: such a route would answer nobody.
    """
    if not roles:
        raise ValueError("allow must name at least one role, got none")
    return Depends(Rule(frozenset(roles)))


def declared(dependencies: Iterable[Declared]) -> frozenset[Role] | None:
    """Return the roles that satisfy every rule among the dependencies; None when there is no rule."""
    rules = [each.dependency for each in dependencies if isinstance(each.dependency, Rule)]
    if not rules:
        return None
    return frozenset.intersection(*(rule.roles for rule in rules))
