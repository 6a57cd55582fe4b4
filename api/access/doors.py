"""Every way into the application with its roles, read from the application itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from api.access.rules import EVERYBODY, Rule, declared, rules_in
from tomma.errors import ConfigurationError
from tomma.people import Role

OPEN: Mapping[str, frozenset[Role]] = {
    "/static": frozenset(EVERYBODY),  # the pages' files: no word of the city
    "/api/openapi.json": frozenset(EVERYBODY),  # the description that FastAPI adds by itself
}
"""What takes no dependency, and so is named here."""


@dataclass(frozen=True, slots=True, order=True)
class Door:
    """One method of one route."""

    path: str
    method: str
    roles: frozenset[Role]
    half: bool = False
    """Whether it opens, too, for who must still set up a second factor."""
    rules: tuple[Rule, ...] = field(default=(), compare=False, repr=False)
    """What is asked of every request."""


def doors_of(app: FastAPI) -> list[Door]:
    """Return every door, sorted by path.

    Raises:
        ConfigurationError: When a route declares no roles, or rules that nobody can satisfy.
    """
    return sorted_doors(doors_among(app.routes))


def sorted_doors(doors: Iterable[Door]) -> list[Door]:
    """Return them by path, then method."""
    return sorted(doors, key=lambda door: (door.path, door.method))


def doors_among(routes: Sequence[BaseRoute]) -> Iterator[Door]:
    """Yield the doors of these routes; ConfigurationError as `doors_of` says."""
    for route in iter_route_contexts(routes):
        path = route.path or ""
        own = isinstance(route.original_route, APIRoute)
        roles = declared(route.dependencies) if own else OPEN.get(path)
        methods = sorted(route.methods or {"GET"})
        if not roles:
            raise ConfigurationError(
                f"{'/'.join(methods)} {path} answers no role; declare its roles: dependencies=[allow(Role....)]"
            )
        rules = rules_in(route.dependencies) if own else ()
        half = bool(rules) and all(rule.half for rule in rules)
        yield from (Door(path, method, roles, half, rules) for method in methods)
