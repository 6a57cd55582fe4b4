"""Plays real recordings through the same door as live sensors."""
