"""Starts every part of the demo, watches them, and ends them all."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ingest.brokers.listening import HOST, free_port
from simulator.demo.child import Child, ChildDiedError
from simulator.demo.choices import DemoChoices
from simulator.demo.home import Home, is_prepared, move_in, note_prepared, open_folder
from simulator.demo.ports import first_free_port
from simulator.door import begin_second_rounds, register_city
from simulator.presets import SHIPPED_EXTRACT
from simulator.towns import make_town
from tomma.settings import Settings

type Tell = Callable[[str], None]

LOOK_S = 0.1
READY_WITHIN_S = 90.0
HISTORY_SLOWER = 10.0  # than on two cores of its own
PREPARED_WITHIN_S = 600.0
END_WITHIN_S = 8.0
MEMORY_AFTER_S = 45.0


class _Stopped(Exception):  # noqa: N818  (not an error: the person said stop)
    """Somebody asked the demo to end."""


def run_demo(choices: DemoChoices, stop: threading.Event, tell: Tell) -> dict[str, object]:
    """Run the demo until `stop` is set; ChildDiedError if a part of it ends by itself."""
    began_s = time.monotonic()
    folder = open_folder(choices.data_dir, fresh=choices.fresh)
    http_port = first_free_port(choices.port)
    if http_port != choices.port:
        tell(f"port {choices.port} is taken; using {http_port}")
    home = move_in(folder, http_port, free_port(), choices.speed, choices.head_start_s)
    result: dict[str, object] = {"url": f"http://{HOST}:{http_port}/", "ended": "stopped"}
    with _family(stop) as family:
        try:
            _prepare(family, home, tell)
            # Preparing takes a minute the first time: the clock starts after it.
            home = move_in(folder, http_port, home.mqtt_port, choices.speed, choices.head_start_s)
            _start(family, home, choices, tell)
            result["ready_s"] = round(time.monotonic() - began_s, 1)
            _watch(family, choices, tell, result)
        except _Stopped:
            tell("ending")
    return result


def _prepare(family: "_Family", home: Home, tell: Tell) -> None:
    """Register the town's map and streets, once per extract."""
    if is_prepared(home.data_dir):
        tell("map and streets are prepared")
        return
    tell("preparing the map and the street network (once)")
    builders = [
        family.add("basemap", ["basemap", "build", str(SHIPPED_EXTRACT)], home),
        # Turn texts are built by the server when the first driver asks: nobody waits for them here.
        family.add("roads", ["roads", "build", "--no-guidance", str(SHIPPED_EXTRACT)], home),
    ]
    family.wait(lambda: all(each.ended_with() is not None for each in builders), PREPARED_WITHIN_S, "map", builders)
    for each in builders:
        if each.ended_with():
            each.check_alive()
        family.forget(each)
    note_prepared(home.data_dir)


def _start(family: "_Family", home: Home, choices: DemoChoices, tell: Tell) -> None:
    town = make_town(choices.size, choices.seed)
    settings = Settings(data_dir=home.data_dir)
    register_city(settings, town.city, replace=True)
    begin_second_rounds(settings, home.clock_start_utc)
    tell(f"town of {len(town.city.bins)} bins at {len(town.city.sites)} places, {len(town.city.vehicles)} trucks")
    ingest = family.add("ingest", ["ingest", "--embedded-broker"], home)
    family.wait_for_line(ingest, "ingest ready", tell)
    tell("broker and ingest are ready; loading history over MQTT")
    simulate = family.add("simulate", _simulate_arguments(home, choices), home)
    patience_s = READY_WITHIN_S + HISTORY_SLOWER * choices.head_start_s
    family.wait_for_line(simulate, "history published", tell, patience_s)
    # Only now: a forecast made from half a history would call every sensor silent for its first minutes.
    serve = family.add("serve", ["serve", f"--host={HOST}", f"--port={home.http_port}"], home)
    family.wait_for_line(serve, "tomma serves", tell)
    address = f"http://{HOST}:{home.http_port}"
    tell(f"\n  map and plans   {address}/\n  driver's page   {address}/driver\n")
    family.wait_for_line(simulate, "live", tell, patience_s)
    tell(f"live: {choices.speed:g} times as fast as real time. Ctrl-C ends everything.")


def _simulate_arguments(home: Home, choices: DemoChoices) -> list[str]:
    size = ["--bins", str(choices.size)] if isinstance(choices.size, int) else ["--preset", choices.size]
    return [
        "simulate",
        *size,
        f"--seed={choices.seed}",
        f"--days-of-history={choices.history_days}",
        f"--planned-days={choices.planned_days}",
        f"--reports-per-hour={choices.reports_per_hour}",
        f"--broker={HOST}:{home.mqtt_port}",
        f"--api=http://{HOST}:{home.http_port}",
        f"--plan-budget-s={choices.plan_budget_s}",
    ]


def _watch(family: "_Family", choices: DemoChoices, tell: Tell, result: dict[str, object]) -> None:
    began_s = time.monotonic()
    while True:
        family.look(tell)
        past_s = time.monotonic() - began_s
        if "memory_mb" not in result and past_s >= min(MEMORY_AFTER_S, (choices.once_s or MEMORY_AFTER_S) * 0.8):
            result["memory_mb"] = family.memory_mb()
            tell(f"memory of all parts: {result['memory_mb']} MB resident")
        if choices.once_s is not None and past_s >= choices.once_s:
            result["ended"] = "once"
            return
        family.pause()


@contextmanager
def _family(stop: threading.Event) -> Iterator["_Family"]:
    family = _Family(stop)
    try:
        yield family
    finally:
        family.end()


class _Family:
    """The children that run."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._children: list[Child] = []

    def add(self, name: str, arguments: list[str], home: Home) -> Child:
        """Start one."""
        child = Child(name, arguments, _environment(home), home.log_path(name))
        self._children.append(child)
        return child

    def forget(self, child: Child) -> None:
        """Stop watching one that has done its work."""
        child.make_end(time.monotonic())
        self._children.remove(child)

    def wait_for_line(self, child: Child, beginning: str, tell: Tell, within_s: float = READY_WITHIN_S) -> None:
        """Wait until the child says a line that begins so; what it says before is passed on."""
        said = False

        def is_said() -> bool:
            nonlocal said
            for line in child.new_lines():
                said = said or line.startswith(beginning)
                if not line.startswith(beginning):
                    tell(f"{child.name}: {line}")
            return said

        self.wait(is_said, within_s, f"{child.name} to say '{beginning}'")

    def wait(self, is_so: Callable[[], bool], within_s: float, what: str, may_end: list[Child] | None = None) -> None:
        """Wait until it is so; ChildDiedError when a child ends meanwhile that must not, or time runs out."""
        deadline_s = time.monotonic() + within_s
        while not is_so():
            for child in self._children:
                if child not in (may_end or []):
                    child.check_alive()
            if time.monotonic() > deadline_s:
                raise ChildDiedError(f"waited {within_s:g} s for {what}, in vain; the logs may tell why")
            self.pause()

    def look(self, tell: Tell) -> None:
        """Pass on what children say; ChildDiedError if one has ended."""
        for child in self._children:
            for line in child.new_lines():
                tell(f"{child.name}: {line}")
            child.check_alive()

    def pause(self) -> None:
        """Let a moment pass; _Stopped when the person wants to end."""
        if self._stop.wait(LOOK_S):
            raise _Stopped

    def memory_mb(self) -> int:
        """Return the resident memory of all children and theirs."""
        return round(sum(child.memory_bytes() for child in self._children) / 2**20)

    def end(self) -> None:
        """End all, those first that talk to the others."""
        deadline_s = time.monotonic() + END_WITHIN_S
        for child in reversed(self._children):
            child.ask_to_end()
        for child in reversed(self._children):
            child.make_end(deadline_s)


def _environment(home: Home) -> dict[str, str]:
    """Our variables without anybody's TOMMA_* settings: the demo's own file says everything."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TOMMA_")}
    return {**kept, "TOMMA_CONFIG": str(home.settings_path), "PYTHONUNBUFFERED": "1"}
