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


class ShiftOut(Shown):
    """When a truck is on duty."""

    start_s: int = Field(description="Local time of day. [s]", examples=[21600])
    end_s: int = Field(description="Local time of day; past 86400 is the next day. [s]", examples=[52200])


class VehicleOut(Shown):
    """A truck."""

    id: str
    name: str
    capacity_l: float = Field(description="Loose waste it takes. [l]")
    capacity_kg: float = Field(description="Load it takes. [kg]")
    fractions: list[str] = Field(description="Codes of the streams it collects.")
    shift: ShiftOut


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
