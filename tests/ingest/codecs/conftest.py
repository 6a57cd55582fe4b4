"""A folder to drop codecs into, and the decoders that look there; no part is replaced but the clock."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.codecs.dropped_in import DroppedIn
from ingest.codecs.sandbox import Call, Limits, Sandbox
from ingest.decode.values import Values
from ingest.message import Uplink
from tomma.city import Sensor
from tomma.model import SensorId

SENT_UTC = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass
class Hands:
    """A clock that is moved by hand."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@dataclass
class Bench:
    """A codec folder with decoders at work on it."""

    folder: Path
    clock: Hands
    codecs: DroppedIn
    written: int = field(default=0)

    def drop(self, name: str, text: str) -> None:
        """Put a file into the folder, and let the next look be due."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(self.folder / name)
        self.later(2.0)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.now_s += seconds

    def decode(
        self, frame: str = "", *, make: str = "Acme", model: str = "", port: int | None = 1, **more: Any
    ) -> Sequence[Values]:
        """Decode one frame of a device."""
        sensor = Sensor(SensorId("S"), make, model)
        uplink = Uplink(("S",), SENT_UTC, frame=bytes.fromhex(frame), port=port, **more)
        found = self.codecs.find(sensor)
        assert found is not None, f"no codec for {make} {model}"
        return found(uplink)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An empty folder."""
    clock = Hands()
    with contextlib.closing(DroppedIn(tmp_path / "codecs", monotonic=clock)) as codecs:
        yield Bench(tmp_path / "codecs", clock, codecs)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests that do no harm to each other."""
    with contextlib.closing(Sandbox(Limits(time_s=0.03, load_s=0.2))) as opened:
        yield opened


class Runner:
    """Loads a script and runs it, in one word."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def __call__(self, source: str, frame: bytes = b"\x01\x02", port: int = 7) -> dict[str, Any]:
        """Return the answer for one frame."""
        why = self.sandbox.load("it", source)
        assert why is None, why
        (answer,) = self.sandbox.run([Call("it", frame, port, 1_780_000_000_000, with_log=True)])
        told: dict[str, Any] = json.loads(answer)
        return told


@pytest.fixture
def run(sandbox: Sandbox) -> Runner:
    """Run a script in the shared sandbox."""
    return Runner(sandbox)
