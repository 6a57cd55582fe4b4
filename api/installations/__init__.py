"""What an installer does on the spot: hang, swap, measure, photograph, and see the first reading come in."""
