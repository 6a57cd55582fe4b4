"""What stands in the streets: waste streams, containers with their geometry, and how people use them.

Every figure names its source or says that it is our assumption; `docs/decisions/0006-simulated-city.md` tells
them apart. Densities: EPA and SEPA volume-to-weight tables; loads: EN 840 (0.4 kg per litre of container).
"""

from dataclasses import dataclass
from enum import StrEnum

from tomma.city import Fraction
from tomma.containers import ContainerType
from tomma.model import ContainerTypeId, FractionCode

SITE_RATE_GAMMA_SHAPE = 3.70  # Edinburgh, 334 bins, summer 2016: site mean fill rate gamma(3.70, 13.3 %/day)
SITE_RATE_GAMMA_MEAN_PCT_PER_DAY = 3.70 * 13.3
DAY_FACTOR_CV = 0.40  # within-site CV 0.43 there; the deposits' own scatter brings the rest
WEEKDAY_FACTOR = (0.94, 0.96, 0.88, 1.00, 1.09, 1.16, 0.98)  # Edinburgh, Monday first
HOUR_WEIGHT = (2, 1, 1, 1, 1, 2, 4, 8, 10, 10, 11, 13, 15, 15, 15, 15, 15, 13, 12, 11, 9, 7, 5, 3)
"""Share of a day's deposits by local hour: Groningen's peak 12-17 h (arXiv 2409.13386); the rest assumed."""


class Place(StrEnum):
    """What kind of place a site is."""

    LITTER = "litter"
    HOUSEHOLD = "household"
    STATION = "station"


@dataclass(frozen=True, slots=True)
class Stream:
    """A waste stream and how it comes into being."""

    fraction: Fraction
    mean_fill_pct_per_day: float
    deposit_l: tuple[float, float, float]
    """Smallest, most frequent and largest deposit: a triangular distribution. [l]"""
    residue_probability: float
    """How often an emptying leaves something behind: jammed, wet or frozen."""
    residue_fraction: tuple[float, float]
    """How much then, uniformly within these bounds."""


def _stream(
    code: str,
    names: tuple[str, str],
    density_kg_per_l: float,
    hygiene_interval_days: float | None,
    mean_fill_pct_per_day: float,
    deposit_l: tuple[float, float, float],
    residue: tuple[float, tuple[float, float]] = (0.05, (0.03, 0.20)),
) -> Stream:
    fraction = Fraction(FractionCode(code), names[0], names[1], density_kg_per_l, hygiene_interval_days)
    return Stream(fraction, mean_fill_pct_per_day, deposit_l, *residue)


GRONINGEN_DEPOSIT_L = (10.0, 30.0, 60.0)
STREAMS = {
    stream.fraction.code: stream
    for stream in (
        # Litter at Edinburgh's rate and its operator's 0.07 kg/l; the slower streams' rates are assumed.
        _stream("litter", ("Skräp", "Litter"), 0.07, 7.0, SITE_RATE_GAMMA_MEAN_PCT_PER_DAY, (0.2, 1.0, 5.0)),
        _stream("residual", ("Restavfall", "Residual waste"), 0.11, 14.0, 18.0, GRONINGEN_DEPOSIT_L),
        _stream("food", ("Matavfall", "Food waste"), 0.40, 14.0, 14.0, (1.0, 3.0, 8.0)),
        _stream("paper", ("Pappersförpackningar", "Paper packaging"), 0.06, None, 16.0, (3.0, 12.0, 50.0)),
        _stream("plastic", ("Plastförpackningar", "Plastic packaging"), 0.03, None, 18.0, (5.0, 20.0, 60.0)),
        # Swedish glass containers read 20-74 % just after a true emptying; one in five does here.
        _stream(
            "glass", ("Glasförpackningar", "Glass packaging"), 0.33, None, 7.0, (1.0, 4.0, 15.0), (0.2, (0.2, 0.74))
        ),
        _stream("metal", ("Metallförpackningar", "Metal packaging"), 0.06, None, 6.0, (1.0, 3.0, 10.0)),
    )
}


def _container(kind: str, name: str, volume_l: float, empty_mm: float, full_mm: float, max_kg: float) -> ContainerType:
    return ContainerType(ContainerTypeId(kind), name, volume_l, empty_mm, full_mm, max_kg)


CONTAINER_TYPES = {
    kind.id: kind
    for kind in (
        # Depths are those of common makes, less the sensor's mounting in the lid; assumed to a few centimetres.
        _container("basket-140", "Papperskorg 140 l", 140.0, 900.0, 200.0, 56.0),
        _container("wheeled-240", "Kärl 240 l", 240.0, 980.0, 180.0, 96.0),
        _container("wheeled-660", "Kärl 660 l", 660.0, 1_080.0, 230.0, 264.0),
        _container("wheeled-1100", "Kärl 1100 l", 1_100.0, 1_180.0, 250.0, 440.0),
        _container("igloo-3000", "Igloo 3000 l", 3_000.0, 1_750.0, 350.0, 1_500.0),
    )
}

SETS: dict[Place, tuple[tuple[tuple[str, str], ...], ...]] = {
    Place.LITTER: ((("litter", "basket-140"),),),
    Place.HOUSEHOLD: (
        (("residual", "wheeled-660"), ("food", "wheeled-240")),
        (("residual", "wheeled-660"), ("food", "wheeled-240"), ("paper", "wheeled-660")),
        (("residual", "wheeled-1100"), ("food", "wheeled-240"), ("paper", "wheeled-660"), ("plastic", "wheeled-660")),
    ),
    Place.STATION: (
        (("glass", "igloo-3000"), ("metal", "wheeled-1100"), ("plastic", "igloo-3000")),
        (("glass", "igloo-3000"), ("metal", "wheeled-1100"), ("plastic", "igloo-3000"), ("paper", "igloo-3000")),
    ),
}
"""Which bins stand together, as (stream, container): each place draws one of its sets."""

SERVICE_S = {"basket-140": 45, "wheeled-240": 45, "wheeled-660": 60, "wheeled-1100": 75, "igloo-3000": 240}
"""Time to empty one container; Groningen plans a minute, a crane lift takes four (assumed)."""
SITE_SERVICE_S = {Place.LITTER: 45, Place.HOUSEHOLD: 90, Place.STATION: 120}
"""Time to park; Groningen plans two minutes at a station."""
