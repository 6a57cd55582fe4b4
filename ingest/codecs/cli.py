"""`tomma codec`: add a make, look at what is there, and try it on a frame. Wiring and words only."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ingest.codecs.dropped_in import DroppedIn, MappingFile, Script
from ingest.codecs.folder import KINDS, read_text, slug
from ingest.codecs.mapping import read_mapping
from ingest.codecs.sandbox import Limits, Sandbox
from ingest.codecs.trial import EXAMPLE_UTC, Trial, Verdict, hex_bytes, judge, read_vectors, try_frame, uplink_of
from ingest.message import Uplink
from ingest.strict_json import parse_object
from tomma.city import Sensor
from tomma.errors import ConfigurationError, ImportRefusedError
from tomma.model import SensorId
from tomma.settings import Settings, load_settings
from tomma.stores.commands.audit_here import by_operator_here

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Add makes of sensors: the maker's own JavaScript codec, or a mapping file.",
)

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of words.")]
Make = Annotated[str, typer.Option("--make", help="The make, as the city file spells it.")]
Model = Annotated[str, typer.Option("--model", help="The model; without one the codec is for every model of the make.")]


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="The maker's .js, or a .toml mapping file.")],
    make: Make,
    model: Model = "",
) -> None:
    """Check a codec and put it into the codec folder; a running ingest takes it within two seconds.

    A file that does not work is refused and nothing changes. An older file of the same name is replaced.
    """
    settings = load_settings()
    kind = file.suffix.lower()
    if kind not in KINDS:
        raise ImportRefusedError(f"{file}: a codec must be a .js or a .toml file")
    stem = slug(f"{make} {model}")
    if not stem:
        raise ImportRefusedError(f"--make must have letters or digits, got {make!r}")
    text = _text_of(file)
    _check(file.name, text, kind, settings)
    target = settings.codecs_dir / f"{stem}{kind}"
    with by_operator_here(settings, "codec-added", f"codec:{target.name}"):  # it decides what the city believes
        _write(target, text)
    typer.echo(f"codec added file={target}")
    typer.echo(f"try it: tomma codec try --make {json.dumps(make)} --port 1 --hex 0102...")


@app.command(name="list")
def list_codecs(as_json: AsJson = False) -> None:
    """Show the codecs in use, and the files that are broken."""
    with _opened(load_settings()) as codecs:
        rows = [_row(stem, *files) for stem, files in codecs.stems().items()]
        errors = dict(codecs.errors)
    if as_json:
        typer.echo(json.dumps({"codecs": rows, "errors": errors}))
        return
    for row in rows:
        typer.echo(f"{row['for']:<32} {row['script'] or '-':<32} {row['mapping'] or '-'}")
    for name, why in errors.items():
        typer.echo(f"broken: {name}: {why}")
    if not rows and not errors:
        typer.echo("no codecs yet: tomma codec add FILE --make MAKE")


@app.command()
def check(as_json: AsJson = False) -> None:
    """Check every file in the codec folder; exit code 1 when one is broken."""
    with _opened(load_settings()) as codecs:
        sound = len(codecs.stems())
        errors = dict(codecs.errors)
    if as_json:
        typer.echo(json.dumps({"sound": sound, "errors": errors}))
    else:
        for name, why in errors.items():
            typer.echo(f"broken: {name}: {why}")
        typer.echo(f"checked sound={sound} broken={len(errors)}")
    if errors:
        raise typer.Exit(1)


@app.command(name="try")
def try_codec(
    make: Make,
    frame: Annotated[str, typer.Option("--hex", help="The frame, as hex; spaces and colons are fine.")] = "",
    fields: Annotated[str, typer.Option("--fields", help="Fields that the network server decoded, as JSON.")] = "",
    model: Model = "",
    port: Annotated[int | None, typer.Option("--port", min=0, max=255, help="The LoRaWAN port.")] = None,
    as_json: AsJson = False,
) -> None:
    """Decode one frame as the stream would: what the codec answers, what is understood, and why not.

    Exit code 1 when nothing is understood.
    """
    settings = load_settings()
    try:
        uplink = uplink_of(hex_bytes(frame), port, datetime.now(UTC))
        if fields:
            uplink = Uplink(uplink.device_ids, uplink.measured_utc, fields=parse_object(fields.encode()))
    except ValueError as exc:
        raise ImportRefusedError(f"--hex must be bytes in hex and --fields a JSON object: {exc}") from exc
    with _opened(settings) as codecs:
        trial = try_frame(codecs, Sensor(SensorId("trial"), make, model), uplink)
        errors = dict(codecs.errors)
    _tell(trial, errors, as_json=as_json)
    if not trial.understood:
        raise typer.Exit(1)


@app.command()
def vectors(
    file: Annotated[Path, typer.Argument(help="Published examples: .jsonl, .json or a *-codec.yaml.")],
    make: Make = "",
    model: Model = "",
    as_json: AsJson = False,
) -> None:
    """Run published examples and tell which come out as published; exit code 1 when one does not.

    A codec's fields must hold everything its maker publishes; more is fine. Examples that carry values by our names
    (distance_mm, fill_fraction, battery_v, temperature_c) are compared with what is understood.
    """
    examples = read_vectors(file, make, model)
    with _opened(load_settings()) as codecs:
        verdicts = [judge(codecs, vector, EXAMPLE_UTC) for vector in examples]
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if as_json:
        told = [{"name": each.vector.name, "passed": each.passed, "detail": each.detail} for each in verdicts]
        typer.echo(json.dumps({"passed": len(verdicts) - len(failed), "failed": len(failed), "vectors": told}))
    else:
        for verdict in verdicts:
            typer.echo(_line(verdict))
        typer.echo(f"vectors passed={len(verdicts) - len(failed)} failed={len(failed)}")
    if failed or not verdicts:
        raise typer.Exit(1)


def open_codecs(settings: Settings) -> DroppedIn:
    """Return the codecs of the configured folder; `close` ends the process that scripts run in.

    Raises:
        ConfigurationError: If a folder is named and not there: its makes' messages would be dead letters, unheard.
    """
    named = settings.codecs.folder
    if named is not None and not named.is_dir():
        raise ConfigurationError(f"codecs.folder must be a folder, got {named.absolute()}; `tomma codec add` makes it")
    return DroppedIn(settings.codecs_dir, _limits(settings))


def _limits(settings: Settings) -> Limits:
    return Limits(time_s=settings.codecs.time_limit_s, memory_bytes=settings.codecs.memory_limit_mb * 1024 * 1024)


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[DroppedIn]:
    with contextlib.closing(open_codecs(settings)) as codecs:
        codecs.stems()
        yield codecs


def _text_of(file: Path) -> str:
    try:
        return read_text(file)
    except (OSError, ValueError) as exc:
        raise ImportRefusedError(f"{file}: {exc}") from exc


def _check(name: str, text: str, kind: str, settings: Settings) -> None:
    """Raise a TommaError unless the codec works."""
    if kind == ".toml":
        read_mapping(name, text)
        return
    with contextlib.closing(Sandbox(_limits(settings))) as sandbox:
        why = sandbox.load(name, text)
    if why is not None:
        raise ImportRefusedError(f"{name}: {why}")


def _write(target: Path, text: str) -> None:
    """Write all of the file or none of it: a running ingest looks every second."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
        with os.fdopen(descriptor, "w", encoding="utf-8") as part:
            part.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except OSError as exc:
        raise ConfigurationError(f"{target}: cannot be written: {exc.strerror}") from exc


def _row(stem: str, script: Script | None, mapping: MappingFile | None) -> dict[str, Any]:
    return {"for": stem, "script": script.file if script else None, "mapping": mapping.file if mapping else None}


def _tell(trial: Trial, errors: dict[str, str], *, as_json: bool) -> None:
    told = trial.as_json()
    if as_json:
        typer.echo(json.dumps({**told, "broken_files": errors}))
        return
    if "raw" in told:
        typer.echo(f"codec:      {json.dumps(told['raw'], ensure_ascii=False)}")
    for name in ("warnings", "log", "normalized"):
        if name in told:
            typer.echo(f"{name + ':':<12}{json.dumps(told[name], ensure_ascii=False)}")
    for each in told["understood"]:
        typer.echo(f"understood: {json.dumps(each)}")
    if trial.why_not:
        typer.echo(f"not taken:  {trial.why_not}")
    for name, why in errors.items():
        typer.echo(f"broken:     {name}: {why}")


def _line(verdict: Verdict) -> str:
    vector = verdict.vector
    what = f"{vector.make} {vector.model} port={vector.port} {vector.name}"
    return f"pass {what}" if verdict.passed else f"FAIL {what}: {verdict.detail}"
