"""When one may enter: spans of the local day, on some weekdays."""

from dataclasses import dataclass

from tomma.bounds import check_within

DAY_S = 24 * 3600
ISO_WEEKDAYS = frozenset(range(1, 8))
"""1 is Monday, 7 is Sunday."""


@dataclass(frozen=True, slots=True)
class OpenHours:
    """A span of the local day in which one may enter, on some weekdays. Several of one day add up."""

    opens_s: int
    closes_s: int
    weekdays: frozenset[int] = ISO_WEEKDAYS

    def __post_init__(self) -> None:
        """Refuse hours turned around, and days that no week has."""
        check_within("opens_s", self.opens_s, 0, DAY_S)
        check_within("closes_s", self.closes_s, self.opens_s + 1, DAY_S)
        if not self.weekdays or not self.weekdays <= ISO_WEEKDAYS:
            raise ValueError(f"weekdays must be some of 1 (Monday) to 7 (Sunday), got {sorted(self.weekdays)}")


def open_spans(hours: tuple[OpenHours, ...], iso_weekday: int) -> tuple[tuple[int, int], ...]:
    """Return when one may enter on such a day: spans (opens_s, closes_s) in order, those that touch as one."""
    spans: list[tuple[int, int]] = []
    for each in sorted(hours, key=lambda span: (span.opens_s, span.closes_s)):
        if iso_weekday not in each.weekdays:
            continue
        if spans and each.opens_s <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], each.closes_s))
        else:
            spans.append((each.opens_s, each.closes_s))
    return tuple(spans)
