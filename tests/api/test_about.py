"""What runs here, told to those who run it: version, licences, bill of materials."""

import json

import httpx

from api.about.bom import WRITTEN
from api.about.lock import OURSELVES, Locked, needed_to_run, needs_of, packages_in

LOCK = """\
anyio==4.16.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via
    #   httpx
    #   tomma (pyproject.toml)
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:cc
    # via click
hatchling==1.33.0 \\
    --hash=sha256:dd
    # via tomma (pyproject.toml:build)
httpx[http2]==0.28.1 \\
    --hash=sha256:ee
    # via tomma (pyproject.toml)
"""


def test_a_lock_tells_versions_conditions_and_who_needs_what() -> None:
    """The bill of materials is only as true as what is read from the lock."""
    assert packages_in(LOCK) == [
        Locked("anyio", "4.16.0", ("httpx", OURSELVES)),
        Locked("colorama", "0.4.6", ("click",), "sys_platform == 'win32'"),
        Locked("hatchling", "1.33.0", ("tomma (pyproject.toml:build)",)),
        Locked("httpx", "0.28.1", (OURSELVES,)),
    ]
    assert needs_of(packages_in(LOCK))["httpx"] == ["anyio"]
    assert needed_to_run(packages_in(LOCK)) == {"anyio", "httpx"}


def test_the_server_tells_its_version_and_every_part_with_its_licence(client: httpx.Client) -> None:
    """An auditor asks for it; nobody should have to open the wheel."""
    about = client.get("/api/v1/about").json()
    assert (about["version"], about["licence"]) == ("0.1.0", "Apache-2.0")
    kinds = {part["name"]: part["kind"] for part in about["parts"]}
    assert (kinds["fastapi"], kinds["preact"], kinds["DejaVu Sans Condensed"]) == ("python", "browser", "other")
    assert all(part["licence"] for part in about["parts"])
    assert [part["name"] for part in about["parts"] if part["name"] == "hatchling" and part["needed_to_run"]] == []


def test_the_bill_is_served_as_it_was_shipped(client: httpx.Client) -> None:
    """A scanner takes the file; what it finds is then true of what runs."""
    answer = client.get("/api/v1/about/sbom.cdx.json")
    assert answer.headers["content-type"] == "application/vnd.cyclonedx+json"
    assert answer.headers["content-disposition"] == 'attachment; filename="tomma-0.1.0.cdx.json"'
    assert answer.content == WRITTEN.read_bytes()
    assert json.loads(answer.content)["metadata"]["component"]["version"] == "0.1.0"
