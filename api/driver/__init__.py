"""The driver's day: the published route, the actions made on the tablet, and what they add up to."""
