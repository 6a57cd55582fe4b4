"""What `/tablets` takes and answers."""

from typing import Annotated

from pydantic import Field, StringConstraints

from api.schema import Name, Shown, Told, UtcTime
from tomma.tablets import TABLET_NAME_MAX


class PairingCodeIn(Told):
    """Which tablet a code shall let in."""

    vehicle_id: Name | None = Field(
        default=None, examples=["V1"], description="The truck it belongs to: it sees that one's routes only."
    )


class PairingCodeOut(Shown):
    """A code for one tablet, told this once."""

    code: str = Field(examples=["042917"], description="Six digits, to be typed on the tablet.")
    expires_utc: UtcTime
    address: str = Field(
        examples=["https://bins.example/driver#pair=042917"], description="What the QR code says: opened, it pairs."
    )
    qr_svg: str = Field(description="The QR code as an SVG document, dark on white.")


class PairingIn(Told):
    """A tablet that shows a code."""

    code: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{6}$")] = Field(examples=["042917"])
    name: Annotated[Name, StringConstraints(max_length=TABLET_NAME_MAX)] = Field(
        examples=["Bil 3, hytten"], description="How the office shall call it."
    )


class PairedOut(Shown):
    """A tablet that was let in."""

    tablet_id: str
    name: str
    token: str = Field(description="Send it as `Authorization: Bearer …`. It is told this once and kept as a digest.")


class TabletOut(Shown):
    """A tablet that was let in once."""

    tablet_id: str
    name: str
    paired_utc: UtcTime
    seen_utc: UtcTime = Field(description="When it last asked for something, to the minute.")
    revoked_utc: UtcTime | None = Field(description="When it was shut out or signed out; null while it may drive.")


class TabletsOut(Shown):
    """Every tablet: those let in first, then the revoked ones."""

    required: bool = Field(description="Whether the driver's page answers paired tablets only.")
    tablets: list[TabletOut]
