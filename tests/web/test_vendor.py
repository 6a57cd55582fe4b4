"""The libraries in the pages are the ones we say they are, and nothing of ours reaches for others."""

import hashlib
import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "api/web/static"
VENDOR = STATIC / "vendor"
TEMPLATES = STATIC.parent / "templates"
IMPORT = re.compile(
    r"""(?:^import\s*|^(?:import|export)\b[^"';]*\bfrom\s*|\bimport\(\s*)["']([^"']+)["']""", re.MULTILINE
)
LINK_OUT = "https://www.openstreetmap.org/copyright"
NAMESPACE = "http://www.w3.org/"


def own_files(*endings: str) -> list[Path]:
    """Every file of ours with one of these endings."""
    found = [path for path in [*STATIC.rglob("*"), *TEMPLATES.rglob("*")] if path.suffix in endings]
    return [path for path in found if VENDOR not in path.parents]


def test_every_vendored_file_has_the_checksum_on_the_list() -> None:
    """A changed library, by hand or by accident, is seen before it is served."""
    lines = (VENDOR / "CHECKSUMS.sha256").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}
    there = {str(path.relative_to(VENDOR)): path for path in VENDOR.glob("*/*")}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()} == listed


def test_every_vendored_library_is_told_with_its_licence() -> None:
    """Whoever ships the product can see what it ships."""
    readme = (VENDOR / "README.md").read_text()
    for folder in (path for path in VENDOR.iterdir() if path.is_dir()):
        name, version = folder.name.rsplit("-", 1)
        assert f"| {name} | {version} |" in readme
        assert [path for path in folder.iterdir() if path.name.startswith("LICENSE")], folder.name


def test_our_modules_import_by_relative_path_only() -> None:
    """A bare name needs an inline import map, which the content security policy forbids."""
    for path in own_files(".js"):
        for target in IMPORT.findall(path.read_text()):
            assert target.startswith("."), f"{path.name} imports {target}"
            assert (path.parent / target).resolve().is_file(), f"{path.name} imports {target}"


def test_nothing_of_ours_names_another_host() -> None:
    """No request leaves the host; the one link out is the map's copyright page, followed by people only."""
    for path in own_files(".js", ".css", ".html", ".svg"):
        for address in re.findall(r"https?://[^\s\"'`)]+", path.read_text()):
            assert address == LINK_OUT or address.startswith(NAMESPACE), f"{path.name} names {address}"


def test_no_page_has_inline_scripts_or_styles() -> None:
    """The content security policy would refuse them."""
    for path in own_files(".html"):
        text = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text), path.name


def test_nothing_of_ours_writes_markup_from_text() -> None:
    """Names come from outside: they are only ever text."""
    for path in own_files(".js"):
        text = path.read_text()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|document\.write|setHTML|\beval\(", text
        ), path.name
