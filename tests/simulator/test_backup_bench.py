"""`tomma bench backup` proves what it says: every row comes back, and one that did not would be found."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from simulator.backup_bench import app, compared
from tomma.model import BinId, Reading, SensorId
from tomma.settings import Settings
from tomma.stores.wiring import open_stores


def test_a_backup_under_load_comes_back_row_by_row() -> None:
    """The commands themselves, as an operator runs them, while readings come in."""
    done = CliRunner().invoke(app, ["--readings", "2500", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["is_whole"]
    assert told["rows_that_differ"] == 0
    assert told["rows_restored"] == 2_500 + told["live_restored"] >= 2_500 + told["live_before"]


def test_one_value_that_differs_is_found(tmp_path: Path) -> None:
    """Else a comparison of nothing would pass."""
    t0 = datetime(2026, 11, 22, tzinfo=UTC)
    for name in ("home", "elsewhere"):
        with open_stores(Settings(data_dir=tmp_path / name)) as stores:
            moments = [t0 + timedelta(minutes=n) for n in range(10)]
            stores.readings.append([Reading(BinId("B"), SensorId("S"), each, each, 0.5) for each in moments])
    home, elsewhere = (tmp_path / name / "readings.sqlite3" for name in ("home", "elsewhere"))
    assert (compared(home, elsewhere).rows, compared(home, elsewhere).same) == (10, 10)
    with closing(sqlite3.connect(elsewhere)) as connection, connection:
        connection.execute("UPDATE reading SET battery = 1 WHERE measured_ms = (SELECT max(measured_ms) FROM reading)")
    assert (compared(home, elsewhere).rows, compared(home, elsewhere).same) == (10, 9)
