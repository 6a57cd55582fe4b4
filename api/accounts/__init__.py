"""People: how they sign in, what they are known by, and who lets them in and out."""
