"""Key figures of the days that are over, and the audited saving."""
