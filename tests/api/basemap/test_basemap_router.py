"""The doors a map library knocks on."""

import asyncio
import gzip
import shutil
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api.basemap.router import build_router
from tests.api.basemap.reading import features, tile_at

Z, X, Y, _ = tile_at(60.1700, 24.9440, 14)
TILE = f"/tiles/{Z}/{X}/{Y}.mvt"


class Client:
    """Asks a server that reads the map at `path`."""

    def __init__(self, path: Path) -> None:
        server = FastAPI()
        server.include_router(build_router(lambda: path))
        self._transport = httpx.ASGITransport(server)

    def get(self, address: str, **headers: str) -> httpx.Response:
        """Return the answer, unpacked."""
        return asyncio.run(self._get(address, headers))

    def get_raw(self, address: str) -> bytes:
        """Return the very bytes that were sent."""
        return asyncio.run(self._get_raw(address))

    def _ask(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self._transport, base_url="http://127.0.0.1")

    async def _get(self, address: str, headers: dict[str, str]) -> httpx.Response:
        async with self._ask() as client:
            return await client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def _get_raw(self, address: str) -> bytes:
        async with self._ask() as client, client.stream("GET", address) as answer:
            return b"".join([chunk async for chunk in answer.aiter_raw()])


@pytest.fixture
def client(helsinki_map: Path) -> Client:
    """Return a client of a server with the demo city's map."""
    return Client(helsinki_map)


def test_a_tile_is_served_packed_to_those_who_take_it(client: Client) -> None:
    """It lies packed on disk: sending it costs no work."""
    answer = client.get(TILE, Accept_Encoding="gzip, br")
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert {"roads", "buildings"} <= {each.layer for each in features(answer.content)}


@pytest.mark.parametrize("accepts", ["identity", "gzip;q=0", "br"])
def test_a_tile_is_served_plain_to_those_who_do_not(client: Client, accepts: str) -> None:
    """A script without gzip gets bytes it can read."""
    answer = client.get(TILE, Accept_Encoding=accepts)
    assert "Content-Encoding" not in answer.headers
    assert any(features(answer.content))


def test_a_known_tile_is_not_sent_again(client: Client) -> None:
    """The tablet on a slow network keeps its map; packed and plain are different bytes and different tags."""
    first = client.get(TILE)
    again = client.get(TILE, If_None_Match=f'"other", {first.headers["ETag"]}')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert client.get(TILE, Accept_Encoding="identity").headers["ETag"] != first.headers["ETag"]
    assert "max-age" in first.headers["Cache-Control"]


def test_nothing_drawn_is_an_empty_answer(client: Client) -> None:
    """A map library asks for every tile in view; an error for each of the sea's would fill its log."""
    answer = client.get("/tiles/12/5/5.mvt")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("address", ["9/0/0", "16/5/5", "10/1024/0", "10/0/4096"])
def test_what_can_never_be_a_tile_is_not_found_and_says_why(client: Client, address: str) -> None:
    """The message names the bound and the value."""
    answer = client.get(f"/tiles/{address}.mvt")
    assert answer.status_code == 404
    assert "must be within" in answer.json()["detail"]


@pytest.mark.parametrize("address", ["14/x/y", "14/1.5/2", "../../etc/passwd", "14/99999999999999999999/1"])
def test_no_address_breaks_the_server(client: Client, address: str) -> None:
    """Refused by shape, before any file is touched."""
    assert client.get(f"/tiles/{address}.mvt").status_code in (404, 422)


def test_the_metadata_is_tile_json(client: Client) -> None:
    """What a map library needs to find the tiles, and the notice the licence asks for."""
    told = client.get("/tiles/metadata.json").json()
    assert told["tilejson"] == "3.0.0"
    assert told["tiles"] == ["/tiles/{z}/{x}/{y}.mvt"]
    assert (told["minzoom"], told["maxzoom"]) == (10, 15)
    assert "OpenStreetMap" in told["attribution"]
    assert {"water", "roads", "places"} <= {layer["id"] for layer in told["vector_layers"]}


def test_a_server_starts_without_a_map_and_takes_it_up_when_it_comes(helsinki_map: Path, tmp_path: Path) -> None:
    """`tomma serve` first, `tomma basemap build` later: no restart."""
    path = tmp_path / "basemap.pmtiles"
    client = Client(path)
    assert client.get(TILE).status_code == 404
    assert "tomma basemap build" in client.get("/tiles/metadata.json").json()["detail"]
    shutil.copy(helsinki_map, path)
    assert client.get(TILE).status_code == 200


@pytest.mark.parametrize("left", [pytest.param(0, id="the disk was full"), pytest.param(-10, id="a torn copy")])
def test_a_server_with_a_damaged_map_starts_says_so_once_and_takes_up_the_next(
    helsinki_map: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, left: int
) -> None:
    """Taps, plans and alarms must not wait for a picture of the streets; who starts the server reads what is wrong."""
    path = tmp_path / "basemap.pmtiles"
    path.write_bytes(helsinki_map.read_bytes()[:left])
    client = Client(path)
    answers = [client.get(address) for address in (TILE, TILE, "/tiles/metadata.json")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert "no whole map" in answers[0].json()["detail"]
    assert caplog.text.count("basemap is not taken") == 1
    shutil.copy(helsinki_map, path)
    assert client.get(TILE).status_code == 200


def test_a_damaged_new_map_leaves_the_old_one_in_use(
    helsinki_map: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Copied over while the server runs, and torn: the log tells, the map stays."""
    path = tmp_path / "basemap.pmtiles"
    shutil.copy(helsinki_map, path)
    client = Client(path)
    before = client.get(TILE).content
    torn = tmp_path / "torn"
    torn.write_bytes(helsinki_map.read_bytes()[:-10])
    torn.replace(path)
    assert client.get(TILE).content == before
    assert "kept=the map before" in caplog.text


def test_the_bytes_are_those_of_the_file(client: Client, helsinki_map: Path) -> None:
    """No layer in between changes them."""
    packed = client.get_raw(TILE)
    assert gzip.decompress(packed) == client.get(TILE, Accept_Encoding="identity").content
    assert packed in helsinki_map.read_bytes()
