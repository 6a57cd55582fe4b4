"""How often the quality flags are right, on faults that are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from simulator.disturbances import Disturbance, Fault
from tomma.model import BinId, Quality, Reading

HOUR = timedelta(hours=1)
CAUSES = {
    Quality.SPIKE: (Fault.ECHO, Fault.CARDBOARD, Fault.BLOCKED),
    Quality.STUCK: (Fault.STUCK,),
    Quality.BLOCKED: (Fault.BLOCKED, Fault.CARDBOARD),
    Quality.UNFOLDED: (Fault.CARDBOARD, Fault.BLOCKED, Fault.ECHO),
}
"""Which faults each flag may rightly tell: cardboard stands before a sensor as a bag does, only not for days."""
MUST = {Quality.STUCK: Fault.STUCK, Quality.BLOCKED: Fault.BLOCKED, Quality.UNFOLDED: Fault.CARDBOARD}
"""The fault that each flag is for; an echo is looked at by chance only, so nothing is asked for `SPIKE`."""
LASTING = {Fault.STUCK: 80 * HOUR, Fault.BLOCKED: 12 * HOUR, Fault.CARDBOARD: timedelta(0)}
"""A rule that waits for so long cannot tell what lasted shorter."""
SHOWS_FRACTION = 0.4
"""A fault that moved the level by less hid nothing."""
LATER = timedelta(hours=12)
"""A flag may come with the first reading after the fault, which the radio may have lost."""


@dataclass(frozen=True, slots=True)
class FlagScore:
    """One flag on one data set."""

    flagged: int
    false: int
    readings: int
    faults: int
    """How many showed and lasted long enough."""
    found: int

    @property
    def false_fraction(self) -> float:
        """Share of all undisturbed readings that are flagged nevertheless."""
        return self.false / self.readings if self.readings else 0.0

    def as_json(self) -> dict[str, object]:
        """Return the figures as shown."""
        return {
            "flagged": self.flagged,
            "false_fraction": round(self.false_fraction, 5),
            "faults": self.faults,
            "missed_fraction": round(1.0 - self.found / self.faults, 3) if self.faults else None,
        }

    def sentence(self) -> str:
        """Return the figures in words."""
        found = f", {self.found} of {self.faults} faults found" if self.faults else ""
        return f"{self.flagged} flagged, {self.false_fraction:.3%} of good readings{found}"


def flag_scores(
    histories: Mapping[BinId, Sequence[Reading]], disturbed: Mapping[BinId, Sequence[Disturbance]]
) -> Mapping[str, FlagScore]:
    """Return the score of every flag of `CAUSES`."""
    return {str(flag.name).lower(): _score(flag, histories, disturbed) for flag in CAUSES}


def _score(
    flag: Quality, histories: Mapping[BinId, Sequence[Reading]], disturbed: Mapping[BinId, Sequence[Disturbance]]
) -> FlagScore:
    flagged = false = readings = faults = found = 0
    for bin_id, history in histories.items():
        causes = [each for each in disturbed.get(bin_id, ()) if each.fault in CAUSES[flag]]
        told = [each for each in history if each.quality & flag]
        readings += len(history)
        flagged += len(told)
        false += sum(not any(_may_tell(cause, each) for cause in causes) for each in told)
        for cause in causes:
            if cause.fault is MUST.get(flag) and _shows(cause, history):
                faults += 1
                found += any(_may_tell(cause, each) for each in told)
    return FlagScore(flagged, false, readings, faults, found)


def _may_tell(cause: Disturbance, reading: Reading) -> bool:
    return cause.from_utc <= reading.measured_utc <= cause.to_utc + LATER


def _shows(cause: Disturbance, history: Sequence[Reading]) -> bool:
    """Return whether the sensor spoke often enough meanwhile, and of something else than before."""
    if cause.to_utc - cause.from_utc < LASTING[cause.fault]:
        return False
    during = [each.fill_fraction for each in history if cause.covers(each.measured_utc)]
    before = [each.fill_fraction for each in history if each.measured_utc < cause.from_utc][-3:]
    after = [each for each in history if each.measured_utc >= cause.to_utc]
    if cause.fault is Fault.STUCK:
        return len(during) > LASTING[cause.fault] / HOUR / 2
    return len(during) >= 2 and len(before) == 3 and len(after) >= 2 and min(during) - max(before) >= SHOWS_FRACTION
