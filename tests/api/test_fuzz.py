"""The whole OpenAPI asked by Schemathesis: thousands of requests that keep to it, and as many that nearly do."""

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from tests.api.conftest import World, make_city, serving_on_a_port, settings_in
from tomma.stores.wiring import open_stores

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what its own imports deprecate is not ours to mend
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
IN_CI, IN_A_NIGHT = 2, 50
"""Requests of either kind to each operation: some 400 and some 10,000."""
ENDLESS = "text/event-stream"
ANSWER_WITHIN_S = 20.0


class Fuzzed:
    """A real server, and what its description promises."""

    def __init__(self, address: str, described: dict[str, Any]) -> None:
        self._address = address
        self._schema = schemathesis.openapi.from_dict(described)
        self._line = requests.Session()
        self._line.trust_env = False
        self.asked = 0
        self.faults: list[str] = []

    def ask_everything(self, examples: int) -> None:
        """Send to each operation so many requests of either kind; gather what breaks a promise."""
        for found in self._schema.get_all_operations():
            operation = found.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                self._ask(operation, mode, examples)

    def _ask(self, operation: Any, mode: Any, examples: int) -> None:
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=examples == IN_CI,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            self.asked += 1
            answer = case.call(base_url=self._address, session=self._line, timeout=ANSWER_WITHIN_S)
            try:
                case.validate_response(answer, checks=CHECKS)
            except Exception as exc:  # noqa: BLE001  (all faults are wanted, not the first)
                self.faults.append(f"{case.as_curl_command()}\n{exc}")

        with contextlib.suppress(Unsatisfiable):  # where whatever one sends keeps to the description
            ask()


def without_streams(described: dict[str, Any]) -> dict[str, Any]:
    """The description without the operations whose answers never end."""
    for methods in described["paths"].values():
        for method in [each for each, what in methods.items() if ENDLESS in str(what["responses"].get("200", ""))]:
            del methods[method]
    return described


@pytest.fixture
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    """A city that may be ruined."""
    configured = settings_in(tmp_path_factory.mktemp("fuzzed"))
    with open_stores(configured) as stores:
        stores.registry.save(make_city())
        world = World(configured, stores)
        world.planner.gate.set()
        world.publish()
        with serving_on_a_port(world) as client:
            described = without_streams(client.get("/api/openapi.json").json())
            yield Fuzzed(str(client.base_url), described)


def told(fuzzed: Fuzzed) -> str:
    """The first faults, to be read by a person."""
    return f"{len(fuzzed.faults)} of {fuzzed.asked}\n\n" + "\n\n".join(fuzzed.faults[:8])


def test_requests_made_from_the_description_break_no_promise(fuzzed: Fuzzed) -> None:
    """A few to each operation, always the same ones: no 5xx, and every answer as it is described."""
    fuzzed.ask_everything(IN_CI)
    assert not fuzzed.faults, told(fuzzed)
    assert fuzzed.asked > 300


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_ten_thousand_requests_break_no_promise(fuzzed: Fuzzed) -> None:
    """Others each night."""
    while fuzzed.asked < 10_000:
        fuzzed.ask_everything(IN_A_NIGHT)
    assert not fuzzed.faults, told(fuzzed)
    assert threading.active_count() < 100
