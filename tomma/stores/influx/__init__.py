"""Readings on an InfluxDB server, durable here first."""
