"""Readings over HTTP: what a network server pushes, or a device that speaks no MQTT."""
