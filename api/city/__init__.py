"""The city as the pages first ask for it: name, bounds, streams, depots, trucks and the clock."""
