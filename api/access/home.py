"""Where a request comes from and whether its line can be listened to: what cookies depend on."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from tomma.server_settings import Network, ServerSettings

AGENT_MAX = 120
"""Characters of what a browser says it is."""


@dataclass(frozen=True, slots=True)
class Home:
    """One request's way here."""

    is_secure: bool
    """Nobody can listen: TLS ends here, or at the proxy that `public_url` tells of."""
    is_loopback: bool
    """It never left this machine."""
    port: str
    address: str
    """Who asks, seen through the proxies that are trusted."""
    agent: str

    @property
    def may_sign_in(self) -> bool:
        """Whether a password may be sent this way."""
        return self.is_secure or self.is_loopback

    @property
    def session_cookie(self) -> str:
        """The session's cookie: bound to this host where browsers can; ports share cookies, so each has its own."""
        return "__Host-tomma" if self.is_secure else f"tomma-{self.port}"

    @property
    def device_cookie(self) -> str:
        """The cookie by which a browser is known that somebody signed in with before."""
        return f"{self.session_cookie}-device"

    @property
    def provider_cookie(self) -> str:
        """The cookie that ties a way over the identity provider to this browser."""
        return f"{self.session_cookie}-provider"

    @property
    def stream_cookie(self) -> str:
        """The cookie by which a tablet's event stream is known; its path is bound, so it cannot be a `__Host-`."""
        return "__Secure-tomma-tablet" if self.is_secure else f"tomma-{self.port}-tablet"


def home_of(request: HTTPConnection, server: ServerSettings, *, https: bool) -> Home:
    """Return the request's way here.

    Args:
        request: What was asked.
        server: Tells our public address and the trusted proxies.
        https: Whether TLS ends at this server.
    """
    host = request.headers.get("host", "").lower()
    name = urlsplit(f"//{host}")
    public = urlsplit(server.public_url.lower())
    proxied = public.scheme == "https" and public.netloc == host
    return Home(
        is_secure=https or proxied,
        is_loopback=not proxied and _is_loopback_name(name.hostname or "") and is_loopback(_peer(request)),
        port=str(_port_of(host) or (443 if https else 80)),
        address=_asker(request, server.trusted_proxies),
        agent=request.headers.get("user-agent", "")[:AGENT_MAX],
    )


def is_loopback(address: str) -> bool:
    """Return whether the address is one of this machine's own."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _is_loopback_name(name: str) -> bool:
    return name == "localhost" or is_loopback(name)


def _port_of(host: str) -> str:
    port = host.rpartition(":")[2]
    return port if port.isdecimal() and not host.endswith("]") else ""


def _peer(request: HTTPConnection) -> str:
    return request.client.host if request.client else ""


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Return whether one of the networks has the address; an IPv4 one also as an IPv6 socket tells it."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    plain = getattr(found, "ipv4_mapped", None) or found
    return any(plain in each for each in networks)


def _asker(request: HTTPConnection, proxies: Collection[Network]) -> str:
    """Return the last address on the way that is no trusted proxy; what stands before it anybody can write.

    Some proxies write a line of their own behind the one that the asker sent, so all of them count.
    """
    address = _peer(request)
    told = [each.strip() for line in request.headers.getlist("x-forwarded-for") for each in line.split(",")]
    while told and is_within(address, proxies):
        address = told.pop()
    try:
        return str(ip_address(address))
    except ValueError:
        return _peer(request)
