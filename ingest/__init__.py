"""Readings in: from an MQTT message to a durable reading, never losing one."""
