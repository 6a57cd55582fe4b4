"""Planners behind one interface: `solve(problem, *, budget, seed, on_solution, initial) -> Solution`.

An engine decides who goes where in which order; `arcs`, `schedule`, `insertion` (with `tour`, `ways` and `gates`) and
`finish` are what they share: costs as engines see them, times and breaks, cheapest insertion, and the account for
every bin. `routing.check` judges the outcome and shares none of it.
"""
