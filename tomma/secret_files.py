"""Secrets in files of their own (`*_FILE`), as service managers hand them to a process."""

import os
import secrets
import stat
from pathlib import Path

from pydantic import SecretStr

from tomma.durable import sync
from tomma.errors import ConfigurationError
from tomma.new_files import new_file

SECRET_MAX_BYTES = 4_096


def secret_of(name: str, secret: SecretStr, path: Path | None) -> str:
    """Return the secret itself, or the first line of its file.

    Args:
        name: What the setting is called, for messages; the secret is never in one.
        secret: As it was set; used when there is no file.
        path: The file, if it is in one.

    Raises:
        ConfigurationError: If the file cannot be read, is empty, or can be read by everybody on this machine.
    """
    if path is None:
        return secret.get_secret_value()
    try:
        refuse_open(name, path)
        with path.open("rb") as file:
            line = file.read(SECRET_MAX_BYTES).decode().split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"{name}: {path} cannot be read: {exc}") from exc
    if not line:
        raise ConfigurationError(f"{name}: {path} is empty")
    return line


def is_for_all(path: Path) -> bool:
    """Return whether everybody on this machine can read the file."""
    return bool(path.stat().st_mode & stat.S_IROTH)


def refuse_open(name: str, path: Path) -> None:
    """Raise ConfigurationError, in the setting's name, for a file that must be secret and is not; OSError if none."""
    if is_for_all(path):
        raise ConfigurationError(f"{name}: {path} can be read by everybody; chmod o-r it")


def make_private(path: Path, content: bytes) -> None:
    """Make a file for its owner's eyes only, whole or not at all; of several who make it, the first one's stays.

    It is on the disk on return: what is sealed or signed with a key must not outlive it.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(new_file(draft, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
        sync(path.parent)
