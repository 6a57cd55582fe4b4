"""The one error of parsing: raised anywhere between bytes and reading, turned into a value by the pipeline."""

from collections.abc import Mapping
from dataclasses import replace

from tomma.bounds import Advice, BoundError
from tomma.model import RejectReason

SHOWN_CHARACTERS = 60
ADVICE: Mapping[Advice, str] = {
    Advice.ANOTHER_MAKE: "`tomma codec add` teaches another make",
    Advice.KELVIN: "did you send kelvin?",
    Advice.MILLIVOLTS: "did you send millivolts?",
    Advice.NOT_MILLIMETRES: "is it in millimetres?",
    Advice.PER_CENT: "did you send per cent?",
}
"""In the text of a refusal; pages have words of their own."""


class RefusedError(ValueError):
    """A message that cannot become a reading; `reason` counts it, the text tells it in one plain sentence."""

    def __init__(self, reason: RejectReason, told: BoundError, advice: Advice | None = None) -> None:
        """Keep the reason and what broke its bound, by its parts, and what may help."""
        super().__init__(f"{told}; {ADVICE[advice]}" if advice else str(told))
        self.reason = reason
        self.breach = replace(told.breach, advice=advice)


class StrangerError(RefusedError):
    """The device is unknown, or hangs in no bin: it waits in quarantine under its names."""

    def __init__(self, reason: RejectReason, told: BoundError, device_ids: tuple[str, ...]) -> None:
        """Keep the device's names, too."""
        super().__init__(reason, told)
        self.device_ids = device_ids


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
