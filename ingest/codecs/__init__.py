"""Decoders that a city drops in: makers' scripts in a process of their own, and mapping files."""
