"""Lets a store promise one thing after the other, and notes each promise: run as a script.

    python -m simulator.faults.writer STORY FOLDER STEPS

The store's files lie in FOLDER. That step n was promised is noted as byte n of FOLDER/promised, once the call that
promises it has returned. Now and then the log is folded into its database in between, as it is after a thousand pages.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from simulator.faults.books import Books
from simulator.faults.levels import Levels
from tomma.stores.sqlite_file import open_connection

PROMISED = "promised"
FOLD_EVERY = 13
FOLDS = ("PASSIVE", "FULL", "RESTART", "TRUNCATE")


class Story(Protocol):
    """What a store promises step by step, and how to see later that it kept it."""

    database: str
    """The file's name."""
    rows: int
    """Promised by one step."""

    def writing(self, folder: Path) -> AbstractContextManager[Callable[[int], None]]:
        """Lend what does step n and returns once it is promised."""

    def kept(self, folder: Path, steps: int) -> list[float]:
        """Return how much of each step is there, in [0, 1]; whatever is damaged raises or is named.

        Raises:
            TommaError, sqlite3.Error: If it does not open, or is not whole.
        """


STORIES: Mapping[str, Story] = {"readings": Levels(), "books": Books()}


@dataclass(frozen=True, slots=True)
class Folds:
    """Folds the log into its database from time to time."""

    path: Path

    @contextmanager
    def every(self, step: Callable[[int], None]) -> Iterator[Callable[[int], None]]:
        """Lend the step with a fold behind some of them."""
        with closing(open_connection(self.path)) as connection:

            def folding(number: int) -> None:
                step(number)
                if number % FOLD_EVERY == FOLD_EVERY - 1:
                    connection.execute(f"PRAGMA wal_checkpoint({FOLDS[number // FOLD_EVERY % len(FOLDS)]})")

            yield folding


def main(name: str, folder: Path, steps: int) -> None:
    """Do them all."""
    story = STORIES[name]
    promised = os.open(folder / PROMISED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with story.writing(folder) as step, Folds(folder / story.database).every(step) as folding:
        for number in range(steps):
            folding(number)
            os.write(promised, b"!")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
