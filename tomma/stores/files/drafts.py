"""Files that are either as they were or complete, never half."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tomma.durable import sync
from tomma.errors import StoreUnavailableError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a draft beside `path` that takes its place when the block ends well, and goes when it does not.

    Processes and threads that write the same file at once each have a draft of their own; the last one stands.

    Raises:
        StoreUnavailableError: If it cannot be written; the former file is as it was.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        yield draft
        sync(draft)
        draft.replace(path)
        sync(path.parent)
    except OSError as exc:
        raise StoreUnavailableError(f"{path}: cannot be written: {exc.strerror or exc}; check path and space") from exc
    finally:
        draft.unlink(missing_ok=True)
