"""The drivers' tablets: who may drive with this city, and the short-lived codes that let a new one in."""

import re
from dataclasses import dataclass
from datetime import datetime

from tomma.bounds import check_length, check_utc
from tomma.model import VehicleId

TABLET_NAME_MAX = 60
"""Characters."""
SHA_256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Tablet:
    """One tablet that was let in; it stays known after it was revoked, so that it can be told."""

    id: str
    name: str
    paired_utc: datetime
    seen_utc: datetime
    """When it last asked for something, to the minute."""
    revoked_utc: datetime | None = None
    """When the office shut it out, or the driver signed it out."""
    vehicle_id: VehicleId | None = None
    """The truck it belongs to: it sees that one's routes only. None: it goes along in any truck."""

    def __post_init__(self) -> None:
        """Refuse a tablet without a name, and one that was seen or revoked before it was paired."""
        check_length("id", self.id, 1, 64)
        check_length("name", self.name, 1, TABLET_NAME_MAX)
        for name in ("paired_utc", "seen_utc", "revoked_utc"):
            at_utc = getattr(self, name)
            if at_utc is None:
                continue
            check_utc(name, at_utc)
            if at_utc < self.paired_utc:
                raise ValueError(f"{name} must not be before paired_utc, got {at_utc}")


@dataclass(frozen=True, slots=True)
class KeptTablet:
    """A tablet as it is stored: with the digest of its secret, never the secret."""

    tablet: Tablet
    secret_sha256: str

    def __post_init__(self) -> None:
        """Refuse what is no digest: a secret must never be stored by mistake."""
        if not SHA_256.fullmatch(self.secret_sha256):
            raise ValueError("secret_sha256 must be 64 hexadecimal digits")


@dataclass(frozen=True, slots=True)
class PairingCode:
    """A code as it is stored: six digits are soon tried through, so its digest is slow and salted."""

    id: str
    salt: str
    digest: str
    expires_utc: datetime
    vehicle_id: VehicleId | None = None
    """The truck whose tablet it lets in; None: a tablet for any truck."""

    def __post_init__(self) -> None:
        """Refuse a code without its parts."""
        for name in ("id", "salt", "digest"):
            check_length(name, getattr(self, name), 1, 200)
        check_utc("expires_utc", self.expires_utc)
