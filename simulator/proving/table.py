"""The comparison on a terminal."""

from rich.console import Console
from rich.table import Table

from simulator.proving.summary import Summary

COLUMNS = (
    "policy", "cost/day", "95 %", "vs ours", "95 %", "km", "hours", "lifts", "fill", "service", "overflow h", "l",
)  # fmt: skip


def print_table(summary: Summary) -> None:
    """Print a row per arm."""
    table = Table(
        "policy", "cost/day", "95 %", "vs ours", "95 %", "km", "hours", "lifts", "fill", "service", "overflow h", "l"
    )
    for arm, each in summary.arms.items():
        versus = summary.against_ours.get(arm)
        table.add_row(
            arm.name,
            f"{each.cost_per_day:,.0f}",
            f"{each.cost_low:,.0f} to {each.cost_high:,.0f}",
            f"{versus.mean:+,.0f}" if versus else "",
            f"{versus.low:+,.0f} to {versus.high:+,.0f}" if versus else "",
            f"{each.km_per_day:.1f}",
            f"{each.hours:.1f}",
            f"{each.lifts:.1f}",
            f"{each.fill_pct:.0f} %",
            f"{each.service_pct:.2f} %",
            f"{each.overflow_h:.1f}",
            f"{each.overflow_l:.0f}",
        )
    console = Console()
    console.print(f"{summary.scenario}: {summary.bins} bins, {len(summary.seeds)} seeds of {summary.days} days")
    console.print(table)
    for name, value in summary.keys().items():
        console.print(f"{name}: {value}")
