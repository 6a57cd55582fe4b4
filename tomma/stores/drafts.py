"""Files that are either as they were or complete, never half."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tomma.errors import StoreUnavailableError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a draft beside `path` that takes its place when the block ends well, and goes when it does not.

    Raises:
        StoreUnavailableError: If it cannot be written; the former file is as it was.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        yield draft
        draft.replace(path)
    except OSError as exc:
        raise StoreUnavailableError(f"{path}: cannot be written: {exc.strerror or exc}; check path and space") from exc
    finally:
        draft.unlink(missing_ok=True)
