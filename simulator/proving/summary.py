"""The figures of a comparison: by arm, and arm against arm on the same seeds and days."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from routing.alternatives.paired import Interval, blocks, interval, paired
from simulator.proving.arms import OURS, PERFECT, RULE, Arm
from simulator.proving.compare import Outcomes
from simulator.proving.loop import Outcome

BLOCK_DAYS = 7
MINOR = 100.0


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """What one arm came to, a day; money in major units."""

    cost_per_day: float
    cost_low: float
    cost_high: float
    km_per_day: float
    hours: float
    lifts: float
    trucks: float
    unloads: float
    fill_pct: float
    """Mean fill at emptyings."""
    service_pct: float
    """Emptyings before which nothing lay beside the bin: the service level of the Groningen study."""
    bin_days_pct: float
    """Bin-days without anything beside the bin."""
    overflow_h: float
    overflow_l: float
    driving: float
    work: float
    truck_days: float
    co2: float
    overflow: float
    left_behind: float


def figures_of(outcomes: Sequence[Outcome]) -> ArmFigures:
    """Return the means over all seeds and days."""
    days = [day for each in outcomes for day in each.days]
    cost = interval([part for each in outcomes for part in blocks(_costs(each), BLOCK_DAYS)])
    lifts = sum(day.lifts for day in days)
    overflowing = sum(day.lifts_overflowing for day in days)

    def mean(name: str) -> float:
        return sum(float(getattr(day, name)) for day in days) / len(days)

    return ArmFigures(
        cost_per_day=cost.mean / MINOR,
        cost_low=cost.low / MINOR,
        cost_high=cost.high / MINOR,
        km_per_day=mean("km"),
        hours=mean("hours"),
        lifts=mean("lifts"),
        trucks=mean("trucks"),
        unloads=mean("unloads"),
        fill_pct=100.0 * sum(day.fill_before for day in days) / max(1, lifts),
        service_pct=100.0 * (1.0 - overflowing / max(1, lifts)),
        bin_days_pct=100.0 * (1.0 - sum(day.overflowing_bins for day in days) / sum(day.bins for day in days)),
        overflow_h=mean("overflow_h"),
        overflow_l=mean("overflow_l"),
        driving=mean("driving_minor") / MINOR,
        work=mean("work_minor") / MINOR,
        truck_days=mean("trucks_minor") / MINOR,
        co2=mean("co2_minor") / MINOR,
        overflow=mean("overflow_minor") / MINOR,
        left_behind=mean("left_behind"),
    )


def _costs(outcome: Outcome) -> list[float]:
    return [day.cost_minor for day in outcome.days]


def difference(outcomes: Outcomes, first: Arm, second: Arm) -> Interval:
    """Return what `first` costs more than `second`, a day, in major units, with its interval."""
    seeds = sorted(outcomes[first].keys() & outcomes[second].keys())
    found = paired(
        [_costs(outcomes[first][seed]) for seed in seeds],
        [_costs(outcomes[second][seed]) for seed in seeds],
        BLOCK_DAYS,
    )
    return Interval(found.mean / MINOR, found.low / MINOR, found.high / MINOR, found.samples)


@dataclass(frozen=True)
class Summary:
    """Everything that tables, plots and JSON tell."""

    scenario: str
    bins: int
    seeds: tuple[int, ...]
    days: int
    arms: Mapping[Arm, ArmFigures]
    against_ours: Mapping[Arm, Interval]
    """How much more each arm costs than ours, a day."""

    def figures(self, policy: str) -> ArmFigures | None:
        """Return the policy's figures with the usual share of silent sensors, if it was tried."""
        return self.arms.get(Arm(policy))

    def keys(self) -> dict[str, float | bool | None]:
        """Return the named figures that the issue asks for; None where an arm was not tried."""
        ours, rule, perfect = self.figures(OURS), self.figures(RULE), self.figures(PERFECT)
        silent, alive = self.arms.get(Arm(OURS, 0.2)), self.arms.get(Arm(OURS, 0.0))
        rivals = [each for arm, each in self.against_ours.items() if arm.policy != PERFECT and arm == Arm(arm.policy)]
        return {
            "km_saving_vs_municipal_pct": _less_pct(ours, rule, "km_per_day"),
            "service_pct": _rounded(ours.service_pct, 3) if ours else None,
            "gap_to_perfect_information_pct": _negative(_less_pct(ours, perfect, "cost_per_day")),
            "gap_with_all_alive_pct": _negative(_less_pct(alive, perfect, "cost_per_day")),
            "silent20_overflow_ratio": _ratio(silent, alive, "overflow"),
            "silent20_km_ratio": _ratio(silent, alive, "km_per_day"),
            "excludes_zero": bool(rivals) and all(each.low > 0.0 for each in rivals),
        }


def summarise(scenario: str, outcomes: Outcomes) -> Summary:
    """Return the figures of a comparison."""
    seeds = sorted(set.intersection(*(set(by_seed) for by_seed in outcomes.values())))
    some = next(iter(outcomes.values()))[seeds[0]]
    ours = Arm(OURS)
    return Summary(
        scenario=scenario,
        bins=some.days[0].bins,
        seeds=tuple(seeds),
        days=len(some.days),
        arms={arm: figures_of([by_seed[seed] for seed in seeds]) for arm, by_seed in outcomes.items()},
        against_ours={arm: difference(outcomes, arm, ours) for arm in outcomes if arm != ours and ours in outcomes},
    )


def as_json(summary: Summary) -> dict[str, object]:
    """Return the summary as one object of plain values."""
    return {
        "scenario": summary.scenario,
        "bins": summary.bins,
        "seeds": list(summary.seeds),
        "days": summary.days,
        **summary.keys(),
        "policies": {
            arm.name: {name: _rounded(value, 4) for name, value in asdict(figures).items()}
            for arm, figures in summary.arms.items()
        },
        "differences_vs_ours": {
            arm.name: {
                "cost_per_day": _rounded(each.mean, 2),
                "low": _rounded(each.low, 2),
                "high": _rounded(each.high, 2),
                "excludes_zero": each.excludes_zero,
                "samples": each.samples,
            }
            for arm, each in summary.against_ours.items()
        },
    }


def _ratio(figures: ArmFigures | None, base: ArmFigures | None, name: str) -> float | None:
    if figures is None or base is None or not getattr(base, name):
        return None
    return round(float(getattr(figures, name)) / float(getattr(base, name)), 4)


def _less_pct(figures: ArmFigures | None, base: ArmFigures | None, name: str) -> float | None:
    ratio = _ratio(figures, base, name)
    return None if ratio is None else round(100.0 * (1.0 - ratio), 2)


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def _rounded(value: float | None, digits: int) -> float | None:
    return round(value, digits) if value is not None and math.isfinite(value) else None
