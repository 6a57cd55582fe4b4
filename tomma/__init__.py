"""The shared language of tomma: what things are, what is asked of the world, what can go wrong."""
