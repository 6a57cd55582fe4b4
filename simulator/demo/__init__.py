"""`tomma demo`: a whole installation with a simulated town, as one process tree."""
