"""Every case, in the order they run."""

from simulator.faults import influx, kills, network, power, stores, storms, times
from simulator.faults.case import Case
from tomma.errors import ConfigurationError

CASES: tuple[Case, ...] = (
    *kills.CASES,
    *network.CASES,
    *storms.CASES,
    *times.CASES,
    *stores.CASES,
    *influx.CASES,
    *power.CASES,
)


def chosen(names: str, *, quick: bool) -> tuple[Case, ...]:
    """Return the cases with these ids, joined by commas; without names all, or with `quick` those for a minute."""
    if not names:
        return tuple(case for case in CASES if case.in_quick or not quick)
    known = {case.id: case for case in CASES}
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            raise ConfigurationError(f"--case must name some of {', '.join(known)}, got {name!r}")
    return tuple(known[name] for name in wanted)
