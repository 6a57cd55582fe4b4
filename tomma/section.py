"""What every section of the settings has in common: no unknown key, no change, and each secret also from a file."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from tomma.secret_files import secret_of

FILE = "_file"


class Section(BaseModel):
    """A section; each `SecretStr` in it has a `Path` beside it, of the same name and `_file`: a test holds that."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def reveal(self, name: str, where: str) -> str:
        """Return a secret of this section, read anew where it is in a file; `where` names the section in messages.

        Raises:
            ConfigurationError: If its file cannot be read, is empty, or can be read by everybody on this machine.
        """
        return secret_of(f"{where}.{name}{FILE}", getattr(self, name), getattr(self, f"{name}{FILE}"))

    @model_validator(mode="after")
    def _a_secret_comes_one_way(self) -> Self:
        refuse_both(self)
        refuse_nobodys(self)
        return self


def refuse_nobodys(section: BaseModel) -> None:
    """Raise ValueError where a password is set beside an empty user name: it would never be sent, nor its file read."""
    given = next((each for each in ("password", f"password{FILE}") if _is_set(getattr(section, each, None))), None)
    if given and getattr(section, "username", None) == "":
        raise ValueError(f"username must be set where {given} is, got none: name the login, or take {given} away")


def _is_set(value: SecretStr | Path | None) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def refuse_both(section: BaseModel) -> None:
    """Raise ValueError where a secret is set and its file, too."""
    for name in secret_fields(type(section)):
        if getattr(section, f"{name}{FILE}", None) and getattr(section, name).get_secret_value():
            raise ValueError(f"{name} and {name}{FILE} must not both be set")


def secret_fields(model: type[BaseModel]) -> list[str]:
    """Return the names of the fields that are secrets themselves."""
    return [name for name, field in model.model_fields.items() if field.annotation is SecretStr]


def secrets_of(
    model: type[BaseModel], above: tuple[str, ...] = ()
) -> Iterator[tuple[type[BaseModel], tuple[str, ...]]]:
    """Yield every secret that the settings know, as its section and its path; `*` is any of a list."""
    for name in secret_fields(model):
        yield model, (*above, name)
    for name, field in model.model_fields.items():
        for inner, path in _models(field.annotation, (*above, name)):
            yield from secrets_of(inner, path)


def _models(annotation: Any, path: tuple[str, ...]) -> Iterator[tuple[type[BaseModel], tuple[str, ...]]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, path
        return
    many = get_origin(annotation) not in {Union, UnionType}
    for part in get_args(annotation):
        yield from _models(part, (*path, "*") if many else path)


def found_at(values: Any, path: tuple[str, ...], above: str = "") -> Iterator[str]:
    """Yield the names under which a document as it was read has something at a path of `secrets_of`."""
    if not path:
        if values:
            yield above
    elif path[0] == "*":
        rows = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
        for key, row in rows:
            yield from found_at(row, path[1:], f"{above}.{key}")
    elif isinstance(values, dict) and path[0] in values:
        yield from found_at(values[path[0]], path[1:], f"{above}.{path[0]}".lstrip("."))
