"""Where people and tablets connect, how much one caller may ask there, and for how long a slow one is waited for."""

from typing import Annotated

from pydantic import Field, StringConstraints

from tomma.section import Section

SERVER_PATTERN = r"^(https?://[^/@\s]+(/[^@\s]*)?)?$"
"""An address without a login: that would end up in logs."""
SecurityContact = Annotated[str, StringConstraints(max_length=500, pattern=r"^(https://|mailto:|tel:)[!-~]+$")]
"""A way to reach somebody, as RFC 9116 writes it."""


class DoorSettings(Section):
    """Limits on every line to this server: docs/security.md says how each was chosen."""

    head_s: float = Field(default=10.0, gt=0.0, le=120.0)
    """Within which a request's head must have come, from its first byte or from the line's beginning."""
    body_s: float = Field(default=20.0, gt=0.0, le=600.0)
    """Within which a body must have come, besides the time that its bytes are given by `body_bytes_per_s`."""
    body_bytes_per_s: int = Field(default=4_096, ge=1)
    """A line slower than this is not waited for: a photo of half a megabyte may take two minutes and a half."""
    answer_s: float = Field(default=30.0, gt=0.0, le=600.0)
    """Within which the other side must take some of an answer that waits for it."""
    lines_max: int = Field(default=1_000, ge=8, le=100_000)
    """Open lines at once. One more, and the line that has kept us waiting longest is ended."""
    lines_per_address_max: int = Field(default=256, ge=4, le=100_000)
    """The same for one address; this machine's own and [server] trusted_proxies are many callers, and not counted."""


class ServerSettings(Section):
    """Where people and tablets connect."""

    host: str = "127.0.0.1"
    port: int = Field(default=8765, ge=1, le=65535)
    trusted_hosts: tuple[str, ...] = ()
    """Names people type to reach this server; `localhost` and plain addresses are always answered."""
    public_url: str = Field(default="", pattern=SERVER_PATTERN)
    """Where a tablet is sent, such as https://bins.example; empty means the address the office's page came from."""
    require_paired_tablets: bool = False
    """Whether the driver's page and its API answer paired tablets only, and no signed-in person: docs/tablets.md."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of proxies whose X-Forwarded-For tells who asks: throttling then counts people and not the proxy."""
    security_contacts: tuple[SecurityContact, ...] = ()
    """Whom to tell of a weakness, such as ["mailto:it@town.example"]: /.well-known/security.txt says so."""
    door: DoorSettings = DoorSettings()
