"""The logins of devices at this city's broker: given, changed and taken away by the office."""
