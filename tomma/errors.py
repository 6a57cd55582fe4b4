"""Everything that can go wrong and is ours to tell.

TommaError
├── ConfigurationError        a setting is missing, unknown or out of bounds: fix it and start again
├── StoreUnavailableError     a store cannot promise durability now: nothing was acknowledged, try later
├── ConflictError             somebody else was first, or the thing has moved on: read again
├── NotFoundError             there is no such thing (or it is not yours to see)
├── ImportRefusedError        a file does not say what it must: the rows are named
├── RoadsUnavailableError     the street network cannot be asked: the marked fallback is used
├── NotSentError              a message to people or another system did not leave: it is tried again, or given up
└── EngineFailedError         a planner gave no usable answer in time: the next one is asked

A bad message from a sensor is not in this tree: it is a value (`tomma.model.Rejected`).
"""


class TommaError(Exception):
    """The root: says what, with which value, and what now."""


class ConfigurationError(TommaError):
    """A setting is missing, unknown or out of bounds."""


class StoreUnavailableError(TommaError):
    """A store cannot promise durability now; nothing was acknowledged."""


class ConflictError(TommaError):
    """Somebody else was first, or the thing has moved on."""


class NotFoundError(TommaError):
    """There is no such thing, or it is not the asker's to see."""


class ImportRefusedError(TommaError):
    """A file does not say what it must; the message names the rows."""


class RoadsUnavailableError(TommaError):
    """The street network cannot be asked."""


class NotSentError(TommaError):
    """A message did not leave; `for_good` when trying again cannot help."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


class EngineFailedError(TommaError):
    """A planner gave no usable answer in time."""
