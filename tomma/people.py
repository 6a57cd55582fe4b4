"""Who may come in: people, their roles and what they may see of the city."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is here for. A person may have several; what one role may do is written at each route."""

    MANAGER = "manager"
    """Plans the collection and changes what belongs to it."""
    CONTRACTOR = "contractor"
    """Manages some areas for the city, and sees only those."""
    DRIVER = "driver"
    """Drives a route of today."""
    INSTALLER = "installer"
    """Hangs sensors into bins."""
    ADMIN = "admin"
    """Lets people in and out."""
    AUDITOR = "auditor"
    """Reads everything and changes nothing."""
    MONITOR = "monitor"
    """A program that watches the server's health."""
    SENSOR = "sensor"
    """A device that hands in readings over HTTP."""
    PUBLIC = "public"
    """Anybody, signed in or not: what is listed with it is open."""
