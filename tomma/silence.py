"""How long a sensor may say nothing before its silence is news: one rule for alerts, map and plans. Pure.

Makes speak four times an hour or once a day, and the radio loses 28 % in bursts: so each sensor's patience is learned
from its own gaps. Figures: docs/decisions/0010-quality-emptyings-alerts.md.
"""

PATIENCE_MIN_S = 2 * 3600.0
PATIENCE_UNKNOWN_S = 48 * 3600.0
"""Of a sensor that spoke less than `GAPS_MIN` times: it may speak once a day."""
PATIENCE_MAX_S = 8 * 86_400.0
GAPS_MIN = 4
OF_USUAL = 6.0
"""Of a sensor that loses next to nothing."""
OF_USUAL_WHEN_LOSSY = 24.0
OF_LONGEST = 1.5
"""With 28 % lost in bursts, 2 to 3 false silences a thousand sensor-days; half of it brings 20."""


def patience_s(gaps: int, usual_s: float, longest_s: float, *, loses_nothing: bool = False) -> float:
    """Return how long this sensor may be silent.

    Args:
        gaps: How many pauses between its messages were seen lately.
        usual_s: Their median, or what its city's sensors usually keep when it has none of its own. [s]
        longest_s: The longest of them. [s]
        loses_nothing: Whether it was heard each time it spoke; by when it measured nobody can tell.

    >>> patience_s(60, usual_s=3600.0, longest_s=3700.0, loses_nothing=True) / 3600.0
    6.0
    >>> patience_s(60, usual_s=3600.0, longest_s=10_800.0) / 3600.0
    24.0
    """
    of_usual = OF_USUAL if loses_nothing else OF_USUAL_WHEN_LOSSY
    least_s = PATIENCE_MIN_S if gaps >= GAPS_MIN else PATIENCE_UNKNOWN_S
    return min(max(of_usual * usual_s, OF_LONGEST * longest_s, least_s), PATIENCE_MAX_S)
