"""What `tools/bootstrap.py` leaves behind must do for the services of deploy/, too."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BOOTSTRAP = Path(__file__).parents[2] / "tools" / "bootstrap.py"
UV = """#!{python}
import json, os, pathlib, sys
with open({log!r}, "a") as log:
    log.write(json.dumps([sys.argv[1:], os.environ.get("UV_PYTHON_INSTALL_DIR")]) + chr(10))
if sys.argv[1:3] == ["python", "find"]:
    sys.exit(1)
if sys.argv[1] == "venv":
    there = pathlib.Path(sys.argv[-1], "bin")
    there.mkdir(parents=True)
    (there / "python").symlink_to({python!r})
"""
"""A uv that finds no Python on the machine and fetches one."""


@pytest.fixture
def bootstrap() -> ModuleType:
    """The script, not run."""
    spec = importlib.util.spec_from_file_location("bootstrap", BOOTSTRAP)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_python_that_is_fetched_lies_in_the_folder(tmp_path: Path) -> None:
    """Debian 12 has none that is new enough; in root's home, where uv puts it, no service can start it (203/EXEC)."""
    uv, log = tmp_path / ".uv" / "bin" / "uv", tmp_path / "log"
    for folder in ("tools", "requirements", "tomma", "ingest", "routing", "api", "simulator", ".uv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("pyproject.toml", "requirements/run.txt"):
        (tmp_path / name).touch()
    uv.write_text(UV.format(python=sys.executable, log=str(log)))
    uv.chmod(0o755)
    copy = shutil.copy(BOOTSTRAP, tmp_path / "tools")
    bare = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, copy, "run"], env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    asked = [json.loads(line) for line in log.read_text().splitlines()]
    told = {" ".join(words[:2]): where for words, where in asked if words[0] in ("python", "venv")}
    assert set(told) == {"python find", "python install", "venv --quiet"}
    assert set(told.values()) == {str(tmp_path / ".uv" / "python")}


@pytest.mark.parametrize(
    ("root", "python", "is_hidden"),
    [
        pytest.param("/opt/tomma", "{home}anna/.pyenv/bin/python3", True, id="a service with somebody's Python"),
        pytest.param("/opt/tomma", "/opt/tomma/.uv/python/bin/python3", False, id="its own"),
        pytest.param("{home}anna/tomma", "{home}anna/.local/bin/python3", False, id="a demo at home"),
    ],
)
def test_a_python_in_somebodys_home_is_not_for_services(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, root: str, python: str, is_hidden: bool
) -> None:
    """`ProtectHome=true`: whoever installs is told at once, and not by a service that does not start."""
    for home in bootstrap.HOMES:
        monkeypatch.setattr(bootstrap, "ROOT", root.format(home=home))
        assert bootstrap.is_hidden(python.format(home=home)) is is_hidden
