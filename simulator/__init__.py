"""A city that plays sensors, residents and trucks: the proving ground."""
