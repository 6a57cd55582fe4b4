"""What an operator builds on must be there: every metric of the handbook and of the rules is one we tell."""

import re
from pathlib import Path

from prometheus_client.core import Metric

from api.metrics.city import COUNTED, MEASURED
from api.metrics.requests import RequestMetrics

ROOT = Path(__file__).parents[2]
HANDBOOK = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
RULES = (ROOT / "deploy/prometheus/tomma.rules.yml").read_text(encoding="utf-8")
SOURCE = (ROOT / "api/metrics/city.py").read_text(encoding="utf-8")
NAME = re.compile(r"\btomma_[a-z_]+[a-z]")
COUNTERS = {"tomma_dead_letters", "tomma_ingest_rejected"}


def _told() -> set[str]:
    """Every name that the source makes, counters with the ending that the text format gives them."""
    families: list[Metric] = list(RequestMetrics().registry.collect())
    requests = {each.name + ("_total" if each.type == "counter" else "") for each in families}
    plain = set(re.findall(r'"(tomma_[a-z_]+[a-z])"', SOURCE))
    counted = {f"tomma_ingest_{name}_total" for name in COUNTED} | {f"{name}_total" for name in COUNTERS}
    return requests | counted | {f"tomma_ingest_{name.removesuffix('_s')}" for name in MEASURED} | (plain - COUNTERS)


def test_the_handbook_names_only_metrics_that_are_told() -> None:
    """A dashboard built from it must not stay empty."""
    assert set(re.findall(r"^\| `(tomma_[a-z_]+)", HANDBOOK, re.MULTILINE)) <= _told()


def test_the_rules_ask_only_for_metrics_that_the_handbook_explains() -> None:
    """An alert on a name that is never told would never fire."""
    asked = set(NAME.findall("\n".join(line for line in RULES.splitlines() if "expr:" in line)))
    assert asked
    assert asked <= set(NAME.findall(HANDBOOK))
