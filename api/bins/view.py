"""Tells one bin in the words of the public API."""

from dataclasses import replace
from datetime import datetime, timedelta

from api.bins.board import bin_row
from api.bins.schemas import (
    BinDetailOut,
    ContainerTypeOut,
    EmptyingOut,
    ForecastOut,
    ForecastStepOut,
    HistoryOut,
    ReadingOut,
    SensorOut,
)
from api.plans.view import reasons_out
from api.schema import ReasonOut
from api.services import Services
from tomma.city import City
from tomma.errors import NotFoundError
from tomma.model import BinId, Emptying, Quality
from tomma.plan import Plan

READINGS_MAX = 20_000
DIGITS = 4
"""A ten-thousandth of a bin is a spoonful; more digits only make the answer longer."""
LAST_EMPTIED_WITHIN = timedelta(days=28)


def bin_detail_out(hands: Services, bin_id: BinId) -> BinDetailOut:
    """Return everything known of one bin; NotFoundError when the city has none of that id."""
    city, now = _city_with(hands, bin_id), hands.context.clock.now_utc()
    own = city.bins[bin_id]
    container, site = city.container_types[own.container_type_id], city.sites[own.site_id]
    scene = replace(hands.watch.scene(), city=city)  # drawn before a bin that the office has just made
    reading = scene.latest.get(bin_id)
    emptyings = emptyings_of(hands, bin_id, now - LAST_EMPTIED_WITHIN, now + timedelta(seconds=1))
    plan = scene.plan or hands.today.newest_ready()
    row = bin_row(scene, bin_id)
    return BinDetailOut(
        **{name: getattr(row, name) for name in row.__struct_fields__},
        access_note=site.access_note,
        container_type=ContainerTypeOut(
            id=container.id,
            name=container.name,
            volume_l=container.volume_l,
            max_kg=container.max_kg,
            shape=container.shape.value,
        ),
        sensors=_sensors(city, bin_id, now),
        quality=quality_names(reading.quality) if reading else [],
        last_emptied_utc=emptyings[-1].at_utc if emptyings else None,
        plan_id=plan.id if plan else None,
        reasons=plan_reasons(plan, bin_id) if plan else [],
    )


def history_out(hands: Services, bin_id: BinId, begin: datetime, end: datetime) -> HistoryOut:
    """Return the bin's readings and emptyings; the newest when there are too many."""
    _city_with(hands, bin_id)
    readings = hands.context.readings.range(bin_id, begin, end)
    return HistoryOut(
        bin_id=bin_id,
        readings=[
            ReadingOut(
                measured_utc=each.measured_utc,
                fill_fraction=round(each.fill_fraction, DIGITS),
                quality=quality_names(each.quality),
            )
            for each in readings[-READINGS_MAX:]
        ],
        emptyings=[
            EmptyingOut(
                at_utc=each.at_utc,
                source=each.source.value,
                fill_before_fraction=each.fill_before_fraction,
                fill_after_fraction=each.fill_after_fraction,
            )
            for each in emptyings_of(hands, bin_id, begin, end)
        ],
        truncated=len(readings) > READINGS_MAX,
    )


def forecast_out(hands: Services, bin_id: BinId, hours: int) -> ForecastOut:
    """Return the bin's next hours from the newest forecast; no steps before the first one."""
    _city_with(hands, bin_id)
    forecast = hands.forecasts.current
    if forecast is None:
        return ForecastOut(bin_id=bin_id, as_of_utc=None, steps=[])
    steps = [
        ForecastStepOut(
            at_utc=each.at_utc,
            p10=round(each.p10_fraction, DIGITS),
            p50=round(each.p50_fraction, DIGITS),
            p90=round(each.p90_fraction, DIGITS),
            p_overflow=round(each.p_overflow, DIGITS),
        )
        for each in forecast.steps(bin_id, hours)
    ]
    return ForecastOut(bin_id=bin_id, as_of_utc=forecast.as_of_utc, steps=steps)


def emptyings_of(hands: Services, bin_id: BinId, begin: datetime, end: datetime) -> list[Emptying]:
    """Return what sensors saw and drivers confirmed, oldest first; what a driver took back leaves no trace."""
    seen = hands.context.readings.emptyings(begin, end, bin_id)
    confirmed = hands.ledger.confirmed(begin, end, bin_id)
    return sorted([*seen, *confirmed], key=lambda each: each.at_utc)


def quality_names(quality: Quality) -> list[str]:
    """Return the names of the flags, in lower case; empty for a good reading."""
    return [flag.name.lower() for flag in quality if flag.name]


def plan_reasons(plan: Plan, bin_id: BinId) -> list[ReasonOut]:
    """Return why the bin is on the plan, or why it was left out."""
    for route in plan.routes:
        for stop in route.stops:
            if stop.bin_id == bin_id:
                return reasons_out(stop.reasons)
    for left in plan.left_out:
        if left.bin_id == bin_id:
            return reasons_out(left.reasons)
    return []


def _city_with(hands: Services, bin_id: BinId) -> City:
    city = hands.city.current()
    if bin_id not in city.bins:
        raise NotFoundError(f"there is no bin {bin_id}")
    return city


def _sensors(city: City, bin_id: BinId, now: datetime) -> list[SensorOut]:
    return [
        SensorOut(
            id=each.sensor_id,
            make=city.sensors[each.sensor_id].make,
            model=city.sensors[each.sensor_id].model,
            from_utc=each.from_utc,
        )
        for each in city.installations
        if each.bin_id == bin_id and each.covers(now)
    ]
