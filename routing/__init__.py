"""Bins to routes: which bins to empty today, in which order, with which truck, and why."""
