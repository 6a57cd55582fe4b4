"""Who may use which route: declared at the route, refused when it is not.

A route names its roles, or its router does, or both (then somebody must satisfy both)::

    router = APIRouter(prefix="/plans", dependencies=[allow(Role.MANAGER, Role.AUDITOR)])

    @router.post("", dependencies=[allow(Role.MANAGER)])

`create_app` refuses to start with a route that names none.
"""

from api.access.rules import EVERYBODY, OFFICE, SIGNED_IN, allow
from tomma.people import Role

__all__ = ["EVERYBODY", "OFFICE", "SIGNED_IN", "Role", "allow"]
