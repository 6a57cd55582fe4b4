"""The risk knob: how much overflowing is put up with, in one number from careful to bold. Pure.

The city's settings stand in the middle. To either side the accepted probability and what an overflow is taken to cost
move together, by a factor of up to `SPAN`: bolder accepts more and pays less for it. With the probability alone the
knob would hardly turn anything, since money decides below it (docs/decisions/0019-choice-and-horizon.md).
"""

from tomma.bounds import check_within
from tomma.planning_settings import PlanningSettings

SPAN = 16.0
AS_SET = 0.5
MOST_PROBABLE = 0.95
LADDER = (0.5, 0.0, 1.0, 0.25, 0.75, 0.125, 0.375, 0.625, 0.875)
"""Where the curve is looked at: what is set first, then the ends, then what lies between."""
COSTS = ("overflow_cost_minor", "overflow_cost_per_h_minor", "overflow_cost_per_l_minor")


def at_risk(planning: PlanningSettings, risk: float) -> PlanningSettings:
    """Return the settings with the knob at `risk`: 0 is careful, 0.5 as the city has set, 1 bold."""
    check_within("risk", risk, 0.0, 1.0)
    factor = SPAN ** ((risk - AS_SET) / AS_SET)
    alpha = planning.accepted_overflow_probability
    accepted = min(alpha * factor, max(alpha, MOST_PROBABLE))
    costs = {name: round(getattr(planning, name) / factor) for name in COSTS}
    return planning.model_copy(update={"accepted_overflow_probability": accepted, **costs})
