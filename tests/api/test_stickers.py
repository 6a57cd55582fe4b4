"""Stickers last for years on a bin: the right code on the right label, and no address that only this machine knows."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from api.access.tokens import KEY, new_token
from api.residents.choice import address_of, chosen
from api.residents.cli import app
from api.residents.stickers import as_stickers
from tests.api.town import make_city
from tests.api.world import World, serving
from tomma.city import City
from tomma.errors import NotFoundError
from tomma.model import BinId
from tomma.people import ApiKey, Role
from tomma.people_settings import PeopleSettings
from tomma.server_settings import ServerSettings

PUBLIC = "https://bins.example"


def pages_of(content: bytes) -> list[str]:
    """What is written on each sheet."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def city_of(count: int) -> City:
    """The small town with so many bins at its first place."""
    city = make_city()
    first = city.bins[BinId("B1")]
    many = {BinId(f"B{n:03d}"): replace(first, id=BinId(f"B{n:03d}")) for n in range(count)}
    return replace(city, bins=many, installations=())


def test_a_sheet_has_eight_labels_each_with_its_bin_in_two_languages() -> None:
    """Nine bins are two sheets; the address is there in letters, too, for who cannot scan."""
    city = city_of(9)
    sheets = pages_of(as_stickers(city, chosen(city, ()), PUBLIC))
    assert [sheet.count("Skanna och tryck en gång.") for sheet in sheets] == [8, 1]
    for said in ("B008", "Restavfall · Residual waste", "Exempelstad", f"{PUBLIC}/r/B008", "Full? Litter? Smell?"):
        assert said in sheets[1]


def test_the_same_bins_give_the_same_bytes() -> None:
    """A reprint can be compared with what was printed."""
    city = make_city()
    assert as_stickers(city, chosen(city, ()), PUBLIC) == as_stickers(city, chosen(city, ()), PUBLIC)


@pytest.mark.parametrize(
    ("bin_ids", "area", "fraction", "found"),
    [
        pytest.param([], "", "", ["B5", "B6", "B1", "B2", "B3", "B4"], id="all, by area, place and id"),
        pytest.param(["B4", "B1"], "", "", ["B1", "B4"], id="two by name"),
        pytest.param([], "Norr", "", ["B1", "B2", "B3", "B4"], id="an area"),
        pytest.param([], "", "residual", ["B5", "B6", "B1", "B2", "B3", "B4"], id="a waste stream"),
        pytest.param(["B5"], "Norr", "", None, id="a bin that is not of the area"),
        pytest.param(["B9"], "", "", None, id="no such bin"),
    ],
)
def test_bins_are_chosen(bin_ids: Sequence[str], area: str, fraction: str, found: list[str] | None) -> None:
    """In the order somebody walks with the sheets; a typing mistake prints nothing."""
    city = make_city()
    sites = {id_: replace(site, area="" if id_ == "S3" else "Norr") for id_, site in city.sites.items()}
    city = replace(city, sites=sites)
    if found is None:
        with pytest.raises(NotFoundError):
            chosen(city, bin_ids, area, fraction)
    else:
        assert chosen(city, bin_ids, area, fraction) == found


def test_an_id_with_odd_letters_leads_to_its_own_page() -> None:
    """Ids come from other systems."""
    assert address_of("https://bins.example/", BinId("Ö 1?#%")) == "https://bins.example/r/%C3%96%201%3F%23%25"


def test_the_manager_prints_sheets_of_what_is_chosen(world: World) -> None:
    """At most four hundred at once: the server has other things to do. A demo's stickers lead to the demo."""
    with serving(world) as client:
        sheet = client.get("/api/v1/assets/stickers.pdf?bin_id=B1&bin_id=B5")
        assert (sheet.status_code, sheet.headers["content-type"]) == (200, "application/pdf")
        assert "http://127.0.0.1/r/B5" in pages_of(sheet.content)[0]
        assert client.get("/api/v1/assets/stickers.pdf?area=nowhere").status_code == 404
        world.stores.registry.save(city_of(401))
        refused = client.get("/api/v1/assets/stickers.pdf")
        assert (refused.status_code, "400" in refused.json()["detail"]) == (422, True)


def test_a_city_without_a_public_address_prints_nothing(world: World) -> None:
    """The address that the manager's browser happens to use may be nobody else's."""
    token, wall_utc = new_token(KEY), datetime.now(UTC)
    roles = frozenset({Role.MANAGER})
    world.stores.sessions.add_key(
        ApiKey(token.id, "printer", roles, token.sha256, wall_utc, wall_utc + timedelta(days=1))
    )
    for public_url, status in (("", 409), (PUBLIC, 200)):
        changes = {"people": PeopleSettings(), "server": ServerSettings(public_url=public_url)}
        with serving(replace(world, settings=world.settings.model_copy(update=changes))) as client:
            path, key = "/api/v1/assets/stickers.pdf?bin_id=B1", {"authorization": f"Bearer {token.text}"}
            assert client.get(path).status_code == 401
            answer = client.get(path, headers=key)
        assert answer.status_code == status, answer.text
    assert f"{PUBLIC}/r/B1" in pages_of(answer.content)[0]


def test_the_command_writes_the_sheets(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a whole city at once; it says when what is printed leads to a closed page."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOMMA_DATA_DIR", str(world.settings.data_dir))
    refused = CliRunner().invoke(app, ["out.pdf"])
    assert "public_url" in str(refused.exception)
    assert not Path("out.pdf").exists()
    monkeypatch.setenv("TOMMA_SERVER__PUBLIC_URL", PUBLIC)
    done = CliRunner().invoke(app, ["out.pdf", "--bin", "B2"])
    assert done.exit_code == 0, done.output
    assert "1 stickers written" in done.output
    assert "closed" in done.output
    assert f"{PUBLIC}/r/B2" in pages_of(Path("out.pdf").read_bytes())[0]
