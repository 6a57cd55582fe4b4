"""Our own scripts and sheets without what only people read: comments on lines of their own, and indentation.

A style sheet's lines are joined, too, where one ends a rule, a declaration or an item of a list.

No minifier: those that Python has misread template literals within template literals, and a build step would keep a
newcomer from reading in the browser what stands in the repository. Two habits make this safe, and a test of the house
holds them: a comment stands on lines of its own, and no text in a template literal begins a line with one.
"""

import re
from pathlib import Path

OWN = frozenset({".js", ".css"})
VENDOR = "vendor"
_BLOCK = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
_MARGIN = re.compile(r"^[ \t\n]+", re.MULTILINE)
_COLON = re.compile(r"^((?:--)?[a-z0-9-]+): ", re.MULTILINE)
_JOINT = re.compile(r" (?=\{\n)|(?<=[{};,])\n")


def served(path: Path) -> bytes:
    """Return a static file as it is sent; what others wrote is sent as it is, licence and all."""
    content = path.read_bytes()
    if path.suffix not in OWN or VENDOR in path.parts:
        return content
    return squeezed(content.decode(), is_script=path.suffix == ".js").encode()


def squeezed(text: str, *, is_script: bool) -> str:
    r"""Return the text without comments on lines of their own, without empty lines, without indentation.

    >>> squeezed("/* Why. */\n.a,\n.b {\n  color: red;\n\n  margin: 0 auto;\n}\n", is_script=False)
    '.a,.b{color:red;margin:0 auto;}'
    """
    text = _BLOCK.sub("", text)
    if is_script:
        return _MARGIN.sub("", _LINE.sub("", text))
    return _JOINT.sub("", _COLON.sub(r"\1:", _MARGIN.sub("", text)))
