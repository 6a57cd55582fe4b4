"""The day as it goes: planned beside done, what strays, and the rest of the day planned anew."""
