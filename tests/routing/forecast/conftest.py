"""A small city and short ways to say what was seen of its bins."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from routing.forecast import BinHistory
from tomma.city import Bin, City, Fraction, Organisation, Position, Site
from tomma.containers import ContainerType
from tomma.model import (
    BinId,
    ContainerTypeId,
    Emptying,
    EmptyingSource,
    FractionCode,
    Quality,
    Reading,
    SensorId,
    SiteId,
)

NOW = datetime(2026, 10, 7, 5, 0, tzinfo=UTC)  # a Wednesday, 07:00 in Stockholm


@pytest.fixture(scope="session")
def now() -> datetime:
    """An ordinary morning."""
    return NOW


MakeCity = Callable[..., City]
See = Callable[..., BinHistory]


@pytest.fixture(scope="session")
def make_city() -> MakeCity:
    """A city with bins A, B, C ... some 330 m apart in rows of six, and a hygiene interval of 14 days."""

    def make(bins: int = 1, *, names: Sequence[str] | None = None, timezone: str = "Europe/Stockholm") -> City:
        ids = [BinId(name) for name in (names or _names(bins))]
        kind, waste = ContainerTypeId("660 l"), FractionCode("residual")
        return City(
            Organisation("town", "Town", timezone),
            {waste: Fraction(waste, "Restavfall", "Residual waste", 0.1, hygiene_interval_days=14)},
            {kind: ContainerType(kind, "660 l", 660.0, 1200, 100, max_kg=50.0)},
            {SiteId(each): Site(SiteId(each), each, _corner(n)) for n, each in enumerate(ids)},
            {each: Bin(each, SiteId(each), kind, waste) for each in ids},
            {},
            (),
            {},
            {},
            {},
        )

    return make


def _names(bins: int) -> list[str]:
    return [chr(ord("A") + n) if n < 26 else f"bin {n}" for n in range(bins)]


def _corner(n: int) -> Position:
    return Position(60.17 + 0.003 * (n // 6), 24.9 + 0.006 * (n % 6))


@pytest.fixture(scope="session")
def see() -> See:
    """A history told by (hours before now, fill) pairs and the hours before now at which the bin was emptied."""

    def history(
        levels: Sequence[tuple[float, float]] = (),
        emptied_h_ago: Sequence[float] = (),
        *,
        bin_id: str = "A",
        odd_h_ago: Sequence[float] = (),
    ) -> BinHistory:
        def reading(h_ago: float, fill: float, quality: Quality = Quality.GOOD) -> Reading:
            at = NOW - timedelta(hours=h_ago)
            return Reading(BinId(bin_id), SensorId(bin_id), at, at, fill, quality)

        return BinHistory(
            [reading(*each) for each in levels] + [reading(h_ago, 1.0, Quality.SPIKE) for h_ago in odd_h_ago],
            [
                Emptying(BinId(bin_id), NOW - timedelta(hours=h_ago), EmptyingSource.CONFIRMED)
                for h_ago in emptied_h_ago
            ],
        )

    return history


@pytest.fixture(scope="session")
def steady(see: See) -> See:
    """Four weeks of six-hourly looks at a bin that rises evenly, is emptied when nearly full, and was seen just now."""

    def history(per_day: float = 0.2, *, level: float = 0.5, silent_h: float = 0.0, bin_id: str = "A") -> BinHistory:
        levels, emptied = [], []
        for step in range(112):
            ago = silent_h + 6.0 * step
            fill = (level - per_day / 4 * step) % 0.9
            levels.append((ago, fill))
            if fill + per_day / 4 > 0.9:
                emptied.append(ago - 1.0)
        return see(levels, [each for each in emptied if each > silent_h], bin_id=bin_id)

    return history
