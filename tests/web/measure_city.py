"""Measure the city's page at 11,100 bins: `python -m tests.web.measure_city` prints one line of JSON.

Times are not tested, machines are shared: look at them here. Processor time is the main thread's own (`threadTicks`),
so a busy machine does not show in it; what an idle page uses in the same time is taken off.
"""

import json
import random
import statistics
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from api.basemap.build import build_basemap
from simulator.map_town import live_into
from simulator.presets import SHIPPED_EXTRACT
from simulator.towns import make_town
from tests.web.browsing import launch, map_is_drawn, watching
from tests.web.stack import NOW, SEED, Stack, serving, settings_of
from tomma.model import Reading
from tomma.stores.wiring import open_stores

PRESET, DAYS = "city-11100", 2
CHANGED, ROUNDS = 100, 7
WINDOW_MS, SETTLE_MS = 2_500, 8_000
FORECAST_MS = 180_000  # the first forecast of so many bins, beside everything else
HOURS = (24, 48, 72, 0)


def seed_city(data_dir: Path) -> Path:
    """Fill a data folder with a large city and its last days."""
    settings, town = settings_of(data_dir), make_town(PRESET, SEED)
    build_basemap(SHIPPED_EXTRACT, settings.basemap_path)
    with open_stores(settings) as stores:
        stores.registry.save(town.city)
        live_into(stores.readings, town, NOW - timedelta(days=DAYS), NOW, SEED)
    return data_dir


def cpu_ms(session: CDPSession) -> float:
    """Processor time the page's main thread has used so far."""
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return 1_000.0 * float(metrics["TaskDuration"])


def spent_ms(page: Page, session: CDPSession) -> float:
    """Processor time the main thread uses from now until the window is over."""
    before = cpu_ms(session)
    page.wait_for_timeout(WINDOW_MS)
    return cpu_ms(session) - before


def change_some(stack: Stack) -> None:
    """Store a hundred new levels at once, each in another band than before, so that each looks different."""
    latest = list(stack.stores.readings.latest().values())
    at_utc = max(each.measured_utc for each in latest) + timedelta(minutes=10)
    chosen = random.Random(int(at_utc.timestamp())).sample(latest, CHANGED)  # noqa: S311  (which bins, not a secret)
    stack.stores.readings.append(
        [Reading(each.bin_id, each.sensor_id, at_utc, at_utc, (each.fill_fraction + 0.45) % 1.0) for each in chosen]
    )


def live_update_ms(page: Page, stack: Stack, session: CDPSession) -> list[float]:
    """What a hundred changed bins cost the main thread, an idle page's work taken off."""
    found = []
    for _ in range(ROUNDS):
        idle = spent_ms(page, session)
        change_some(stack)
        found.append(max(0.0, spent_ms(page, session) - idle))
    return found


def slider_ms(page: Page, session: CDPSession) -> list[float]:
    """What one move of the forecast's slider costs."""
    found = []
    for hour in HOURS:
        idle = spent_ms(page, session)
        page.locator("#ahead-hour").fill(str(hour))
        found.append(max(0.0, spent_ms(page, session) - idle))
    return found


def measure(stack: Stack) -> dict[str, object]:
    """Open the page with its map, then its table, and measure both."""
    told: dict[str, object] = {"bins": len(stack.ask("/map/levels")["fill_pct"])}
    with sync_playwright() as playwright:
        browser = launch(playwright)
        with watching(browser, stack.address, with_map=True) as watched:
            sizes: dict[str, int] = {}

            def weigh(request: object) -> None:
                url = request.url  # type: ignore[attr-defined]
                if "/api/v1/" in url and not url.endswith("/stream"):
                    sizes[url] = request.sizes()["responseBodySize"]  # type: ignore[attr-defined]

            watched.page.on("requestfinished", weigh)
            session = watched.context.new_cdp_session(watched.page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            page = watched.go("/")
            map_is_drawn(page)
            page.locator("#ahead-hour:enabled").wait_for(timeout=FORECAST_MS)
            page.wait_for_timeout(SETTLE_MS)
            told |= {"first_load_bytes": sum(sizes.values()), "cpu_until_settled_ms": round(cpu_ms(session))}
            told["slider_ms"] = [round(each) for each in slider_ms(page, session)]
            on_map = live_update_ms(page, stack, session)
            told["live_100_map_ms"] = [round(each, 1) for each in on_map]
            page.locator(".views button").last.click()
            page.wait_for_timeout(SETTLE_MS)
            in_table = live_update_ms(page, stack, session)
            told["live_100_table_ms"] = [round(each, 1) for each in in_table]
            told["live_100_map_median_ms"] = round(statistics.median(on_map), 1)
            told["live_100_table_median_ms"] = round(statistics.median(in_table), 1)
        browser.close()
    return told


def main() -> None:
    """Make a city (or take the folder that is named), measure, print."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else seed_city(Path(made) / "city")
        with serving(folder) as stack:
            print(json.dumps(measure(stack)))  # noqa: T201  (this is what the command is for)


if __name__ == "__main__":
    main()
