"""Plans: ordered, made in the background, followed, read and published."""
