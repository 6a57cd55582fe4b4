"""Brings Node-RED, once, by the machine's own npm, into a folder that later runs use again.

Nothing else of tomma fetches anything. Only `tomma bench ingest` calls this, says so, and can be told not to.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from ingest.bench.node_red import NodeRed

PACKAGES = {"node-red": "^4.1.8", "libsql": "^0.5.29"}
"""Node-RED 4 runs on every Node since 18; version 5 wants 22.9."""
COMPILED_PACKAGES = {"node-red-node-sqlite": "^1.1.1"}
"""Brought by the full bench only: where no ready build can be fetched, npm compiles it for minutes."""
_MANIFEST = {"name": "tomma-bench-node-red", "private": True}


def bring(folder: Path, *, within_s: float, compiled: bool, say: Callable[[str], None]) -> NodeRed | str:
    """Return the Node-RED in `folder`, installed now if it was not, or why there is none.

    Args:
        folder: Where it stays.
        within_s: How long npm may take; what it had done by then is kept in its own cache for the next time.
        compiled: Whether the node that may have to be compiled is wanted too; without it the rest is good.
        say: Told what is going on.
    """
    found = NodeRed(folder)
    if "function" not in found.stores or not found.script.exists():
        say(f"installing Node-RED with npm, this once, into {folder}")
        why = _install(folder, PACKAGES, within_s)
        if why:
            return why
    if compiled and "sqlite" not in found.stores:
        say("installing node-red-node-sqlite with npm; compiling it may take minutes")
        why = _install(folder, PACKAGES | COMPILED_PACKAGES, within_s)
        if why:
            say(f"going on without node-red-node-sqlite: {why}")
    return found


def _install(folder: Path, packages: Mapping[str, str], within_s: float) -> str | None:
    """Let npm bring `packages`; return what went wrong."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "npm and node are not installed"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({**_MANIFEST, "dependencies": packages}), encoding="utf-8")
    command = [npm, "install", "--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline"]
    command += [] if packages.keys() & COMPILED_PACKAGES.keys() else ["--ignore-scripts"]
    try:
        done = subprocess.run(
            command, cwd=folder, timeout=within_s, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except subprocess.TimeoutExpired:
        return f"npm was not done within {within_s:.0f} s; run it again"
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "npm error" in line] or [f"exit code {done.returncode}"]
        return f"npm failed: {lines[0]}"
    return None
