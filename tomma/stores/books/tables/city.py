"""The tables of the master data: what the city owns, and what hangs where. Each value has a column of its own."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import (
    UtcDateTime,
    json_list,
    key,
    metadata,
    moment,
    number,
    points_to,
    text,
    whole,
)

organisation = sa.Table("organisation", metadata, key(), text("name"), text("timezone"), text("currency"))
fraction = sa.Table(
    "fraction",
    metadata,
    key("code"),
    text("name_sv"),
    text("name_en"),
    number("density_kg_per_l"),
    number("hygiene_interval_days", nullable=True),
)
container_type = sa.Table(
    "container_type",
    metadata,
    key(),
    text("name"),
    number("volume_l"),
    number("empty_mm"),
    number("full_mm"),
    number("max_kg"),
    text("shape"),
    number("taper_ratio", nullable=True),
    number("diameter_mm", nullable=True),
    number("shaft_mm", nullable=True),
    number("shaft_ratio", nullable=True),
    json_list("volume_table"),
    json_list("skills"),
)
site = sa.Table(
    "site",
    metadata,
    key(),
    text("name"),
    number("lat_deg"),
    number("lon_deg"),
    text("access_note"),
    whole("service_s"),
    json_list("access"),
    sa.Column("kerb", sa.Boolean, nullable=False),
    text("area"),
)
bin_ = sa.Table(
    "bin",
    metadata,
    key(),
    points_to("site_id", "site.id", index=True),
    points_to("container_type_id", "container_type.id"),
    points_to("fraction_code", "fraction.code"),
    whole("service_s"),
    json_list("skills"),
    json_list("fixed_rounds"),
)
sensor = sa.Table(
    "sensor",
    metadata,
    key(),
    text("make"),
    text("model"),
    number("dead_zone_mm"),
    number("sound_reference_c", nullable=True),
)
installation = sa.Table(
    "installation",
    metadata,
    points_to("sensor_id", "sensor.id", key=True),
    sa.Column("from_utc", UtcDateTime, primary_key=True),
    points_to("bin_id", "bin.id", index=True),
    moment("to_utc", nullable=True),
    number("offset_mm"),
    number("tilt_deg"),
    number("empty_mm", nullable=True),
    number("full_mm", nullable=True),
)
depot = sa.Table("depot", metadata, key(), text("name"), number("lat_deg"), number("lon_deg"))
vehicle = sa.Table(
    "vehicle",
    metadata,
    key(),
    text("name"),
    points_to("depot_id", "depot.id"),
    number("capacity_l"),
    number("capacity_kg"),
    whole("shift_start_s"),
    whole("shift_end_s"),
    text("road_profile"),
    whole("fixed_cost_minor"),
    sa.Column("end_depot_id", sa.Text, sa.ForeignKey("depot.id"), nullable=True),
    json_list("compartments"),
    json_list("skills"),
    whole("overtime_s"),
    whole("overtime_cost_per_h_minor"),
    whole("cost_per_km_minor", nullable=True),
    whole("cost_per_h_minor", nullable=True),
    whole("max_unloads_per_day", nullable=True),
    whole("max_bins_per_day", nullable=True),
    number("max_l_per_day", nullable=True),
    number("max_kg_per_day", nullable=True),
    number("weight_kg", nullable=True),
    number("height_m", nullable=True),
)
vehicle_fraction = sa.Table(
    "vehicle_fraction",
    metadata,
    points_to("vehicle_id", "vehicle.id", key=True),
    points_to("fraction_code", "fraction.code", key=True),
)
vehicle_break = sa.Table(
    "vehicle_break",
    metadata,
    points_to("vehicle_id", "vehicle.id", key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    whole("earliest_s"),
    whole("latest_s"),
    whole("duration_s"),
)
disposal_site = sa.Table(
    "disposal_site",
    metadata,
    key(),
    text("name"),
    number("lat_deg"),
    number("lon_deg"),
    whole("opens_s"),
    whole("closes_s"),
    whole("unload_s"),
    json_list("hours"),
)
disposal_site_fraction = sa.Table(
    "disposal_site_fraction",
    metadata,
    points_to("disposal_site_id", "disposal_site.id", key=True),
    points_to("fraction_code", "fraction.code", key=True),
)
MASTER_DATA = (
    organisation,
    fraction,
    container_type,
    site,
    bin_,
    sensor,
    installation,
    depot,
    vehicle,
    vehicle_fraction,
    vehicle_break,
    disposal_site,
    disposal_site_fraction,
)
"""In order of dependency: what is pointed to comes first."""
