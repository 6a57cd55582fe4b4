"""What `/city` answers."""

from pydantic import Field

from api.schema import Shown, UtcTime


class OrganisationOut(Shown):
    """Who owns the bins."""

    id: str
    name: str = Field(examples=["Exempelstad"])
    timezone: str = Field(examples=["Europe/Stockholm"], description="IANA name; days and shifts are local to it.")
    currency: str = Field(examples=["SEK"], description="ISO 4217; money comes in its minor units.")


class FractionOut(Shown):
    """A waste stream."""

    code: str = Field(examples=["residual"])
    name_sv: str
    name_en: str


class OpenHoursOut(Shown):
    """When one may enter."""

    opens_s: int = Field(description="Local time of day. [s]", examples=[25200])
    closes_s: int = Field(description="Local time of day. [s]", examples=[61200])
    weekdays: list[int] = Field(description="1 is Monday, 7 is Sunday.", examples=[[1, 2, 3, 4, 5]])


class PlaceOut(Shown):
    """A depot."""

    id: str
    name: str
    lat_deg: float
    lon_deg: float


class DisposalSiteOut(PlaceOut):
    """Where trucks unload."""

    opens_s: int = Field(description="Local time of day. [s]", examples=[25200])
    closes_s: int = Field(description="Local time of day. [s]", examples=[61200])
    hours: list[OpenHoursOut] = Field(description="By weekday, when it differs; if any are given, these count.")


class ShiftOut(Shown):
    """When a truck is on duty."""

    start_s: int = Field(description="Local time of day. [s]", examples=[21600])
    end_s: int = Field(description="Local time of day; past 86400 is the next day. [s]", examples=[52200])


class CompartmentOut(Shown):
    """A part of a truck's body that keeps some streams apart."""

    fractions: list[str] = Field(description="Codes of the streams in it.")
    capacity_l: float = Field(description="Loose waste it takes. [l]")
    capacity_kg: float = Field(description="Load it takes. [kg]")


class VehicleOut(Shown):
    """A truck."""

    id: str
    name: str
    capacity_l: float = Field(description="Loose waste it takes. [l]")
    capacity_kg: float = Field(description="Load it takes. [kg]")
    fractions: list[str] = Field(description="Codes of the streams it collects.")
    shift: ShiftOut
    depot_id: str = Field(description="Where it starts its day.")
    end_depot_id: str | None = Field(description="Where it ends it, when that is elsewhere.")
    compartments: list[CompartmentOut] = Field(description="None listed means one body for all its streams.")
    skills: list[str] = Field(description="What it has that some bins need.", examples=[["crane"]])
    overtime_s: int = Field(description="How long after its shift it may be home. [s]", examples=[3600])
    max_unloads_per_day: int | None = Field(description="The last one counts; null means no limit.")
    max_bins_per_day: int | None = Field(description="However often it unloads; null means no limit.")
    max_l_per_day: float | None = Field(description="However often it unloads; null means no limit. [l]")
    max_kg_per_day: float | None = Field(description="However often it unloads; null means no limit. [kg]")
    weight_kg: float | None = Field(description="Gross; null means the roads' standard truck. [kg]")
    height_m: float | None = Field(description="Null means the roads' standard truck. [m]")


class ClockOut(Shown):
    """The server's clock, so that a page can show its time."""

    now_utc: UtcTime
    factor: float = Field(description="How many times as fast as the wall clock; 1 in production.", examples=[1.0])


class CityOut(Shown):
    """Everything a page needs before it draws."""

    organisation: OrganisationOut
    bounds: tuple[float, float, float, float] = Field(description="[west, south, east, north] around all sites. [deg]")
    fractions: list[FractionOut]
    depots: list[PlaceOut]
    disposal_sites: list[DisposalSiteOut]
    vehicles: list[VehicleOut]
    clock: ClockOut
