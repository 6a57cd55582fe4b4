"""What `/open-data/settings` takes and answers."""

from typing import Annotated, Literal

from pydantic import Field

from api.schema import Name, Shown, Told, UtcTime
from tomma.opendata import DELAY_MAX_H, VOLUME_MIN_L, WITHHELD_MAX

FillName = Literal["none", "quarters", "tenths"]
LicenceName = Literal["CC0-1.0", "CC-BY-4.0"]
AreaName = Annotated[str, Field(strict=True, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]
FRACTIONS = "Only bins of these streams; none: nothing is open."
AREAS = 'Only bins of these areas, "" for places without one; none: nothing is open.'
DELAY = "The level told is the last one by the full hour so long ago. [h]"


class OpenDataIn(Told):
    """What shall be open to everybody: places, and how full the bins were, if so wished."""

    fractions: list[Name] = Field(max_length=100, description=FRACTIONS)
    areas: list[AreaName] = Field(max_length=500, description=AREAS)
    withheld_bin_ids: list[Name] = Field(
        default=[], max_length=WITHHELD_MAX, description="Bins that stay in whatever the lists say."
    )
    volume_min_l: float = Field(
        default=VOLUME_MIN_L, strict=True, ge=0.0, le=100_000.0, description="Smaller containers stay in. [l]"
    )
    place_names: bool = Field(
        default=False, strict=True, description="Tell the names of places; they may hold names of people."
    )
    fill: FillName = Field(default="none", description="How finely it is told how full a bin was.")
    delay_h: int = Field(default=1, strict=True, ge=0, le=DELAY_MAX_H, description=DELAY)
    licence: LicenceName = "CC0-1.0"
    contact_email: str = Field(
        default="", strict=True, max_length=320, description="Whom users may write to: an office, not a person."
    )


class FractionChoice(Shown):
    """A stream that could be opened."""

    code: str
    name_sv: str
    name_en: str
    bins: int = Field(description="How many bins there are of it.")


class AreaChoice(Shown):
    """An area that could be opened."""

    area: str = Field(description="Empty for places without one.")
    bins: int = Field(description="How many bins stand in it.")


class OpenDataOut(Shown):
    """What is open, what could be, and where strangers find it."""

    fractions: list[str] = Field(description=FRACTIONS)
    areas: list[str] = Field(description=AREAS)
    withheld_bin_ids: list[str]
    volume_min_l: float
    place_names: bool
    fill: FillName
    delay_h: int = Field(description=DELAY)
    licence: LicenceName
    contact_email: str
    changed_utc: UtcTime | None = Field(description="Null: never yet.")
    revision: int = Field(description="Send it back as `If-Match` to change nothing that somebody else changed.")
    bins_open: int = Field(description="How many bins strangers may know of now.")
    bins_small: int = Field(description="How many more are in the lists and stay in because they are small.")
    choices_fractions: list[FractionChoice]
    choices_areas: list[AreaChoice]
    addresses: list[str] = Field(description="What a data portal, a map and a program ask for; empty: nothing is open.")
