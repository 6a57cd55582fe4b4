"""What residents may tell by the sticker on a bin: docs/residents.md."""

from pydantic import Field

from tomma.section import Section


class ResidentSettings(Section):
    """The residents' page; closed until a city opens it."""

    open: bool = False
    """Closed, every address of it answers as one without a bin does."""
    day_max: int = Field(default=50, ge=1, le=10_000)
    """Requests of residents in the whole city on one day: about what one truck does in a morning, so that a prank moves
    one truck for one morning at most."""
    address_hour_max: int = Field(default=12, ge=1, le=1_000)
    """Taps from one address in an hour; behind one address of a mobile network there are many phones."""
