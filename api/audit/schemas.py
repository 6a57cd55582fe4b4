"""What auditors read."""

from pydantic import Field

from api.schema import Shown


class RecordOut(Shown):
    """One record, as it is kept."""

    number: int = Field(description="Its place in the chain; without gaps.")
    at_utc: str = Field(examples=["2026-11-22T05:30:00.000000+00:00"], description="By the server's clock.")
    actor: str = Field(
        examples=["person:anna"], description="person:, tablet: or key:, or a part of the server; empty: a stranger."
    )
    action: str = Field(examples=["publish_plan"], description="The operation's name, or that of a security event.")
    target: str = Field(examples=["plan:p-7"], description="What it was done to.")
    outcome: str = Field(examples=["done"], description="done, refused or failed.")
    request_id: str = Field(description="As in the answer's header X-Request-Id; empty for commands.")
    facts: dict[str, str | int | bool | list[str]] = Field(description="What else tells.")
    mac: str = Field(description="HMAC-SHA256 over the record and the MAC of the one before.")


class AuditOut(Shown):
    """A page of records, newest first."""

    records: list[RecordOut]
    next_before: int | None = Field(description="Ask on with `before`; null when there is nothing older.")
