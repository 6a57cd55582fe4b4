"""Writes the table of every route and role into `docs/access.md`: `python -m api.access.matrix`."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from api.access.doors import Door, doors_of
from api.app import create_app
from api.cli import context_of, helpers_of
from tomma.people import Role
from tomma.settings import Settings
from tomma.stores.wiring import open_stores

BEGINS, ENDS = "<!-- matrix begins -->", "<!-- matrix ends -->"
COLUMNS = tuple(role for role in Role if role is not Role.PUBLIC)
"""What is open to the public has `all` in each of them."""


def written(doors: Sequence[Door]) -> str:
    """Return the table in Markdown: x for whom a door opens; `all` when it is open to strangers."""
    head = f"| door | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}\n"
    return head + "".join(_row(door) for door in doors if door.method != "HEAD")


def _row(door: Door) -> str:
    is_open = Role.PUBLIC in door.roles
    cells = ["all" if is_open else "x" if role in door.roles else "" for role in COLUMNS]
    return f"| `{door.method} {door.path}` | {' | '.join(cells)} |\n"


def write(page: Path, doors: Sequence[Door]) -> None:
    """Put the table between the marks of the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGINS)
    after = rest.partition(ENDS)[2]
    page.write_text(f"{before}{BEGINS}\n{written(doors)}{ENDS}{after}", encoding="utf-8")


def main() -> None:
    """Build the application on empty stores, and write."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        with open_stores(settings) as stores, helpers_of(settings) as helpers:
            context = context_of(settings, stores, helpers, None, on_set_up=lambda: None)
            write(Path("docs/access.md"), doors_of(create_app(context)))


if __name__ == "__main__":
    main()
