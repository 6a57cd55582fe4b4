"""The drivers' tablets: let in by a code, known by a token, shut out by one touch."""
