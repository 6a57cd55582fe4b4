"""What the air does to reports: losses in bursts (Gilbert and Elliott's two states), late ones, doubled ones. Pure.

In a city trial 72 % of LoRaWAN uplinks arrived (Basford 2020), and the losses came in bursts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.truth import Device

LOSS_GOOD = 0.05
LOSS_BAD = 0.90
MEAN_BAD_REPORTS = 6.0
BAD_SHARE = (0.28 - LOSS_GOOD) / (LOSS_BAD - LOSS_GOOD)  # so that 28 % are lost over all
TO_GOOD = 1.0 / MEAN_BAD_REPORTS
TO_BAD = TO_GOOD * BAD_SHARE / (1.0 - BAD_SHARE)
BUFFER_REPORTS = 48


@dataclass(frozen=True, slots=True)
class Sent[T]:
    """A report on its way, and how many times it arrives."""

    report: T
    copies: int = 1


class Channel[T]:
    """One sensor's way into the world: its radio state and what it keeps for later."""

    __slots__ = ("_is_bad", "_keeps", "_kept")

    def __init__(self, device: Device) -> None:
        self._is_bad = False
        self._keeps = device is not Device.LASER_TTS
        self._kept: list[T] = []

    def offer(self, report: T, *, fade: float, loss: float, is_doubled: bool) -> Sequence[Sent[T]]:
        """Return what arrives when this report is sent: nothing, it, or it after those kept before.

        Args:
            report: What the sensor has to say.
            fade: Uniform draw that decides whether the radio state changes.
            loss: Uniform draw that decides whether this report gets through.
            is_doubled: Whether the network hears it twice.
        """
        self._is_bad = fade >= TO_GOOD if self._is_bad else fade < TO_BAD
        if loss < (LOSS_BAD if self._is_bad else LOSS_GOOD):
            if self._keeps:
                self._kept = [*self._kept, report][-BUFFER_REPORTS:]
            return ()
        late = [Sent(each) for each in self._kept]
        self._kept = []
        # What waited comes after the fresh one, oldest first: that is how such devices send.
        return (Sent(report, 2 if is_doubled else 1), *late)
