"""What became of mornings and second rounds, kept once a day each."""

from datetime import UTC, date, datetime
from pathlib import Path

from tomma.mornings import Run, RunStatus, Schedule, SecondRound
from tomma.settings import Settings
from tomma.stores.wiring import open_stores

DAY = date(2026, 11, 23)


def run(status: RunStatus) -> Run:
    """The day's run."""
    return Run(DAY, datetime(2026, 11, 23, 4, 0, tzinfo=UTC), status, changes=None)


def test_a_day_has_one_morning_and_one_second_round(tmp_path: Path) -> None:
    """The keys of two tables hold it, so a noon never takes its morning's place; all is there after a restart."""
    settings = Settings(data_dir=tmp_path)
    schedule = Schedule(enabled=True, second_round=SecondRound(enabled=True, local_time_s=43_200, auto_publish=True))
    with open_stores(settings) as stores:
        book = stores.mornings
        assert book.mornings.claim(run(RunStatus.MAKING))
        assert book.second_rounds.claim(run(RunStatus.MISSED))
        assert not book.mornings.claim(run(RunStatus.FAILED))
        assert not book.second_rounds.claim(run(RunStatus.FAILED))
        book.mornings.note(run(RunStatus.PUBLISHED))
        book.set_schedule(schedule)
    with open_stores(settings) as stores:
        assert stores.mornings.schedule() == schedule
        assert stores.mornings.mornings.runs(5) == [run(RunStatus.PUBLISHED)]
        assert stores.mornings.second_rounds.runs(5) == [run(RunStatus.MISSED)]
