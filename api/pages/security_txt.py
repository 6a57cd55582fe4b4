"""`/.well-known/security.txt` (RFC 9116): whom to tell of a weakness in this installation."""

from datetime import UTC, datetime, time, timedelta

from fastapi import APIRouter, HTTPException, Response

from api.access import EVERYBODY, allow
from api.context import ApiContext

PATH = "/.well-known/security.txt"
GOOD_FOR_DAYS = 180
"""The standard asks for less than a year: who reads it then must ask again."""


def build_router(context: ApiContext) -> APIRouter:
    """Return the router; it answers 404 until [server] security_contacts names somebody."""
    router = APIRouter(include_in_schema=False)

    def security_txt() -> Response:
        server = context.settings.server
        if not server.security_contacts:
            raise HTTPException(404, "nobody is named in [server] security_contacts")
        until = datetime.combine(context.wall.now_utc().date() + timedelta(days=GOOD_FOR_DAYS), time(), UTC)
        lines = [f"Contact: {each}" for each in server.security_contacts]
        lines += [f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: sv, en"]
        if server.public_url.startswith("https://"):
            lines.append(f"Canonical: {server.public_url.rstrip('/')}{PATH}")
        headers = {"Cache-Control": "no-cache"}
        return Response("\n".join(lines) + "\n", media_type="text/plain; charset=utf-8", headers=headers)

    router.add_api_route(PATH, security_txt, methods=["GET"], dependencies=[allow(*EVERYBODY)])
    return router
