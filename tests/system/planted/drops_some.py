"""Planted fault: `tomma` whose store forgets every hundredth reading and says that it has it."""

from typing import Any

from tomma.cli import main
from tomma.stores.readings.sqlite import SqliteReadings

if __name__ == "__main__":
    honest = SqliteReadings.append

    def forgetful(self: Any, readings: Any, *rest: Any, **named: Any) -> Any:
        """Leave out what is due."""
        kept = [each for each in readings if each.measured_utc.microsecond // 1000 % 100 != 42]
        return honest(self, kept, *rest, **named)

    SqliteReadings.append = forgetful  # type: ignore[method-assign]
    main()
