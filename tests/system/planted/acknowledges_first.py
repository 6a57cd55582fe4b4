"""Planted fault: `tomma` whose subscriber acknowledges before the store has promised anything."""

import time
from typing import Any

from ingest.stream.subscriber import Subscriber
from tomma.cli import main

if __name__ == "__main__":
    honest = Subscriber._store_then_acknowledge

    def hasty(self: Any, batch: Any, deliveries: Any) -> None:
        """Acknowledge, dawdle, store."""
        self._link.acknowledge(deliveries)
        self._link.pump(0.05)
        time.sleep(1.0)
        honest(self, batch, deliveries)

    Subscriber._store_then_acknowledge = hasty  # type: ignore[method-assign]
    main()
