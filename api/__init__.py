"""The HTTP door: the public API, the pages of the manager and of the driver."""
