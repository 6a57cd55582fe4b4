"""`tomma codec`: what docs/codecs.md does not show, above all what goes wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ingest.codecs.cli import app
from tomma.errors import TommaError

SCRIPT = "function decodeUplink(i) { console.log('seen'); return { data: { distance_mm: i.bytes[0] } } }"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _refused(*words: str) -> str:
    result = _run(*words)
    assert isinstance(result.exception, TommaError)
    return str(result.exception)


def _json(*words: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(_run(*words, "--json").output)
    return told


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.js", "function (", "SyntaxError"),
        ("a.toml", "[fields]\nfill = 1", "a.toml: fields"),
        ("a.py", "pass", "must be a .js or a .toml file"),
        ("a.js", "\0\0", "must be UTF-8 text"),
    ],
)
def test_a_file_that_does_not_work_is_not_added(place: Path, name: str, text: str, why: str) -> None:
    """A running ingest never sees it, and what was there before stays."""
    (place / name).write_text(text)
    assert why in _refused("add", name, "--make", "Acme")
    assert not (place / ".tomma" / "codecs").exists()


def test_a_missing_file_and_a_make_without_letters_are_refused() -> None:
    """One plain line each."""
    assert "No such file" in _refused("add", "nothing.js", "--make", "Acme")
    Path("a.js").write_text(SCRIPT)
    assert "--make must have letters or digits" in _refused("add", "a.js", "--make", "--")


def test_the_folder_can_be_elsewhere(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cities keep codecs under version control."""
    monkeypatch.setenv("TOMMA_CODECS__FOLDER", str(place / "ours"))
    assert f"codecs.folder must be a folder, got {place / 'ours'}" in _refused("list")  # not mounted, or misspelt
    Path("a.js").write_text(SCRIPT)
    assert _run("add", "a.js", "--make", "Acme", "--model", "X 1").exit_code == 0
    assert [path.name for path in (place / "ours").iterdir()] == ["acme-x-1.js"]


def test_what_is_there_and_what_is_broken_is_listed(place: Path) -> None:
    """A file put there by hand may be broken; the exit code tells a script."""
    assert "no codecs yet" in _run("list").output
    Path("a.js").write_text(SCRIPT)
    _run("add", "a.js", "--make", "Acme")
    assert _run("check").exit_code == 0
    (place / ".tomma" / "codecs" / "bolt.toml").write_text("port = 999")
    told = _json("list")
    assert told["codecs"] == [{"for": "acme", "script": "acme.js", "mapping": None}]
    assert "port" in told["errors"]["bolt.toml"]
    assert "broken: bolt.toml" in _run("list").output
    checked = _run("check")
    assert (checked.exit_code, "sound=1 broken=1" in checked.output) == (1, True)


def test_trying_shows_raw_output_log_and_what_is_understood_or_why_not() -> None:
    """Everything an installer needs to write the mapping line, for people and for scripts."""
    Path("a.js").write_text(SCRIPT)
    _run("add", "a.js", "--make", "Acme")
    told = _json("try", "--make", "ACME", "--hex", "0x50")
    assert (told["raw"], told["log"], told["why_not"]) == ({"distance_mm": 80}, ["seen"], "")
    assert told["understood"][0]["distance_mm"] == 80
    result = _run("try", "--make", "Acme", "--hex", "00")
    assert '"no_echo": true' in result.output
    result = _run("try", "--make", "Other", "--hex", "50")
    assert (result.exit_code, "not taken:" in result.output) == (1, True)
    assert "--hex must be bytes in hex" in _refused("try", "--make", "Acme", "--hex", "5")
    assert "--fields a JSON object" in _refused("try", "--make", "Acme", "--fields", "[1]")


VECTORS = {
    "a.jsonl": '{"vendor": "Acme", "device": "x1", "fPort": [1, 2], "bytes_hex": "50", "canonical_derived": '
    '{"distance_mm": 80, "battery_pct": 100}}\n{"make": "Acme", "fPort": 1, "bytes_hex": "", "expect_reject": true}\n',
    "a-codec.yaml": "uplinkDecoder:\n  fileName: a.js\n  examples:\n    - description: one\n"
    "      input: {fPort: 1, bytes: [0x50]}\n      output: {data: {distance_mm: 80.0}}\n",
    "a.json": '[{"type": "uplink", "input": {"bytes": "51", "fPort": 1}, "output": {"data": {"distance_mm": 80}}},'
    '{"type": "downlink-encode", "input": {}, "output": {}}]',
}


@pytest.mark.parametrize(
    ("name", "passed", "details"),
    [
        ("a.jsonl", [False, False, True], ["battery_fraction must be 1.0, got None"] * 2 + [""]),
        ("a-codec.yaml", [True], [""]),
        ("a.json", [False], ["distance_mm must be 80, got 81"]),
    ],
)
def test_published_examples_of_every_form_are_run(name: str, passed: list[bool], details: list[str]) -> None:
    """A city checks the codec it was given by the examples that came with it."""
    Path("a.js").write_text(SCRIPT)
    _run("add", "a.js", "--make", "Acme")
    Path(name).write_text(VECTORS[name])
    told = _json("vectors", name, "--make", "Acme")
    assert [each["passed"] for each in told["vectors"]] == passed
    assert [each["detail"] for each in told["vectors"]] == details
    assert _run("vectors", name, "--make", "Acme").exit_code == (0 if all(passed) else 1)


@pytest.mark.parametrize("text", ["{", '[{"input": {"bytes": "5"}}]', '{"no": "examples"}', "[1]"])
def test_a_file_without_examples_is_refused(text: str) -> None:
    """By name, with what was wrong."""
    Path("v.json").write_text(text)
    assert "v.json: no published examples that can be read" in _refused("vectors", "v.json", "--make", "Acme")
