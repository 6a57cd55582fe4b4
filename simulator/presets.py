"""Towns by name and size, and the streets they stand on unless others are named."""

from dataclasses import dataclass
from pathlib import Path

from tomma.errors import ConfigurationError

SHIPPED_EXTRACT = Path(__file__).parent / "cities" / "helsinki.osm.pbf"
"""Central Helsinki, (c) OpenStreetMap contributors, ODbL: see NOTICE."""


@dataclass(frozen=True, slots=True)
class Preset:
    """How big a town is."""

    name: str
    bins: int
    collection_trucks: int
    """Compactors for residual, food and litter."""
    recycling_trucks: int
    """For packaging: paper, plastic, glass and metal."""


def preset_of_size(bins: int) -> Preset:
    """Return a town of `bins` bins with trucks enough: a truck lifts 100 to 150 bins a day, 40 % want it."""
    if not 1 <= bins <= 100_000:
        raise ConfigurationError(f"bins must be within [1, 100000], got {bins}")
    return Preset(f"{bins}-bins", bins, collection_trucks=1 + bins // 400, recycling_trucks=1 + bins // 1_200)


PRESETS = {
    "small-town": Preset("small-town", 160, 1, 1),
    "city-1400": Preset("city-1400", 1_400, 4, 2),
    "city-5700": Preset("city-5700", 5_700, 15, 5),
    "city-11100": Preset("city-11100", 11_100, 28, 10),
}
"""160 is a small Nordic town's first roll-out; 1,400, 5,700 and 11,100 are sizes that cities run today."""


def find_preset(name: str) -> Preset:
    """Return the preset, or raise ConfigurationError naming the ones there are."""
    try:
        return PRESETS[name]
    except KeyError:
        raise ConfigurationError(f"preset must be one of {', '.join(PRESETS)}, got {name}") from None
