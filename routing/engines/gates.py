"""The disposal sites that serve a truck: as columns for numpy, and which of them to end a day at."""

import numpy as np

from routing.engines.arcs import Arcs, begin_at
from routing.integers import Int64
from routing.problem import Problem


class Gates:
    """Columns of the disposal sites that serve a truck."""

    def __init__(self, problem: Problem, truck: int) -> None:
        sites = [problem.disposals[site] for site in problem.disposals_of_truck[truck]]
        rates = problem.rates_of(truck)
        self.place = np.array([site.place for site in sites], dtype=np.int64)
        self.unload_s = np.array([site.unload_s for site in sites], dtype=np.int64)
        self.handling = np.array([rates.handling_minor(site.unload_s) for site in sites], dtype=np.int64)
        self.open_s = np.array([site.open_s for site in sites], dtype=np.int64)
        self.shut_s = [site.shut_s for site in sites]

    def begin_at(self, ready_s: Int64) -> Int64:
        """Return when unloading begins for whoever is there at `ready_s`: [sites, gaps]."""
        begin: Int64 = np.maximum(ready_s, self.open_s[:, None])
        for at, gaps in enumerate(self.shut_s):
            if gaps:
                begin[at] = begin_at(begin[at], 0, gaps)
        return begin


def last_site(problem: Problem, arcs: Arcs, truck: int, here: int) -> int:
    """Return the disposal site that makes the way home from a place cheapest, at the truck's own arcs."""
    home, rates = problem.trucks[truck].end_place, problem.rates_of(truck)

    def detour(site: int) -> int:
        place = problem.disposals[site].place
        unload = rates.handling_minor(problem.disposals[site].unload_s)
        return int(arcs.cost_minor[here, place]) + unload + int(arcs.cost_minor[place, home])

    return min(problem.disposals_of_truck[truck], key=detour)
