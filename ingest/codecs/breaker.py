"""Keeps a codec that fails dearly from slowing the stream: it may run up debts of time, and then it rests."""

from collections.abc import Mapping
from dataclasses import dataclass, field

PAID_BACK_PER_S = 0.05
"""The share of one processor that a codec may waste for good."""
REST_S = (30.0, 60.0, 120.0, 300.0)
"""How long it rests, the first time and the next ones."""


@dataclass(slots=True)
class _Account:
    debt_s: float = 0.0
    paid_at_s: float = 0.0
    rests_until_s: float = 0.0
    rests: int = 0


@dataclass(slots=True)
class Breaker:
    """The accounts of all codecs, by name. Times are monotonic seconds."""

    debt_max_s: float
    fair_s: float
    """What a frame may cost without being a waste."""
    _accounts: dict[str, _Account] = field(default_factory=dict)

    def charge(self, spent_s: Mapping[str, float], frames: Mapping[str, int], now_s: float) -> list[str]:
        """Book what each codec has used beyond what its frames may cost; return those that rest from now on."""
        wasted_s = {name: seconds - self.fair_s * frames.get(name, 0) for name, seconds in spent_s.items()}
        return [name for name, seconds in wasted_s.items() if seconds > 0.0 and self._charge(name, seconds, now_s)]

    def _charge(self, name: str, seconds: float, now_s: float) -> bool:
        account = self._accounts.setdefault(name, _Account(paid_at_s=now_s))
        account.debt_s = max(0.0, account.debt_s - PAID_BACK_PER_S * (now_s - account.paid_at_s)) + seconds
        account.paid_at_s = now_s
        if account.debt_s <= self.debt_max_s:
            return False
        account.rests_until_s = now_s + REST_S[min(account.rests, len(REST_S) - 1)]
        account.rests += 1
        account.debt_s = self.debt_max_s / 2  # after its rest it has half its credit
        return True

    def rest_left_s(self, name: str, now_s: float) -> float:
        """Return for how long the codec still rests; 0 when it may run."""
        account = self._accounts.get(name)
        return max(0.0, account.rests_until_s - now_s) if account else 0.0

    def forget(self, name: str) -> None:
        """Give a replaced codec a clean slate."""
        self._accounts.pop(name, None)
