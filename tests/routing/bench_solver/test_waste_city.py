"""The benchmark's cities in our words: what we think a plan costs, its own evaluator says too."""

from pathlib import Path

import pytest

from routing.bench_solver.waste_city import WasteCity, city, load
from routing.bench_solver.waste_city_case import WasteCityCase
from routing.check import violations
from routing.engines.finish import settle
from tomma.errors import ConfigurationError

BENCHMARK = Path(__file__).parents[4] / "shared" / "bench" / "waste_city.py"


@pytest.mark.parametrize(("bins", "trucks", "seed"), [(60, 3, 0), (120, 4, 11), (200, 5, 12)])
def test_our_cost_is_the_evaluators_to_the_unit(bins: int, trucks: int, seed: int) -> None:
    """The evaluator shares no code with us: money, windows, breaks and loads mean the same on both sides."""
    day: WasteCity = city(load(BENCHMARK), bins, trucks, seed)
    solution = settle(day.problem, {})
    assert violations(day.problem, solution) == ()
    assert solution.must_missed == 0
    assert day.objective(solution) == solution.cost_minor + solution.lost_prize_minor


def test_what_a_visit_costs_between_bins_leaves_out_the_ways_to_depot_and_disposal_sites() -> None:
    """Of depot, two bins, a disposal site and a third bin only the one way from bin to bin counts, by three visits."""
    case = WasteCityCase(BENCHMARK, 60, 3, 0)
    first, second, third = 5, 9, 20
    expected = int(case.city.instance["cost"][first, second]) / 3
    assert case.cost_from_bin_to_bin(((first, second, 1, third, 2), (), ())) == expected


def test_a_file_that_is_not_the_benchmark_is_refused_by_name(tmp_path: Path) -> None:
    """It is code that we run: a wrong path should not end in an attribute error."""
    other = tmp_path / "other.py"
    other.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"other\.py"):
        load(other)
    with pytest.raises(ConfigurationError, match=r"absent\.py"):
        load(tmp_path / "absent.py")
