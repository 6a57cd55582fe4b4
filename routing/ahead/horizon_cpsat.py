"""The days ahead as OR-Tools' CP-SAT sees them: one day per unit, ways shared by cluster and day, trucks per day."""

from ortools.sat.python import cp_model

from routing.ahead.horizon import Horizon, Levelled

DETERMINISTIC_SHARE = 0.5
"""CP-SAT's own deterministic seconds per second allowed: on a slow or busy machine the clock cuts it, else this does,
and then the same task and seed give the same answer."""


def solve(horizon: Horizon, *, seconds: float, seed: int, start: Levelled) -> Levelled:
    """Return the best assignment found in so many seconds, never worse than `start`."""
    model = cp_model.CpModel()
    on: list[list[cp_model.IntVar]] = []
    for at, unit in enumerate(horizon.units):
        days = [model.new_bool_var(f"u{at}d{day}") for day in range(unit.due + 1)]
        model.add_exactly_one(days)
        for day, chosen in enumerate(days):
            model.add_hint(chosen, start.day_of[at] == day)
        on.append(days)
    ways = _ways(model, horizon, on)
    price: list[cp_model.LinearExprT] = [
        on[at][day] * (unit.early_minor * (unit.due - day))
        for at, unit in enumerate(horizon.units)
        for day in range(unit.due)
    ]
    price += [way * horizon.clusters[cluster].way_minor for (cluster, _), way in ways.items()]
    price += _trucks(model, horizon, on, ways)
    model.minimize(sum(price))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.max_deterministic_time = seconds * DETERMINISTIC_SHARE
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return start
    found = Levelled(tuple(next(day for day, it in enumerate(days) if solver.value(it)) for days in on), "cp-sat")
    return min(start, found, key=lambda each: each.cost_minor(horizon))


def _ways(
    model: cp_model.CpModel, horizon: Horizon, on: list[list[cp_model.IntVar]]
) -> dict[tuple[int, int], cp_model.IntVar]:
    """Return whether each cluster is gone to on each day on which it may be."""
    ways: dict[tuple[int, int], cp_model.IntVar] = {}
    for at, unit in enumerate(horizon.units):
        for day, chosen in enumerate(on[at]):
            key = unit.cluster, day
            if key not in ways:
                ways[key] = model.new_bool_var(f"c{unit.cluster}d{day}")
            model.add_implication(chosen, ways[key])
    return ways


def _trucks(
    model: cp_model.CpModel,
    horizon: Horizon,
    on: list[list[cp_model.IntVar]],
    ways: dict[tuple[int, int], cp_model.IntVar],
) -> list[cp_model.LinearExprT]:
    """Bind each day's work to its trucks, with hours beyond at a price; return what that costs."""
    price: list[cp_model.LinearExprT] = []
    for group, fleet in enumerate(horizon.fleets):
        peak = model.new_int_var(0, 2**31, f"p{group}")
        price.append(peak * horizon.peak_minor_per_s)
        for day in range(horizon.days):
            work = [
                on[at][day] * unit.work_s
                for at, unit in enumerate(horizon.units)
                if day <= unit.due and horizon.clusters[unit.cluster].group == group
            ]
            work += [
                way * horizon.clusters[cluster].way_s
                for (cluster, there), way in ways.items()
                if there == day and horizon.clusters[cluster].group == group
            ]
            if not work:
                continue
            trucks = model.new_int_var(0, fleet.trucks, f"t{group}d{day}")
            beyond = model.new_int_var(0, 2**31, f"b{group}d{day}")
            model.add(sum(work) <= trucks * fleet.shift_s + beyond)
            model.add(sum(work) <= peak)
            price += [trucks * fleet.truck_minor, beyond * horizon.beyond_minor_per_s]
    return price
