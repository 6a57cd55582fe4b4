"""The one error of parsing: raised anywhere between bytes and reading, turned into a value by the pipeline."""

from tomma.bounds import BoundError
from tomma.model import RejectReason

SHOWN_CHARACTERS = 60


class RefusedError(ValueError):
    """A message that cannot become a reading; `reason` counts it, the text tells it in one plain sentence."""

    def __init__(self, reason: RejectReason, told: BoundError, hint: str = "") -> None:
        """Keep the reason and what broke its bound, by its parts; `hint` may tell the likely mistake."""
        super().__init__(f"{told}; {hint}" if hint else str(told))
        self.reason = reason
        self.breach = told.breach


def unknown_format(told: BoundError) -> RefusedError:
    """Return the error for bytes that no decoder makes anything of."""
    return RefusedError(RejectReason.UNKNOWN_FORMAT, told)


def no_reading(told: BoundError) -> RefusedError:
    """Return the error for a message that is right and carries no reading."""
    return RefusedError(RejectReason.NO_READING, told)


def shown(value: object) -> str:
    """Return the value as it may stand in a sentence: short, printable, pure ASCII (no bidi or zero-width tricks)."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a number of {value.bit_length()} bits"
    text = ascii(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}... ({len(text)} characters)"
