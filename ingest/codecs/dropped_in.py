"""The decoders a city dropped in: keeps the seam `ingest.decode.codec.Codecs` with scripts and mapping files."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ingest.codecs.breaker import Breaker
from ingest.codecs.folder import CodecFiles, read_text, stems_for
from ingest.codecs.hints import hint_from
from ingest.codecs.layout import unpack
from ingest.codecs.mapping import CodecMapping, MappingError, read_mapping
from ingest.codecs.meaning import interpret
from ingest.codecs.sandbox import LIMITS, Call, Limits, Sandbox
from ingest.decode.codec import FrameDecoder
from ingest.decode.decoded_fields import UNITS_OF_MAKER, UNITS_OF_NAME
from ingest.decode.guess import draft_of
from ingest.decode.levels import Hint, no_hint
from ingest.decode.names import Kind
from ingest.decode.values import Values
from ingest.message import Uplink
from ingest.refusal import RefusedError, no_reading, shown
from ingest.strict_json import JsonValue, parse
from tomma.bounds import BoundError, Rule
from tomma.city import Sensor
from tomma.model import RejectReason

log = logging.getLogger(__name__)

POLL_S = 1.0
NO_MAPPING = CodecMapping()


@dataclass(frozen=True, slots=True)
class Script:
    """A maker's script as it is in use."""

    file: str
    name: str
    """Under which the sandbox knows it: file and content."""
    source: str
    hint: Hint


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A mapping file as it is in use."""

    file: str
    mapping: CodecMapping


@dataclass(frozen=True, slots=True)
class Raw:
    """What a codec gave before it was understood, for people who write mapping files."""

    data: JsonValue
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    normalized: JsonValue = None
    log: tuple[str, ...] = ()


type _Key = tuple[str, bytes, int, int]


class DroppedIn:
    """Finds the codec of a device and runs it. For one thread; `close` ends the process that scripts run in.

    Args:
        folder: Where the files are; looked at again every second.
        limits: What one script may use up.
        monotonic: The clock for looking and for resting, in seconds.
    """

    def __init__(self, folder: Path, limits: Limits = LIMITS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._files = CodecFiles(folder)
        self._sandbox = Sandbox(limits)
        self._breaker = Breaker(limits.debt_s, limits.fair_s)
        self._monotonic = monotonic
        self._scripts: dict[str, Script] = {}
        self._mappings: dict[str, MappingFile] = {}
        self.errors: dict[str, str] = {}
        """What is wrong with a file, by its name; the content it had before stays in use."""
        self._found: dict[tuple[str, str], FrameDecoder | None] = {}
        self._ahead: dict[_Key, bytes] = {}
        self._look_due_s = float("-inf")

    def find(self, sensor: Sensor) -> FrameDecoder | None:
        """Return the decoder for this make and model, or None."""
        self._look()
        key = (sensor.make, sensor.model)
        if key not in self._found:
            self._found[key] = self._decoder(sensor)
        return self._found[key]

    def prepare(self, uplinks: Iterable[tuple[Uplink, Sensor]]) -> None:
        """Run the scripts for all these frames in one go: a round trip costs as much as a decode."""
        self._look()
        self._ahead.clear()
        if not self._scripts:
            return
        calls: dict[_Key, Call] = {}
        for uplink, sensor in uplinks:
            script, mapping = self.files_for(sensor)
            if script is not None and uplink.frame and not self._rests(script):
                call = _call(script, mapping, uplink)
                calls[_key(call)] = call
        if len(calls) > 1:
            self._ahead = dict(zip(calls, self._run(list(calls.values())), strict=True))

    def files_for(self, sensor: Sensor) -> tuple[Script | None, MappingFile | None]:
        """Return the script and the mapping file of a device, each the most particular one there is."""
        stems = stems_for(sensor.make, sensor.model)
        script = next((self._scripts[stem] for stem in stems if stem in self._scripts), None)
        mapping = next((self._mappings[stem] for stem in stems if stem in self._mappings), None)
        return script, mapping

    def stems(self) -> Mapping[str, tuple[Script | None, MappingFile | None]]:
        """Return everything in use, by file name without its ending."""
        self._look()
        names = sorted(self._scripts.keys() | self._mappings.keys())
        return {name: (self._scripts.get(name), self._mappings.get(name)) for name in names}

    def raw(self, uplink: Uplink, sensor: Sensor, *, with_log: bool = False) -> Raw:
        """Return the decoded fields of an uplink before they are understood.

        Raises:
            RefusedError: When the script fails, rests or answers nothing, or no frame layout fits.
        """
        self._look()
        script, mapping = self.files_for(sensor)
        return self._raw(script, mapping, uplink, with_log=with_log)

    def close(self) -> None:
        """End the process that scripts run in."""
        self._sandbox.close()

    # ---- files -------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        now_s = self._monotonic()
        if now_s < self._look_due_s:
            return
        self._look_due_s = now_s + POLL_S
        changes = self._files.changes()
        if not changes.written and not changes.gone:
            return
        for name, path in changes.written.items():
            self._take(name, path)
        for name in changes.gone:
            self._leave(name)
        self._found.clear()
        self._ahead.clear()

    def _take(self, name: str, path: Path) -> None:
        """Put a new or changed file to use; a broken one is told of, and changes nothing."""
        stem, _, kind = name.rpartition(".")
        try:
            if kind == "toml":
                self._mappings[stem] = MappingFile(path.name, read_mapping(path.name, read_text(path)))
            else:
                self._take_script(stem, path)
        except (MappingError, ValueError, OSError) as exc:
            kept = stem in (self._mappings if kind == "toml" else self._scripts)
            self.errors[name] = str(exc)
            log.error("codec refused file=%s kept_the_old=%s why=%s", path.name, kept, exc)  # noqa: TRY400  (a user's file)
        else:
            self.errors.pop(name, None)
            log.info("codec loaded file=%s", path.name)

    def _take_script(self, stem: str, path: Path) -> None:
        source = read_text(path)
        name = f"{path.name}@{hashlib.sha256(source.encode()).hexdigest()[:12]}"
        why = self._sandbox.load(name, source)
        if why is not None:
            raise ValueError(f"{path.name}: {why}")
        old = self._scripts.get(stem)
        if old is not None and old.name != name:
            self._forget(old)
        self._breaker.forget(name)
        self._scripts[stem] = Script(path.name, name, source, hint_from(source))

    def _leave(self, name: str) -> None:
        stem, _, kind = name.rpartition(".")
        self.errors.pop(name, None)
        if kind == "toml":
            self._mappings.pop(stem, None)
        elif stem in self._scripts:
            self._forget(self._scripts.pop(stem))
        log.info("codec removed file=%s", name)

    def _forget(self, script: Script) -> None:
        self._sandbox.drop(script.name)
        self._breaker.forget(script.name)

    # ---- frames ------------------------------------------------------------------------------------------------------

    def _decoder(self, sensor: Sensor) -> FrameDecoder | None:
        script, mapping = self.files_for(sensor)
        if script is None and mapping is None:
            return None
        return partial(self._decode, script, mapping, sensor)

    def _decode(
        self, script: Script | None, mapping: MappingFile | None, sensor: Sensor, uplink: Uplink
    ) -> Sequence[Values]:
        return self._understood(script, mapping, sensor, uplink, self._raw(script, mapping, uplink))

    def understood(self, raw: Raw, uplink: Uplink, sensor: Sensor) -> Sequence[Values]:
        """Return what decoded fields mean for this device.

        Raises:
            RefusedError: When they carry nothing of ours, or a level whose unit is not certain.
        """
        script, mapping = self.files_for(sensor)
        return self._understood(script, mapping, sensor, uplink, raw)

    def _understood(
        self, script: Script | None, mapping: MappingFile | None, sensor: Sensor, uplink: Uplink, raw: Raw
    ) -> Sequence[Values]:
        hint = _hint_of(script, sensor)
        file = mapping.file if mapping else f"{(stems_for(sensor.make, '') or ['make'])[0]}.toml"
        told = interpret(raw.data, mapping.mapping if mapping else NO_MAPPING, uplink.measured_utc, hint, file)
        return _with_normalized(told, raw.normalized) if raw.normalized else told

    def _raw(
        self, script: Script | None, mapping: MappingFile | None, uplink: Uplink, *, with_log: bool = False
    ) -> Raw:
        if uplink.frame and script is not None:
            return self._run_one(script, mapping, uplink, with_log=with_log)
        if uplink.frame and mapping is not None and mapping.mapping.frame:
            return Raw(unpack(mapping.mapping.frame, uplink.frame, uplink.port, uplink.measured_utc))
        if uplink.fields:
            return Raw(dict(uplink.fields))
        file = mapping.file if mapping else script.file if script else ""
        wanted = "decoded fields, which" if uplink.frame else "a frame or decoded fields, which"
        bound = f"must carry {wanted} {file} describes"
        raise no_reading(BoundError("uplink", Rule.ANY_GIVEN, bound, None, told_as="the uplink", names="frame, fields"))

    def _run_one(self, script: Script, mapping: MappingFile | None, uplink: Uplink, *, with_log: bool) -> Raw:
        left_s = self._breaker.rest_left_s(script.name, self._monotonic())
        if left_s > 0.0:
            bound = f"rests for another {left_s:.0f} s, since it has slowed the stream"
            raise _failed(BoundError(script.file, Rule.SCRIPT_RESTS, bound, left_s=round(left_s)))
        call = _call(script, mapping, uplink, with_log=with_log)
        answer = self._ahead.pop(_key(call), None) if not with_log else None
        return _raw_of(script, answer if answer is not None else self._run([call])[0])

    def _run(self, calls: Sequence[Call]) -> list[bytes]:
        answers = self._sandbox.run(calls)
        sandbox = self._sandbox
        for name in self._breaker.charge(sandbox.spent_s, sandbox.frames, self._monotonic()):
            log.error("codec rests codec=%s why=it has slowed the stream", name)
        return answers

    def _rests(self, script: Script) -> bool:
        return self._breaker.rest_left_s(script.name, self._monotonic()) > 0.0


def _call(script: Script, mapping: MappingFile | None, uplink: Uplink, *, with_log: bool = False) -> Call:
    port = uplink.port if uplink.port is not None else (mapping.mapping if mapping else NO_MAPPING).port
    received_ms = int(uplink.measured_utc.timestamp() * 1000) if uplink.measured_utc else 0
    return Call(script.name, uplink.frame, port, received_ms, with_log)


def _key(call: Call) -> _Key:
    return call.codec, call.frame, call.port, call.received_ms


def _raw_of(script: Script, answer: bytes) -> Raw:
    told = parse(answer)
    if not isinstance(told, dict):
        raise _failed(BoundError(script.file, Rule.SCRIPT_ANSWERS, "answered nothing that could be read"))
    if "fault" in told:
        why = _clean(told["fault"])
        raise _failed(BoundError(script.file, Rule.SCRIPT_FAILED, f"failed: {why}", why=why))
    raw = Raw(
        data=told.get("data"),
        warnings=_texts(told.get("warnings")),
        errors=_texts(told.get("errors")),
        normalized=told.get("normalized"),
        log=_texts(told.get("log")),
    )
    if raw.errors:
        why = "; ".join(raw.errors)[:300]
        raise no_reading(BoundError(script.file, Rule.SCRIPT_REPORTS, f"reports: {why}", why=why))
    if raw.data is None or raw.data == {} or raw.data == []:
        bound = f"must carry a level, but {script.file} says that there is nothing in this frame"
        raise no_reading(BoundError("frame", Rule.NO_LEVEL, bound, told_as="the frame"))
    return raw


def _with_normalized(told: Sequence[Values], normalized: JsonValue) -> Sequence[Values]:
    """Fill in battery and temperature from the network's common form, in which a bare battery is in volts."""
    first = normalized[0] if isinstance(normalized, list) and normalized else normalized
    if not isinstance(first, dict):
        return told
    draft = draft_of(first, no_hint, "", with_level=False)
    volts = first.get("battery")
    if isinstance(volts, int | float) and not isinstance(volts, bool):
        draft.supply(float(volts))
    *before, last = told
    filled = last._replace(
        battery_v=last.battery_v if last.battery_v is not None else draft.battery_v,
        temperature_c=last.temperature_c if last.temperature_c is not None else draft.temperature_c,
    )
    return [*before, filled]


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(_clean(each) for each in value if each is not None) if isinstance(value, list) else ()


def _clean(value: JsonValue) -> str:
    """Return a script's text as it may stand in a sentence."""
    text = value if isinstance(value, str) else shown(value)
    return text[:300].encode("ascii", "backslashreplace").decode() if text.isprintable() else ascii(text[:300])


def _failed(told: BoundError) -> RefusedError:
    return RefusedError(RejectReason.CODEC_FAILED, told)


def _hint_of(script: Script | None, sensor: Sensor) -> Hint:
    """Return units by the script's own source, else by what is known of the maker."""
    make = sensor.make.strip().lower()
    units = UNITS_OF_MAKER.get(make, {})

    def unit_of(name: str, kind: Kind) -> str:
        told = script.hint(name, kind) if script else ""
        return told or UNITS_OF_NAME.get((make, name)) or units.get(kind, "")

    return unit_of
