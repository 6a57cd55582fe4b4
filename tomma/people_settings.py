"""What can be set about people: how long they stay signed in, who vouches for them, what vouches for their record."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from tomma.people import PERSONAL, Role
from tomma.section import Section

HTTPS_OR_LOOPBACK = r"^(https://[^/@\s]+(/[^@\s]*)?|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/[^@\s]*)?)?$"


class ProviderSettings(Section):
    """The municipality's identity provider (OpenID Connect); without an issuer there is none."""

    issuer: str = Field(default="", pattern=HTTPS_OR_LOOPBACK)
    """As the provider writes it, such as https://login.stad.example; its metadata is read from there."""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    """Empty for a public client, which PKCE alone protects."""
    client_secret_file: Path | None = None
    """A file with it on its first line, in place of `client_secret`."""
    name: str = Field(default="", max_length=60)
    """What the button says, such as Exempelstad; empty: the issuer's host."""
    scope: str = "openid profile email"
    login_claim: str = "preferred_username"
    groups_claim: str = "groups"
    roles_of_group: dict[str, tuple[Role, ...]] = Field(default={})
    """Which roles a group gives; whoever is in none of these groups is not let in."""
    areas_of_group: dict[str, tuple[str, ...]] = Field(default={})
    """Which areas a contractor's group sees."""
    acr_values: tuple[str, ...] = ()
    """How the provider must have made sure of the person, such as http://id.elegnamnden.se/loa/1.0/loa3; one of these
    must come back. Empty asks for nothing: then whom the provider lets in with a password gets in with a password."""
    timeout_s: float = Field(default=5.0, gt=0.0, le=60.0)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.issuer and not (self.client_id and self.roles_of_group):
            raise ValueError("client_id and roles_of_group must be set where issuer is")
        strangers = {role for roles in self.roles_of_group.values() for role in roles} - set(PERSONAL)
        if strangers:
            raise ValueError(f"roles_of_group must name roles of people, got {min(strangers)}")
        return self


class PeopleSettings(Section):
    """Who may come in, and for how long."""

    session_idle_h: float = Field(default=8.0, gt=0.0, le=24.0)
    """A browser that asked for nothing so long is signed out."""
    session_max_h: float = Field(default=12.0, gt=0.0, le=72.0)
    """And every browser after so long."""
    demo: bool = False
    """Whoever comes is the manager of a made-up town; `tomma serve` then listens on a loopback address only."""
    provider: ProviderSettings = ProviderSettings()


class AuditSettings(Section):
    """The chain of records that tells who did what: docs/audit.md."""

    key_file: Path | None = None
    """What the records' MACs are made with, one line of at least 32 characters; without one, a key of its own in the
    data directory."""
