"""Who did what: recorded behind every door, and read by auditors."""
