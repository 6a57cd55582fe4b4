"""Where people and tablets connect, how much one caller may ask there, and for how long a slow one is waited for."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from tomma.section import Section

SecurityContact = Annotated[str, StringConstraints(max_length=500, pattern=r"^(https://|mailto:|tel:)[!-~]+$")]
"""A way to reach somebody, as RFC 9116 writes it."""


type Network = IPv4Network | IPv6Network


def _network(told: object) -> Network:
    try:
        return ip_network(str(told))
    except ValueError as exc:  # a name would have to be looked up, at every request and by somebody else's answer
        raise ValueError(f"must be an address or a network, such as 10.0.0.2 or 10.0.0.0/24, got {told}") from exc


def _name(told: str) -> str:
    if not NAME.fullmatch(told) and not is_address(told):
        raise ValueError(f"must be a name alone, without https://, port, path and *, got {told!r:.80}")
    return told


def _server(told: str) -> str:
    if told and not re.fullmatch(r"https?://[^/@\s]+(/[^@\s]*)?", told):
        raise ValueError("must begin with http:// or https:// and hold no login and no blank: it ends up in logs")
    return told


def _origin(told: str) -> str:
    if not re.fullmatch(r"https?://[^/@?#\s]+/?", told or "http://none"):
        raise ValueError("must be http:// or https:// and a name, with no login, path or query: pages begin at /")
    return told


def is_address(name: str) -> bool:
    """Return whether this is an address and no name."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


NAME = re.compile(r"[^\[\]:@/?#*\s]+")
"""Of a machine, as a Host header has it before the port."""
ServerAddress = Annotated[str, AfterValidator(_server)]
"""Where another server is."""


class DoorSettings(Section):
    """Limits on every line to this server: docs/security.md says how each was chosen."""

    head_s: float = Field(default=10.0, gt=0.0, le=120.0)
    """Within which a request's head must have come, from its first byte or from the line's beginning."""
    body_s: float = Field(default=20.0, gt=0.0, le=600.0)
    """Within which a body must have come, besides the time that its bytes are given by `body_bytes_per_s`."""
    body_bytes_per_s: int = Field(default=4_096, ge=1, le=1_000_000_000)
    """A line slower than this is not waited for: a photo of half a megabyte may take two minutes and a half."""
    answer_s: float = Field(default=30.0, gt=0.0, le=600.0)
    """Within which the other side must take some of an answer that waits for it."""
    lines_max: int = Field(default=1_000, ge=8, le=100_000)
    """Open lines at once. One more, and the line that has kept us waiting longest is ended."""
    lines_per_address_max: int = Field(default=256, ge=4, le=100_000)
    """The same for one address; this machine's own and [server] trusted_proxies are many callers, and not counted."""


class ServerSettings(Section):
    """Where people and tablets connect."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8765, ge=1, le=65535)
    trusted_hosts: tuple[Annotated[str, AfterValidator(_name)], ...] = ()
    """Names people type to reach this server; `localhost`, plain addresses and `public_url`'s are always answered."""
    public_url: Annotated[str, AfterValidator(_origin)] = ""
    """Where a tablet is sent, such as https://bins.example; empty means the address the office's page came from."""
    require_paired_tablets: bool = False
    """Whether the driver's page and its API answer paired tablets only, and no signed-in person: docs/tablets.md."""
    trusted_proxies: tuple[Annotated[Network, BeforeValidator(_network)], ...] = ()
    """Addresses or networks of proxies whose X-Forwarded-For tells who asks: throttling then counts people."""
    security_contacts: tuple[SecurityContact, ...] = ()
    """Whom to tell of a weakness, such as ["mailto:it@town.example"]: /.well-known/security.txt says so."""
    door: DoorSettings = DoorSettings()

    @property
    def own_names(self) -> frozenset[str]:
        """Under which this server is asked, in lower case: where it listens, what people type, where they are sent."""
        public = urlsplit(self.public_url).hostname
        return frozenset(each.lower() for each in (self.host, *self.trusted_hosts, public) if each)
