"""The arms of a comparison: a policy, how many sensors are silent, and whether it knows the future."""

from dataclasses import dataclass

from simulator.proving.morning import Policy
from simulator.proving.policies import Fixed, GroningenPrize, GroningenRule, Level, Risk, ours
from simulator.proving.scenarios import Scenario
from tomma.errors import ConfigurationError

OURS, PERFECT, RULE = "ours", "perfect", "groningen_rule"
POLICIES = ("fixed", "level", "risk", RULE, "groningen_prize", OURS, PERFECT)
"""In the order of the tables: from the calendar to knowing everything."""
SILENT_SHARE = 0.03
"""In every arm but those that ask about silence: assumed of a well-kept city."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One row of a comparison."""

    policy: str
    silent_share: float = SILENT_SHARE
    second_round_h: int | None = None
    """Local hour at which the rest of each day is planned anew."""

    @property
    def name(self) -> str:
        """As tables and JSON name it."""
        silent = "" if self.silent_share == SILENT_SHARE else f"_silent_{self.silent_share:.0%}"
        return self.policy + silent + ("" if self.second_round_h is None else f"_anew_at_{self.second_round_h}")


def policy_of(name: str, scenario: Scenario) -> Policy:
    """Return the policy of that name, as tuned for the scenario.

    Raises:
        ConfigurationError: If there is none of that name.
    """
    made: dict[str, Policy] = {
        "fixed": Fixed(scenario.fixed_margin),
        "level": Level(),
        "risk": Risk(),
        RULE: GroningenRule(scenario.rule_bins_a_day),
        "groningen_prize": GroningenPrize(scenario.prize_rho_minor),
        OURS: ours,
        PERFECT: ours,
    }
    try:
        return made[name]
    except KeyError:
        raise ConfigurationError(f"policy must be one of {', '.join(POLICIES)}, got {name}") from None
