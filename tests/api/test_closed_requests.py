"""What a request may say is bounded everywhere, read from the description so that a new route cannot forget it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

BOUNDED = {"limit", "offset", "hours", "days", "after"}
"""Parameters that decide how much is looked up."""


@pytest.fixture(scope="module")
def described(refusing_client: httpx.Client) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = refusing_client.get("/api/openapi.json").json()
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation as (method, path, description)."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def named_in(node: Any) -> Iterator[str]:
    """The names of the schemas that a part of the description refers to."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for value in node.values():
            yield from named_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from named_in(value)


def test_no_body_takes_a_key_that_it_does_not_name(described: dict[str, Any]) -> None:
    """A3: whoever adds `id`, `roles` or another's organisation to a body is refused, at every depth."""
    schemas = described["components"]["schemas"]
    waiting = [name for _, _, each in operations(described) for name in named_in(each.get("requestBody", {}))]
    taken: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in taken:
            taken.add(name)
            waiting += named_in(schemas[name])
    objects = {name for name in taken if schemas[name].get("type") == "object"}
    assert {name for name in objects if schemas[name].get("additionalProperties") is not False} == set()
    assert len(objects) > 30


def test_a_body_with_a_key_too_many_is_refused_and_nothing_is_done(refusing_client: httpx.Client) -> None:
    """A3, asked in earnest: the description and the refusal are the same."""
    answer = refusing_client.post("/api/v1/plans", json={"organisation": "another", "id": "mine"})
    assert answer.status_code == 422
    assert {each["field"] for each in answer.json()["errors"]} == {"organisation", "id"}


def test_how_much_may_be_asked_for_has_a_bound_and_the_bound_holds(
    described: dict[str, Any], refusing_client: httpx.Client
) -> None:
    """A17: minus one, a billion and a range of twenty years cost nobody anything."""
    asked = 0
    for method, path, operation in operations(described):
        for each in operation.get("parameters", ()):
            if each["in"] != "query" or each["name"] not in BOUNDED or each["schema"]["type"] == "string":
                continue
            schema = each["schema"]
            assert "minimum" in schema, (path, each["name"])
            wrong = [schema["minimum"] - 1]
            if each["name"] not in {"offset", "after"}:  # a place in a list, which costs the same anywhere
                assert schema["maximum"] <= 5_000, (path, each["name"])
                wrong += [schema["maximum"] + 1, 10**9]
            for value in wrong if "{" not in path else ():
                answer = refusing_client.request(method, path, params={each["name"]: value})
                assert answer.status_code == 422, (path, each["name"], value, answer.text)
                asked += 1
    assert asked > 20


def test_a_parameter_is_given_once_unless_it_is_a_list(
    described: dict[str, Any], refusing_client: httpx.Client
) -> None:
    """One program takes the first of two, the next one the last: a proxy's filter would judge what we do not read."""
    asked = 0
    for method, path, operation in operations(described):
        for each in operation.get("parameters", ()):
            if each["in"] != "query" or "{" in path or method != "GET":
                continue
            answer = refusing_client.get(path, params=[(each["name"], "1"), (each["name"], "1")])
            told = {error["field"]: error["bound"] for error in answer.json().get("errors", ())}
            assert (told.get(each["name"]) == "must be given once") == ("'array'" not in str(each["schema"])), (
                path,
                told,
            )
            asked += 1
    assert asked > 60
    assert refusing_client.get("/api/v1/city?nobody=1&nobody=2").status_code == 422


def test_a_parameter_that_nobody_knows_is_refused_with_those_that_there_are(
    described: dict[str, Any], refusing_client: httpx.Client
) -> None:
    """Passed over, `from` for `from_utc` tells of other days than were asked for, and `dryrun` stores in earnest."""
    asked = 0
    for method, path, operation in operations(described):
        if "{" in path or not path.startswith("/api/v1/") or operation.get("requestBody"):
            continue
        refused = refusing_client.request(method, path, params={"dryrun": "true"})
        known = sorted(each["name"] for each in operation.get("parameters", ()) if each["in"] == "query")
        (error,) = refused.json().get("errors") or pytest.fail(f"{method} {path}: {refused.text}")
        assert (refused.status_code, error["field"], error["rule"]) == (422, "dryrun", "unknown"), path
        assert all(name in error["bound"] for name in known), (path, error)
        asked += 1
    assert asked > 40


@pytest.mark.parametrize("path", ["/static/", "/static/lib/", "/static/vendor/", "/.git/config", "/api/v1/"])
def test_no_folder_lists_itself(refusing_client: httpx.Client, path: str) -> None:
    """What lies beside the pages is nobody's business until it is named."""
    assert refusing_client.get(path).status_code == 404


def test_no_answer_invites_other_sites_in(refusing_client: httpx.Client) -> None:
    """Without a word of CORS a browser gives another site's page nothing of ours to read."""
    for path in ("/api/v1/bins", "/api/openapi.json", "/static/icons/tomma.svg"):
        answer = refusing_client.get(path, headers={"origin": "https://evil.example"})
        assert [name for name in answer.headers if name.startswith("access-control-")] == []
