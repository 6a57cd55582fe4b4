"""What an installer does at a bin, made once on the phone with a key and carried out once, however often it is sent."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tomma.assets import AssetKind, find, hang, put
from tomma.bounds import BoundError, Rule, alone, check_length, check_utc, check_within
from tomma.city import City, Installation, Position, Sensor
from tomma.earth import distance_m
from tomma.errors import ConflictError, Refusal
from tomma.hangings import Hangings
from tomma.model import BinId, SensorId

FITTING_NOTE_MAX = 500
AHEAD_MAX = timedelta(minutes=10)
"""How far a phone's clock may run before ours."""
MOVED_MAX_M = 2_000.0
"""A site that is farther off than this is another site: the office moves it, not a phone in a pocket."""
ACCURACY_MAX_M = 100.0
"""A worse position than this does not say at which corner of the street one stands."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """A sensor was hung in a bin, or measured anew where it hangs."""

    key: str
    sensor_id: SensorId
    bin_id: BinId
    done_utc: datetime
    received_utc: datetime
    replaces_sensor_id: SensorId | None = None
    """What the phone showed as hanging there, and the installer took down."""
    moves_from_bin_id: BinId | None = None
    """Where the phone showed this sensor as hanging before."""
    make: str = ""
    model: str = ""
    empty_mm: float | None = None
    full_mm: float | None = None
    position: Position | None = None
    """Where the place really is; None leaves it as it is registered."""
    accuracy_m: float | None = None
    note: str = ""
    photo_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot have been done on the spot."""
        check_length("key", self.key, 8, 64)
        check_length("sensor_id", self.sensor_id, 1, 128)
        check_length("note", self.note, 0, FITTING_NOTE_MAX)
        check_utc("done_utc", self.done_utc)
        check_utc("received_utc", self.received_utc)
        if self.done_utc > self.received_utc + AHEAD_MAX:
            bound = f"must not lie ahead of {self.received_utc:%Y-%m-%dT%H:%MZ}"
            raise BoundError("done_utc", Rule.NOT_AHEAD, bound, self.done_utc)
        if (self.position is None) != (self.accuracy_m is None):
            raise alone("accuracy_m", "position", self.accuracy_m)
        if self.accuracy_m is not None:
            check_within("accuracy_m", self.accuracy_m, 0.0, ACCURACY_MAX_M)
        self.installation()

    def installation(self) -> Installation:
        """Return how the sensor hangs from now on; ValueError for a calibration that cannot be."""
        return Installation(self.sensor_id, self.bin_id, self.done_utc, empty_mm=self.empty_mm, full_mm=self.full_mm)


def fit(city: City, fitting: Fitting) -> City:
    """Return the city after what the installer did.

    Raises:
        NotFoundError: If there is no such bin.
        ConflictError: If something else hangs there, or the sensor hangs elsewhere, than what the phone showed: then
            two people worked on one bin, and the second one must look again.
    """
    find(city, AssetKind.BIN, fitting.bin_id)
    _as_the_phone_showed(city, fitting)
    known = city.sensors.get(fitting.sensor_id) or Sensor(fitting.sensor_id)
    told = replace(known, make=fitting.make or known.make, model=fitting.model or known.model)
    city = put(city, AssetKind.SENSOR, told)
    city = hang(city, fitting.installation())
    if fitting.position is not None:
        city = _moved(city, fitting.bin_id, fitting.position)
    return city


def _as_the_phone_showed(city: City, fitting: Fitting) -> None:
    hangings = Hangings(city.installations)
    there, elsewhere = hangings.in_bin(fitting.bin_id), hangings.of_sensor(fitting.sensor_id)
    if there and there.sensor_id not in (fitting.sensor_id, fitting.replaces_sensor_id):
        raise ConflictError(
            f"in {fitting.bin_id} hangs {there.sensor_id} since {there.from_utc:%Y-%m-%dT%H:%M:%SZ}, and not "
            f"{fitting.replaces_sensor_id or 'nothing'} as the phone showed: look again",
            Refusal.SENSOR_HANGS_INSTEAD,
            bin_id=fitting.bin_id,
            sensor_id=there.sensor_id,
            since_utc=f"{there.from_utc:%Y-%m-%dT%H:%M:%SZ}",
        )
    if elsewhere and elsewhere.bin_id not in (fitting.bin_id, fitting.moves_from_bin_id):
        raise ConflictError(
            f"{fitting.sensor_id} hangs in {elsewhere.bin_id} since {elsewhere.from_utc:%Y-%m-%dT%H:%M:%SZ}, and not "
            f"{fitting.moves_from_bin_id or 'nowhere'} as the phone showed: look again",
            Refusal.SENSOR_HANGS_ELSEWHERE,
            sensor_id=fitting.sensor_id,
            bin_id=elsewhere.bin_id,
        )


def _moved(city: City, bin_id: BinId, position: Position) -> City:
    site = city.sites[city.bins[bin_id].site_id]
    off_m = distance_m(site.position, position)
    if off_m > MOVED_MAX_M:
        raise ConflictError(
            f"the position is {off_m:.0f} m from where site {site.id} is registered, more than {MOVED_MAX_M:.0f} m: "
            "ask the office to move the site",
            Refusal.SITE_FAR_OFF,
            off_m=f"{off_m:.0f}",
            most_m=f"{MOVED_MAX_M:.0f}",
        )
    return put(city, AssetKind.SITE, replace(site, position=position))
