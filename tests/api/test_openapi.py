"""The API is a product for strangers: its description must be whole and true."""

from typing import Any

import httpx
import pytest

PUBLIC = {
    ("GET", "/api/v1/city"),
    ("GET", "/api/v1/bins"),
    ("GET", "/api/v1/bins/{bin_id}"),
    ("GET", "/api/v1/map/places"),
    ("GET", "/api/v1/map/levels"),
    ("GET", "/api/v1/map/ahead"),
    ("GET", "/api/v1/map/figures"),
    ("GET", "/api/v1/map/table.csv"),
    ("GET", "/api/v1/bins/{bin_id}/history"),
    ("GET", "/api/v1/bins/{bin_id}/forecast"),
    ("POST", "/api/v1/plans"),
    ("GET", "/api/v1/plans"),
    ("GET", "/api/v1/plans/{plan_id}"),
    ("GET", "/api/v1/plans/{plan_id}/ordered"),
    ("GET", "/api/v1/plans/{plan_id}/progress"),
    ("GET", "/api/v1/plans/{plan_id}/difference"),
    ("GET", "/api/v1/plans/outlook"),
    ("POST", "/api/v1/bins/{bin_id}/requests"),
    ("GET", "/api/v1/bins/{bin_id}/requests"),
    ("DELETE", "/api/v1/bins/{bin_id}/requests/{request_id}"),
    ("POST", "/api/v1/plans/{plan_id}/publish"),
    ("GET", "/api/v1/plans/{plan_id}/export.{format}"),
    ("POST", "/api/v1/plans/{plan_id}/discard"),
    ("POST", "/api/v1/plans/{plan_id}/stop"),
    ("GET", "/api/v1/plans/pareto"),
    ("GET", "/api/v1/plans/{plan_id}/comparison"),
    ("GET", "/api/v1/schedule"),
    ("PUT", "/api/v1/schedule"),
    ("POST", "/api/v1/plans/{plan_id}/edits"),
    ("GET", "/api/v1/followup"),
    ("GET", "/api/v1/followup/days/{day}"),
    ("POST", "/api/v1/followup/missed"),
    ("GET", "/api/v1/followup/changes/{plan_id}"),
    ("GET", "/api/v1/figures"),
    ("GET", "/api/v1/figures/table.csv"),
    ("GET", "/api/v1/figures/audit.json"),
    ("GET", "/api/v1/driver/bins"),
    ("GET", "/api/v1/driver/routes"),
    ("GET", "/api/v1/driver/routes/{vehicle_id}"),
    ("GET", "/api/v1/driver/routes/{vehicle_id}/legs/{leg}/guidance"),
    ("POST", "/api/v1/driver/events"),
    ("GET", "/api/v1/driver/events"),
    ("POST", "/api/v1/tablets/pairing-codes"),
    ("POST", "/api/v1/tablets"),
    ("GET", "/api/v1/tablets"),
    ("POST", "/api/v1/tablets/me/sign-out"),
    ("DELETE", "/api/v1/tablets/{tablet_id}"),
    ("GET", "/api/v1/stream"),
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/dead-letters"),
    ("GET", "/api/v1/workers"),
    ("GET", "/api/v1/sensors"),
    ("POST", "/api/v1/uplinks/{network}"),
    ("GET", "/api/v1/device-logins"),
    ("POST", "/api/v1/device-logins"),
    ("POST", "/api/v1/device-logins/{device_id}/rotate"),
    ("DELETE", "/api/v1/device-logins/{device_id}"),
    ("GET", "/api/v1/assets/export.csv"),
    ("GET", "/api/v1/assets/stickers.pdf"),
    ("POST", "/api/v1/assets/import"),
    ("GET", "/api/v1/assets/quarantine"),
    ("POST", "/api/v1/assets/quarantine/{device_id}/hang"),
    ("DELETE", "/api/v1/assets/quarantine/{device_id}"),
    ("GET", "/api/v1/assets/bins"),
    ("POST", "/api/v1/assets/bins"),
    ("GET", "/api/v1/assets/bins/{bin_id}"),
    ("PATCH", "/api/v1/assets/bins/{bin_id}"),
    ("POST", "/api/v1/assets/bins/{bin_id}/hang"),
    ("POST", "/api/v1/assets/bins/{bin_id}/take-down"),
    ("GET", "/api/v1/assets/sites"),
    ("POST", "/api/v1/assets/sites"),
    ("GET", "/api/v1/assets/sites/{site_id}"),
    ("PATCH", "/api/v1/assets/sites/{site_id}"),
    ("GET", "/api/v1/assets/container-types"),
    ("POST", "/api/v1/assets/container-types"),
    ("GET", "/api/v1/assets/container-types/{type_id}"),
    ("PATCH", "/api/v1/assets/container-types/{type_id}"),
    ("GET", "/api/v1/assets/sensors"),
    ("POST", "/api/v1/assets/sensors"),
    ("GET", "/api/v1/assets/sensors/{sensor_id}"),
    ("PATCH", "/api/v1/assets/sensors/{sensor_id}"),
    ("GET", "/api/v1/assets/retired"),
    ("DELETE", "/api/v1/assets/{kind}/{asset_id}"),
    ("GET", "/api/v1/installations/catalogue"),
    ("GET", "/api/v1/installations/devices/{device_id}"),
    ("POST", "/api/v1/installations"),
    ("PUT", "/api/v1/installations/photos/{key}"),
    ("GET", "/api/v1/installations/photos/{key}"),
    ("GET", "/api/v1/audit"),
    ("GET", "/api/v1/open-data/settings"),
    ("PUT", "/api/v1/open-data/settings"),
    ("GET", "/api/v1/open-data/catalogue.jsonld"),
    ("GET", "/api/v1/open-data/bins.geojson"),
    ("GET", "/api/v1/open-data/bins.csv"),
    ("GET", "/api/v1/open-data/ngsi-ld/v1/entities"),
    ("GET", "/api/v1/alerts"),
    ("GET", "/api/v1/alerts/summary"),
    ("GET", "/api/v1/alerts/open"),
    ("GET", "/api/v1/alerts/open.csv"),
    ("GET", "/api/v1/alerts/history"),
    ("GET", "/api/v1/alerts/history.csv"),
    ("POST", "/api/v1/alerts/actions"),
    ("GET", "/api/v1/work-orders"),
    ("GET", "/api/v1/work-orders.csv"),
    ("POST", "/api/v1/work-orders"),
    ("GET", "/api/v1/work-orders/{order_id}"),
    ("PATCH", "/api/v1/work-orders/{order_id}"),
    ("GET", "/api/v1/notifications"),
    ("POST", "/api/v1/notifications/test"),
    ("GET", "/api/v1/quarantine"),
    ("GET", "/api/v1/sign-in"),
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/session/demo"),
    ("DELETE", "/api/v1/session"),
    ("POST", "/api/v1/links/look"),
    ("POST", "/api/v1/links/redeem"),
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/me/sessions"),
    ("DELETE", "/api/v1/me/sessions"),
    ("DELETE", "/api/v1/me/sessions/{session_id}"),
    ("PUT", "/api/v1/me/password"),
    ("POST", "/api/v1/me/second-factor"),
    ("PUT", "/api/v1/me/second-factor"),
    ("POST", "/api/v1/me/second-factor/remove"),
    ("POST", "/api/v1/me/recovery-codes"),
    ("GET", "/api/v1/people"),
    ("POST", "/api/v1/people"),
    ("PATCH", "/api/v1/people/{person_id}"),
    ("POST", "/api/v1/people/{person_id}/reset"),
    ("DELETE", "/api/v1/people/{person_id}/sessions"),
    ("GET", "/api/v1/keys"),
    ("POST", "/api/v1/keys"),
    ("DELETE", "/api/v1/keys/{key_id}"),
    ("GET", "/api/v1/about"),
    ("GET", "/api/v1/about/sbom.cdx.json"),
    ("GET", "/metrics"),
    ("GET", "/tiles/metadata.json"),
    ("GET", "/tiles/{z}/{x}/{y}.mvt"),
}


@pytest.fixture(scope="module")
def described(refusing_client: httpx.Client) -> dict[str, Any]:
    """The OpenAPI document as a stranger gets it."""
    answer = refusing_client.get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation as (method, path, description)."""
    return [
        (method.upper(), path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_exactly_the_promised_operations_are_there(described: dict[str, Any]) -> None:
    """An operation that goes breaks a client; one that comes must be meant."""
    assert {(method, path) for method, path, _ in operations(described)} == PUBLIC


def test_every_operation_says_what_it_does_and_how_it_fails(described: dict[str, Any]) -> None:
    """A stranger needs a name, a sentence, a place, and the form of a refusal."""
    tags = {tag["name"] for tag in described["tags"] if tag["description"]}
    for method, path, operation in operations(described):
        assert operation["summary"], path
        assert operation["description"], path
        assert set(operation["tags"]) <= tags, path
        refusals = {status: answer for status, answer in operation["responses"].items() if status[0] in "45"}
        assert refusals, f"{method} {path} never fails?"
        for status, answer in refusals.items():
            assert list(answer["content"]) == ["application/problem+json"], (path, status)
            assert answer["description"], (path, status)


def test_every_operation_says_whom_it_answers_and_how_they_show_it(described: dict[str, Any]) -> None:
    """A client that is made from the description asks without its key where nothing says that one is wanted."""
    ways = described["components"]["securitySchemes"]
    assert (ways["key"]["type"], ways["key"]["scheme"]) == ("http", "bearer")
    for method, path, operation in operations(described):
        told = [name for way in operation["security"] for name in way]
        assert set(told) <= ways.keys(), (method, path)
        assert ("Roles: " in operation["description"]) is bool(told), (method, path)
    of = described["paths"]
    assert of["/api/v1/open-data/bins.csv"]["get"]["security"] == []
    assert of["/api/v1/bins"]["get"]["security"] == [{"key": []}, {"session": []}]
    assert of["/api/v1/bins"]["get"]["description"].endswith("Roles: auditor, contractor, installer, manager.")
    assert of["/api/v1/people"]["post"]["security"] == [{"session": []}], "no key may be an admin's"


def test_operation_ids_are_unique_and_readable(described: dict[str, Any]) -> None:
    """Generated clients name their functions after them."""
    ids = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(ids) == len(set(ids))
    assert all(each.isidentifier() for each in ids)


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    """A generator stops at the first that does not."""

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [each for value in node.values() for each in references(value)]
        return [each for value in node for each in references(value)] if isinstance(node, list) else []

    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert set(references(described)) <= known


def test_every_schema_and_number_says_what_it_is(described: dict[str, Any]) -> None:
    """A number without its unit, in its name or its description, is a trap."""
    units: tuple[str, ...] = (
        "_m",
        "_s",
        "_l",
        "_kg",
        "_deg",
        "_fraction",
        "_minor",
        "_h",
        "_24h",
        "_bytes",
        "_to_full",
        "_overflow",
    )
    units += ("_overflow", "_mm", "_dbm", "_db", "_c", "_v", "_ratio")
    for name, schema in described["components"]["schemas"].items():
        assert "description" in schema, name
        for field, what in schema.get("properties", {}).items():
            kinds = {what.get("type"), *(each.get("type") for each in what.get("anyOf", ()))}
            if kinds & {"number", "integer"}:
                assert field.endswith(units) or "description" in what or field == "status", f"{name}.{field}"


def test_the_body_of_an_event_is_described_although_each_is_judged_by_itself(described: dict[str, Any]) -> None:
    """A maker of another tablet reads it from here."""
    events = described["components"]["schemas"]["EventsIn"]["properties"]["events"]
    assert events["items"] == {"$ref": "#/components/schemas/EventIn"}
    assert described["components"]["schemas"]["EventIn"]["additionalProperties"] is False


def test_it_is_named_as_a_product(described: dict[str, Any]) -> None:
    """Title, what it is for, version and licence."""
    info = described["info"]
    assert (info["title"], info["license"]["identifier"]) == ("tomma API", "Apache-2.0")
    assert info["summary"]
    assert info["version"] != "0"
