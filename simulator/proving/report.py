"""The comparison as a folder: tables and plots for a council."""

from pathlib import Path

from simulator.proving.summary import Summary


def write_report(summary: Summary, folder: Path) -> None:
    """Write it."""
    folder.mkdir(parents=True, exist_ok=True)
    raise NotImplementedError(summary)
