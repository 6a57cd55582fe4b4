"""What this machine cannot do."""

from tomma.errors import TommaError


class NotHereError(TommaError):
    """A case cannot run here: a right, a compiler or a program is missing. It is told as skipped, never as passed."""
