"""How large a truck is, as low passages and weak bridges see it. Pure."""

import math
import re
from dataclasses import dataclass

from tomma.bounds import check_within
from tomma.trucks import Vehicle


@dataclass(frozen=True, slots=True, order=True)
class TruckSize:
    """Gross weight and height; the defaults are the standard truck of three axles.

    Width, length and axle load follow the weight, as makers build: `profiles/waste_truck.lua` needs them too.
    """

    weight_kg: float = 26_000.0
    height_m: float = 3.8

    def __post_init__(self) -> None:
        """Refuse what is no truck, or would need an escort."""
        check_within("weight_kg", self.weight_kg, 500.0, 60_000.0)
        check_within("height_m", self.height_m, 1.0, 4.5)

    @property
    def name(self) -> str:
        """Its network's name, such as truck-26-3.8: [t] and [m]."""
        return f"truck-{self.weight_kg / 1_000:g}-{self.height_m:g}"

    @property
    def width_m(self) -> float:
        """Of the body, mirrors folded."""
        return 2.55 if self.weight_kg > 7_500 else 2.3 if self.weight_kg > 3_500 else 2.1

    @property
    def length_m(self) -> float:
        """From bumper to lift."""
        return 10.5 if self.weight_kg > 18_000 else 9.0 if self.weight_kg > 7_500 else 7.0

    @property
    def axle_load_kg(self) -> float:
        """On the heaviest axle."""
        return min(10_000.0, self.weight_kg * 0.65)

    def fits_where(self, other: "TruckSize") -> bool:
        """Return whether it passes wherever `other` does."""
        return self.weight_kg <= other.weight_kg and self.height_m <= other.height_m


STANDARD_TRUCK = TruckSize()
PROFILE = re.compile(r"truck(?:-(?P<weight_t>\d+(?:\.\d+)?)-(?P<height_m>\d+(?:\.\d+)?))?")


def size_of(weight_kg: float | None, height_m: float | None) -> TruckSize:
    """Return the class a truck belongs to: rounded up to a tonne and a decimetre, so that a fleet needs few networks.

    None means as the standard truck.
    """
    weight = STANDARD_TRUCK.weight_kg if weight_kg is None else math.ceil(weight_kg / 1_000 - 1e-9) * 1_000.0
    height = STANDARD_TRUCK.height_m if height_m is None else math.ceil(height_m * 10 - 1e-9) / 10
    return TruckSize(weight, height)


def truck_of(vehicle: Vehicle) -> TruckSize:
    """Return a vehicle's size: its own weight and height, else what its road profile names; ValueError if none."""
    named = size_named(vehicle.road_profile)
    return size_of(
        named.weight_kg if vehicle.weight_kg is None else vehicle.weight_kg,
        named.height_m if vehicle.height_m is None else vehicle.height_m,
    )


def size_named(road_profile: str) -> TruckSize:
    """Return the size that a road profile names: `truck`, or `truck-18-3.5` for 18 t and 3.5 m.

    Raises:
        ValueError: If it names none.
    """
    named = PROFILE.fullmatch(road_profile)
    if named is None:
        raise ValueError(f"road_profile must be truck, or like truck-18-3.5 (t, m), got {road_profile!r}")
    weight_t, height_m = named["weight_t"], named["height_m"]
    return STANDARD_TRUCK if weight_t is None else size_of(float(weight_t) * 1_000, float(height_m))
