"""An address without a page: a person is led on, a program is told as everywhere."""

import httpx
import pytest

from api.guards.headers import HEADERS

A_BROWSERS = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/planing", "/r", "/figures/2026", "/driver/old"])
def test_a_person_who_opens_an_unknown_address_is_led_on(refusing_client: httpx.Client, path: str) -> None:
    """An old bookmark once ended in a line of JSON."""
    answer = refusing_client.get(path, headers={"accept": A_BROWSERS})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert '<a href="/">' in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/planing", "*/*"),
        ("/planing", "application/json"),
        ("/api/v1/nothing", A_BROWSERS),
        ("/static/x.js", A_BROWSERS),
    ],
)
def test_a_program_gets_the_problem_document(refusing_client: httpx.Client, path: str, accept: str) -> None:
    """Whoever reads answers by machine reads one form of refusal."""
    answer = refusing_client.get(path, headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
