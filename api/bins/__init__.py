"""Bins: where they stand, how full they are, what is expected of them, and why they are on the plan or not."""
