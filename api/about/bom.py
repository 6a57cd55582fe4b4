"""The bill of materials (CycloneDX 1.6): everything that is shipped, with its licence, and who needs it.

`python -m api.about.bom` in the root of the tree writes it anew after `make lock` or a change of a vendored file.
"""

import hashlib
import json
import re
import tomllib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.about.lock import OURSELVES, Locked, needed_to_run, needs_of, packages_in

LOCK = Path("requirements/run.txt")
LICENCES = Path("requirements/licences.toml")
VENDOR = Path("api/web/static/vendor")
WRITTEN = Path(__file__).with_name("sbom.cdx.json")
VENDORED = re.compile(r"^\| ([\w.-]+) \| ([\d.]+) \| .* \| ([\w.-]+) \|$", re.MULTILINE)
LANGUAGE = "tomma:language"
ONLY_IF = "tomma:only-if"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "tomma.bill-of-materials")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shipped:
    """Something in the tree that others made and that is no package: a browser library, a font, a map."""

    name: str
    version: str
    licence: str
    kind: str
    """As CycloneDX names it: library, data, file."""
    sha256_by_file: Mapping[str, str]
    purl: str = ""


def document(
    product: tuple[str, str], packages: Iterable[Locked], licences: Mapping[str, str], shipped: Iterable[Shipped]
) -> Json:
    """Return the whole bill; the same things give the same bytes, its serial number included.

    Args:
        product: Our own version and licence.
        packages: What the lock of the product holds.
        licences: SPDX expression of each package by name.
        shipped: What else lies in the tree.
    """
    packages, shipped = list(packages), list(shipped)
    to_run = needed_to_run(packages)
    components = [_of_package(each, licences[each.name], each.name in to_run) for each in packages]
    components += [_of_shipped(each) for each in shipped]
    version, licence = product
    root = {"type": "application", "bom-ref": "tomma", "name": "tomma", "version": version}
    body: Json = {
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "component": {**root, "licenses": [{"expression": licence}], "purl": f"pkg:pypi/tomma@{version}"},
        },
        "components": components,
        "dependencies": _graph(packages, shipped),
    }
    serial = uuid.uuid5(NAMESPACE, json.dumps(body, sort_keys=True))
    head = {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX"}
    return {**head, "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1, **body}


def _of_package(package: Locked, licence: str, to_run: bool) -> Json:
    purl = f"pkg:pypi/{package.name}@{package.version}"
    properties = [{"name": LANGUAGE, "value": "python"}]
    if package.only_if:
        properties.append({"name": ONLY_IF, "value": package.only_if})
    return {
        "type": "library",
        "bom-ref": package.name,
        "name": package.name,
        "version": package.version,
        "scope": "required" if to_run else "excluded",
        "licenses": [{"expression": licence}],
        "purl": purl,
        "properties": properties,
    }


def _of_shipped(each: Shipped) -> Json:
    files = [
        {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": digest}]}
        for name, digest in sorted(each.sha256_by_file.items())
    ]
    return {
        "type": each.kind,
        "bom-ref": f"shipped:{each.name}",
        "name": each.name,
        **({"version": each.version} if each.version else {}),
        "scope": "required",
        "licenses": [{"expression": each.licence}],
        **({"purl": each.purl} if each.purl else {}),
        "properties": [{"name": LANGUAGE, "value": "javascript" if each.purl else "none"}],
        "components": files,
    }


def _graph(packages: Iterable[Locked], shipped: Iterable[Shipped]) -> list[Json]:
    packages = list(packages)
    needs = needs_of(packages)
    own = [*needs[OURSELVES], *(f"shipped:{each.name}" for each in shipped)]
    return [{"ref": "tomma", "dependsOn": own}] + [
        {"ref": each.name, **({"dependsOn": needs[each.name]} if needs[each.name] else {})} for each in packages
    ]


def vendored(readme: str, checksums: str) -> list[Shipped]:
    """Return the browser libraries, from the table and the checksums that lie beside them."""
    lines = [line.split(maxsplit=1) for line in checksums.splitlines()]
    return [
        Shipped(
            name,
            version,
            licence,
            "library",
            {path: digest for digest, path in lines if path.startswith(f"{name}-{version}/")},
            f"pkg:npm/{name}@{version}",
        )
        for name, version, licence in VENDORED.findall(readme)
    ]


def in_tree(root: Path) -> Json:
    """Return the bill of the tree at `root`, as it should be written."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = tomllib.loads((root / LICENCES).read_text(encoding="utf-8"))
    others = [
        Shipped(each["name"], each.get("version", ""), each["licence"], each["kind"], _digests(root, each["files"]))
        for each in table["shipped"]
    ]
    vendor = root / VENDOR
    libraries = vendored((vendor / "README.md").read_text(), (vendor / "CHECKSUMS.sha256").read_text())
    packages = packages_in((root / LOCK).read_text())
    return document((project["version"], project["license"]), packages, table["packages"], [*libraries, *others])


def _digests(root: Path, names: Iterable[str]) -> dict[str, str]:
    return {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in names}


def as_written(bill: Json) -> str:
    """Return the bill as the file holds it."""
    return json.dumps(bill, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    WRITTEN.write_text(as_written(in_tree(Path())), encoding="utf-8")
