"""No refusal reaches a page as a bare code or in another language: each has words, and what the words name is given."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
import quickjs
from pydantic_core._pydantic_core import list_all_errors

from api.problems.fields import field_errors
from tomma.bounds import Advice, Rule
from tomma.errors import Refusal

ROOT = Path(__file__).parents[2]
I18N = ROOT / "api/web/static/i18n"
LANGUAGES = ("sv", "en")
GAP = re.compile(r"\{(\w+)\}")
FIRST_ERROR = 400
BY_THE_PAGE = {"vehicle": "vehicle_id"}
"""What a page puts into a sentence, and from what: a truck's name is known there."""
OF_THE_PAGES = {"unreachable", "other", "several", "field", "field_value"}
"""Sentences that no code of the server stands behind."""
SERVER = ("api", "ingest", "tomma", "routing")
"""Where a refusal may begin that a page shows."""
NO_FORM_ASKS = {"locks.py", "cli.py", "planner.py", "leaving.py", "morning.py"}
"""What only a command meets, and what the desk has looked at before the planner does."""
MADE_FROM_BODIES = {
    "alerts": ("Care",),
    "city": ("Position", "Site", "Bin", "Sensor", "Installation"),
    "containers": ("ContainerType",),
    "edits": ("Edit",),
    "fitting": ("Fitting",),
    "mornings": ("Schedule",),
    "opendata": ("OpenData",),
    "people": ("Person",),
    "plan": ("Wishes",),
    "requests": ("BinRequest",),
}
"""What the core makes of the body of a request: what it refuses stands beside a field."""
ALWAYS_NAMED = (401, 409, 412, 422, 428)
"""Statuses that come with a reason or with fields, never alone."""
THE_DRIVERS = "/api/v1/driver/events"
"""Taps come from a page that says nothing of fields."""


@cache
def words(language: str) -> Mapping[str, Any]:
    """Every word of refusals in the language."""
    engine = quickjs.Context()
    source = (I18N / language / "refused.js").read_text(encoding="utf-8")
    engine.eval(source.replace("export default", "globalThis.words =", 1))
    found: Mapping[str, Any] = json.loads(str(engine.eval("JSON.stringify(words)")))
    return found


def gaps(key: str) -> set[str]:
    """What a text wants filled in, in either language."""
    return {name for language in LANGUAGES for name in GAP.findall(str(words(language)[key]))}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every file of the server, parsed."""
    for part in SERVER:
        for each in sorted((ROOT / part).rglob("*.py")):
            yield each.relative_to(ROOT).as_posix(), ast.parse(each.read_text(encoding="utf-8"))


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in them, with where it stands."""
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield f"{name}:{node.lineno}", node


def member(node: ast.Call, kind: str) -> str | None:
    """Return which member of `Refusal` or `Rule` the call is given, if any."""
    for each in (*node.args, *(told.value for told in node.keywords)):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == kind:
            return each.attr
    return None


def called(node: ast.Call) -> str:
    """Return the bare name of what is called."""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_the_server_can_send_has_words_and_every_word_a_code(language: str) -> None:
    """Whoever adds a reason adds its sentence; one that is gone leaves none behind."""
    told = {key for key in words(language) if not key.startswith("field.")}
    families = (("refused", (*Refusal, *OF_THE_PAGES)), ("bound", Rule), ("advice", Advice))
    assert told == {f"{family}.{each}" for family, members in families for each in members}


def test_whoever_refuses_gives_what_the_words_name() -> None:
    """Else a page says "{login} is the only one left"."""
    found = 0
    for place, node in calls():
        for enum, family, kind in ((Refusal, "refused", "Refusal"), (Rule, "bound", "Rule")):
            name = member(node, kind)
            if name is None:
                continue
            given: set[object] = {each.arg for each in node.keywords}
            for each in (each for each in node.args if isinstance(each, ast.Dict)):
                given |= {key.value for key in each.keys if isinstance(key, ast.Constant)}
            if None in given:  # `**values` of an exception that was checked where it was made
                continue
            wanted = {BY_THE_PAGE.get(each, each) for each in gaps(f"{family}.{enum[name].value}")}
            assert wanted <= given, f"{place}: {name} wants {sorted(wanted)}"
            found += 1
    assert found > len(Refusal), "the walk sees the calls"


def test_what_the_server_refuses_says_by_which_reason() -> None:
    """A conflict or a refused file without a reason of its own would be told as "load the page again"."""
    for place, node in calls():
        named = called(node)
        if named == "ConflictError" and Path(place.rpartition(":")[0]).name not in NO_FORM_ASKS:
            assert member(node, "Refusal"), place
        if named == "ImportRefusedError" and "asset_csv.py" in place:
            assert member(node, "Refusal"), place
        if named == "BoundError":
            assert member(node, "Rule"), place
        if named == "HTTPException":
            status = node.args[0] if node.args else None
            is_field = isinstance(status, ast.Constant) and status.value in ALWAYS_NAMED
            assert not is_field, f"{place}: name a Refusal, or the field and its Rule"


@pytest.mark.parametrize("module", MADE_FROM_BODIES)
def test_the_core_says_a_rule_with_what_it_refuses(module: str) -> None:
    """A plain ValueError has English words alone; its field would be told without its bound."""
    tree = ast.parse((ROOT / f"tomma/{module}.py").read_text(encoding="utf-8"))
    made = {each.name: each for each in ast.walk(tree) if isinstance(each, ast.ClassDef)}
    for name in MADE_FROM_BODIES[module]:
        plain = [each for each in ast.walk(made[name]) if isinstance(each, ast.Call) and called(each) == "ValueError"]
        assert plain == [], name


def test_every_status_that_an_operation_promises_has_words(refusing_client: httpx.Client) -> None:
    """Where a refusal has no reason of its own, its status stands for one."""
    described = refusing_client.get("/api/openapi.json").json()
    told = {
        int(status)
        for methods in described["paths"].values()
        for operation in methods.values()
        for status in operation["responses"]
        if status.isdigit() and int(status) >= FIRST_ERROR
    }
    for _, node in calls():
        numbers = [each.value for each in node.args[:1] if isinstance(each, ast.Constant)]
        if called(node) in {"HTTPException", "problem_response"}:
            told |= {each for each in numbers if isinstance(each, int)}
    slugs = {HTTPStatus(each).phrase.lower().replace(" ", "-") for each in told - set(ALWAYS_NAMED)}
    assert slugs <= set(Refusal)


@pytest.mark.parametrize("fault", list_all_errors(), ids=lambda fault: fault["type"])
def test_every_fault_that_pydantic_knows_becomes_a_rule_with_its_numbers(fault: Mapping[str, Any]) -> None:
    """Its own English is for machines; a page says the rule, and names the bound."""
    told = {
        "type": fault["type"], "loc": ("body", "delay_h"), "msg": fault["example_message_python"], "input": 999,
        "ctx": fault.get("example_context") or {},
    }  # fmt: skip
    (error,) = field_errors([told], skip=1)
    assert gaps(f"bound.{Rule(error.rule)}") <= set(error.values or {})
    assert (error.field, error.value) == ("delay_h", "999")


def test_every_field_of_a_form_has_a_name(refusing_client: httpx.Client) -> None:
    """Whoever typed 999 beside "Fördröjning" has never heard of delay_h."""
    described = refusing_client.get("/api/openapi.json").json()
    fields = set[str]()
    for path, methods in described["paths"].items():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                if path != THE_DRIVERS:
                    fields |= set(_fields(content["schema"], described["components"]["schemas"]))
    assert len(fields) > 80, "the walk sees the bodies"
    for language in LANGUAGES:
        assert {each for each in fields if f"field.{each}" not in words(language)} == set(), language


def _fields(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    yield from schema.get("properties", {})
    inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    inner += [*schema.get("anyOf", []), *schema.get("allOf", []), *schema.get("patternProperties", {}).values()]
    for each in inner:
        if isinstance(each, dict):
            yield from _fields(each, known)
