"""What `/map` answers: columns, one entry a bin, all in the order of `/map/places`."""

from typing import Annotated

from pydantic import Field

from api.schema import Shown, UtcTime

Coded = Annotated[
    list[str],
    Field(
        description="Front-coded ids: a letter for how much is shared with the one before (A none, B one, ...) "
        "and the rest.",
        examples=[["AP0001A", "FB", "E2A"]],
    ),
]
PlacesTag = Annotated[str, Field(description="The ETag of the places this belongs to; another one: ask for them anew.")]


class SitesOut(Shown):
    """The places, one entry each."""

    id: Coded
    name: list[str]
    lat: list[int] = Field(description="North of `south_west`, in 0.00001 degree.")
    lon: list[int] = Field(description="East of `south_west`, in 0.00001 degree.")
    area: list[int] = Field(description="Which of `areas`.")
    bins: list[int] = Field(description="How many of the bins stand there; they follow each other.")


class PlacesOut(Shown):
    """Where every bin stands and what it is."""

    south_west: tuple[float, float] = Field(description="[lat_deg, lon_deg] that positions are counted from.")
    areas: list[str]
    fractions: list[str] = Field(description="Codes of the waste streams.")
    volumes_l: list[float]
    sites: SitesOut
    bin_id: Coded
    fraction: list[int] = Field(description="Which of `fractions`.")
    volume: list[int] = Field(description="Which of `volumes_l`.")


class LevelsOut(Shown):
    """How full every bin is."""

    places: PlacesTag
    as_of_utc: UtcTime
    fill_pct: list[int] = Field(description="Newest measured fill in whole percent, rounded down; -1 before the first.")
    sensor: str = Field(description="A letter a bin: o reporting, s silent, d odd values, n no sensor.")
    plan: str = Field(description="A letter a bin: n not on today's plan, p planned, e emptied, s skipped.")


class AheadOut(Shown):
    """Where every bin is heading, if nobody empties it."""

    places: PlacesTag
    as_of_utc: UtcTime | None = Field(description="When the forecast was made; null before the first.")
    step_h: int = Field(description="Hours a letter stands for. [h]")
    courses: list[str] = Field(
        description="Five letters each: when the median fill reaches 50, 75 and 90 %, and when the risk of overflow "
        "reaches 10 and 50 %. A now, B within one step, M within twelve, a dot later; ????? without forecast.",
        examples=[["A.CEH"]],
    )
    course: list[int] = Field(description="Which of `courses`.")


class FiguresOut(Shown):
    """What only a table shows."""

    places: PlacesTag
    as_of_utc: UtcTime
    age_min: list[int] = Field(description="Age of the newest reading; -1 before the first. [min]")
    p_overflow_24h_pct: list[int] = Field(description="Risk of overflow within a day in whole percent; -1 unknown.")
    full_in_h: list[int] = Field(description="Until overflow is as likely as not; -1 when far off or unknown. [h]")
