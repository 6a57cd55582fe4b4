"""What a wrong setting is told by: its name, and its value only where that cannot be a secret."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from tomma.errors import ConfigurationError
from tomma.secret_files import is_for_all
from tomma.section import found_at, secrets_of

PREFIX = "TOMMA_"
NO_SETTINGS = frozenset({"CONFIG", "API_KEY", "DEVICE_PASSWORD", "FAULTS_NAMESPACE", "HISTORIES"})
"""What else is told by variables: where the settings are, what a command must not have in its arguments, benches."""
OF_TESTS = ("TEST_", "SHIM_")


def refuse_strange_variables(model: type[BaseModel], variables: Mapping[str, str]) -> None:
    """Refuse what begins as our variables do and sets nothing: pydantic passes it over."""
    known = {name.upper() for name in model.model_fields}
    for name in sorted(each for each in variables if each.upper().startswith(PREFIX)):
        first = name.upper().removeprefix(PREFIX).partition("__")[0]
        if first not in known and first not in NO_SETTINGS and not first.startswith(OF_TESTS):
            raise ConfigurationError(f"settings refused: {name}: is not a known variable")


def refuse_missing_file(named: str) -> None:
    """Refuse a file of settings that TOMMA_CONFIG names and that is not there: the defaults would be another city's."""
    if named and (not Path(named).exists() or Path(named).is_dir()):
        raise ConfigurationError(
            f"settings refused: TOMMA_CONFIG names {Path(named).absolute()}, which is no file; "
            "correct the name, or take the variable away to use tomma.toml of this folder, or the defaults"
        )


def refuse_open_secrets(model: type[BaseModel], path: Path) -> None:
    """Refuse a file of settings that everybody can read and that has secrets in it."""
    if not path.exists() or not is_for_all(path):
        return
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    shown = sorted(name for _, where in secrets_of(model) for name in found_at(document, where))
    if shown:
        raise ConfigurationError(
            f"settings refused: {path} can be read by everybody and holds {', '.join(shown)}: "
            "chmod o-r it, or name a file of its own for each secret (the same key with _file)"
        )


def told(fault: ErrorDetails) -> str:
    """Return a fault with its value, where that cannot be a secret: text may be a password under a misspelt key."""
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"{key}: is not a known key"
    value, what = fault["input"], fault["msg"].removeprefix("Value error, ")
    plain = isinstance(value, int | float) or fault["type"] in {"int_parsing", "float_parsing", "literal_error"}
    return f"{key}: {what}, got {value!r:.80}" if plain else f"{key}: {what}"
