"""How much one caller may ask of the HTTP door, and for how long it waits for a slow one."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SecurityContact = Annotated[str, StringConstraints(max_length=500, pattern=r"^(https://|mailto:|tel:)[!-~]+$")]
"""A way to reach somebody, as RFC 9116 writes it."""


class DoorSettings(BaseModel):
    """Limits on every line to this server: docs/security.md says how each was chosen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
