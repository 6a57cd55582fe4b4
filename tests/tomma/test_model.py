"""Values are true from birth: a wrong one cannot exist, and the refusal names field, bound and value."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tomma.city import DisposalSite, Installation, Position, Site
from tomma.containers import ContainerType
from tomma.events import Event, EventKind, SkipReason
from tomma.model import (
    BinId,
    ContainerTypeId,
    DisposalSiteId,
    Measurement,
    PlanId,
    Reading,
    SensorId,
    SiteId,
    VehicleId,
)
from tomma.plan import LeftOut, Stop, StopKind
from tomma.trucks import Break, Shift

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def reading(fill_fraction: float = 0.5, measured_utc: datetime = NOON) -> Reading:
    """A reading that is right but for what the test says."""
    return Reading(BinId("B1"), SensorId("S1"), measured_utc, NOON, fill_fraction)


def event(kind: EventKind = EventKind.EMPTIED, **fields: object) -> Event:
    """An event that is right but for what the test says."""
    whole = {"bin_id": BinId("B1"), "sequence": 1, "key": "k" * 16} | fields
    return Event(
        device_id="T1", plan_id=PlanId("P1"), vehicle_id=VehicleId("V1"), kind=kind, tapped_utc=NOON,
        received_utc=NOON, **whole,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("fill_fraction", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_fill_level_outside_the_container_is_refused(fill_fraction: float) -> None:
    """81 per cent sent as 81 must never become a bin 81 times full."""
    with pytest.raises(ValueError, match=r"fill_fraction must be within \[0, 1\], got"):
        reading(fill_fraction)


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(datetime(2026, 6, 1, 12), id="no timezone"),  # noqa: DTZ001
        pytest.param(datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=2))), id="summer time"),
    ],
)
def test_a_time_that_is_not_utc_is_refused(moment: datetime) -> None:
    """Local times inside the house would repeat an hour each autumn."""
    with pytest.raises(ValueError, match="measured_utc must be a timezone-aware UTC time"):
        reading(measured_utc=moment)


def test_a_container_that_is_full_below_its_bottom_is_refused() -> None:
    """Swapped distances would turn every level upside down."""
    with pytest.raises(ValueError, match=r"full_mm must be below empty_mm \(200\), got 900"):
        ContainerType(ContainerTypeId("C"), "660 l", 660, empty_mm=200, full_mm=900, max_kg=300)


def test_a_sensor_belongs_to_the_bin_it_hung_in_at_that_moment() -> None:
    """The end is exclusive: at a swap each moment has one owner."""
    period = Installation(SensorId("S1"), BinId("B1"), NOON, NOON + timedelta(days=1))
    assert period.covers(NOON)
    assert not period.covers(NOON + timedelta(days=1))
    assert not period.covers(NOON - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: Position(91, 18), "lat_deg", id="north of the pole"),
        pytest.param(lambda: Shift(6 * 3600, 6 * 3600), "end_s", id="a shift of no length"),
        pytest.param(lambda: Break(12 * 3600, 10 * 3600, 1800), "latest_s", id="a break window turned around"),
        pytest.param(
            lambda: DisposalSite(DisposalSiteId("D"), "", Position(59, 18), frozenset(), 9 * 3600, 8 * 3600),
            "closes_s",
            id="closes before it opens",
        ),
        pytest.param(
            lambda: Site(SiteId("S"), "", Position(59, 18), area="x" * 61), "area", id="an area of 61 letters"
        ),
        pytest.param(lambda: Site(SiteId("S"), "", Position(59, 18), area=" Öst"), "area", id="an area with a blank"),
        pytest.param(lambda: Measurement(SensorId("S"), None), "distance_mm and fill_fraction", id="nothing measured"),
        pytest.param(lambda: LeftOut(BinId("B1"), ()), "without a reason", id="left out in silence"),
        pytest.param(lambda: event(bin_id=None), "bin_id must be given", id="emptied, but what"),
        pytest.param(lambda: event(EventKind.SKIPPED), "skip_reason", id="skipped, but why"),
        pytest.param(lambda: event(skip_reason=SkipReason.BLOCKED), "skip_reason", id="emptied and skipped"),
        pytest.param(lambda: event(EventKind.UNDONE), "undoes_key", id="undone, but what"),
        pytest.param(
            lambda: event(key="short"), r"length of key must be within \[8, 64\]", id="a key anybody could guess"
        ),
        pytest.param(lambda: event(sequence=-1), "sequence", id="a negative sequence"),
        pytest.param(
            lambda: Stop(StopKind.COLLECT, NOON, NOON, 0, 0, 0.0, 0.0), "bin_id belongs", id="collect nothing"
        ),
    ],
)
def test_a_value_that_contradicts_itself_cannot_exist(make: object, message: str) -> None:
    """What cannot exist needs no check later."""
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]
