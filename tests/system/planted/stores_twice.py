"""Planted fault: `tomma` whose store keeps a second copy of some readings under another time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tomma.cli import main
from tomma.stores.readings.sqlite import SqliteReadings

if __name__ == "__main__":
    honest = SqliteReadings.append

    def doubling(self: Any, readings: Any, *rest: Any, **named: Any) -> Any:
        """Add a copy of some."""
        copies = [
            replace(each, measured_utc=each.measured_utc + timedelta(hours=1))
            for each in readings
            if each.measured_utc.microsecond // 1000 % 100 == 42
        ]
        return honest(self, [*readings, *copies], *rest, **named)

    SqliteReadings.append = doubling  # type: ignore[method-assign]
    main()
