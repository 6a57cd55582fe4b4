"""No key, token or password lies in the tree: what was committed once is known for ever."""

import math
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KNOWN = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a key of ours": r"\btm_[A-Za-z0-9]{4,}_[A-Za-z0-9_-]{32,}",
    "a cloud's access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a token of a code host": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20})\b",
    "a token of a chat": r"\bxox[abprs]-[\w-]{10,}",
    "a token of a registry": r"\b(?:pypi-[\w-]{40,}|npm_[A-Za-z0-9]{36})\b",
    "a signed token": r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}",
    "a login in an address": r"[a-z]+://[^\s/:@\"'{}<>]+:(?!secret@)[^\s/:@\"'{}<>$…*]{6,}@",
}
"""Forms that are secrets wherever they stand."""
NAMED = re.compile(
    r"""(?i)(?:password|passwd|secret|token|api_?key|private_?key)["']?\s*[:=]\s*["']([A-Za-z0-9+/=_-]{20,})["']"""
)
"""Something long, given to a name that says what it is."""
RANDOM_BITS = 3.7
"""Entropy of a character above which nobody typed it: words have about 3.2 to 3.6, random base64 of 32 has 4.5."""
TEXT = {".py", ".js", ".css", ".html", ".toml", ".md", ".yaml", ".yml", ".json", ".txt", ".sh", ".conf", ".lua", ""}


def entropy_bits(text: str) -> float:
    """Shannon entropy of a character, in bits."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def secrets_in(text: str) -> list[str]:
    """What in a text looks like a secret, by what it is."""
    found = [what for what, form in KNOWN.items() if re.search(form, text)]
    return found + ["a random value" for value in NAMED.findall(text) if entropy_bits(value) > RANDOM_BITS]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("tm_" + "7f3a_" + "k" * 43, ["a key of ours"], id="a key of ours"),
        pytest.param("AKIA" + "ABCDEFGHIJKLMNOP", ["a cloud's access key"], id="a cloud's key"),
        pytest.param("https://" + "anna:hunter22@db.example", ["a login in an address"], id="a login in an address"),
        pytest.param('api_key = "' + 'q8Zr1-Vb0xWn5Ty_Lk3Hc7Pd"', ["a random value"], id="a random value"),
        pytest.param('password = "correct-horse-battery-staple"', [], id="words for a test"),
        pytest.param('token = "a-word-and-some-words"', [], id="a name"),
    ],
)
def test_a_secret_is_known_when_it_is_seen(text: str, told: list[str]) -> None:
    """A look that finds nothing anywhere would be green for ever."""
    assert secrets_in(text) == told


def test_no_file_holds_a_secret() -> None:
    """Tests make theirs up as they run; the demo makes its own at the start."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    paths = [ROOT / name for name in names if name and "/vendor/" not in name]
    found = {
        str(path.relative_to(ROOT)): told
        for path in paths
        if path.suffix in TEXT and path.is_file() and path != Path(__file__)
        if (told := secrets_in(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert found == {}
