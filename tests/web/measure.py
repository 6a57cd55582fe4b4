"""Measure what the driver's page costs: `python -m tests.web.measure` prints one line of JSON.

Times are not tested, machines are shared: look at them here. Processor time is the main thread's own (`threadTicks`),
so a busy machine does not show in it; the way of a tap to the disk is by the clock on the wall.
"""

import json
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.web.browsing import launch, map_is_drawn, watching
from tests.web.stack import Stack, copy_of, seed, serving

DRIVER = "/driver?vehicle=truck-1"
RUNS, TAPS = 5, 60

KEEP_TAPS = """async (taps) => {
  const {openOutbox} = await import("/static/driver/outbox.js");
  const outbox = await openOutbox();
  const took = [];
  for (let n = 0; n < taps; n += 1) {
    const before = performance.now();
    await outbox.keep([{kind: "emptied", bin_id: "B1"}], {stop_key: "B1#1", name: "B1"});
    took.push(performance.now() - before);
  }
  return took;
}"""


def cpu_until_usable_ms(browser: Browser, stack: Stack) -> float:
    """Main-thread processor time until the next stop's button stands there, in a fresh profile."""
    with watching(browser, stack.address) as watched:
        session = watched.context.new_cdp_session(watched.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        watched.go(DRIVER)
        watched.page.locator(".big.go").wait_for()
        metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        return 1000.0 * float(metrics["TaskDuration"])


def heap_mb(browser: Browser, stack: Stack) -> float:
    """What the page holds with its map drawn, after a collection."""
    with watching(browser, stack.address, with_map=True) as watched:
        map_is_drawn(watched.go(DRIVER))
        session = watched.context.new_cdp_session(watched.page)
        session.send("HeapProfiler.collectGarbage")
        return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def tap_to_disk_ms(browser: Browser, stack: Stack) -> list[float]:
    """How long a tap takes until it is durable."""
    with watching(browser, stack.address) as watched:
        watched.go("/driver")
        found: list[float] = watched.page.evaluate(KEEP_TAPS, TAPS)
        return found


def main() -> None:
    """Make a town, measure, print."""
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        with serving(seed(Path(made) / "seeded")) as stack:
            stack.plan_and_publish()
        browser = launch(playwright)
        with serving(copy_of(Path(made) / "seeded", Path(made) / "own")) as stack:
            taps = sorted(tap_to_disk_ms(browser, stack))
            told = {
                "cpu_until_usable_ms": round(
                    statistics.median(cpu_until_usable_ms(browser, stack) for _ in range(RUNS)), 1
                ),
                "tap_to_disk_p95_ms": round(taps[int(0.95 * len(taps))], 1),
                "heap_mb": round(heap_mb(browser, stack), 1),
            }
        browser.close()
    print(json.dumps(told))  # noqa: T201  (this is what the command is for)


if __name__ == "__main__":
    main()
