"""Who may use which route: declared at the route, refused when it is not.

A route names its roles, or its router does, or both (then somebody must satisfy both)::

    router = APIRouter(prefix="/plans", dependencies=[allow(Role.MANAGER, Role.AUDITOR)])

    @router.post("", dependencies=[allow(Role.MANAGER)])
    def create_plan(hands: Hands, who: Asking) -> PlanOrdered: ...

`create_app` refuses to start with a route that names none. A route that shows each asker something else takes
`who: Asking`; records of who did something say `who.name`.
"""

from api.access.rules import EVERYBODY, OFFICE, SIGNED_IN, Asking, allow, allow_page
from api.access.who import Who
from tomma.people import Role

__all__ = ["EVERYBODY", "OFFICE", "SIGNED_IN", "Asking", "Role", "Who", "allow", "allow_page"]
