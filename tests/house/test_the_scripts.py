"""The habits that let the server leave out comments and indentation without understanding JavaScript."""

from pathlib import Path

import pytest

from api.pages.squeeze import squeezed

STATIC = Path(__file__).parents[2] / "api" / "web" / "static"
OWN = sorted(path for suffix in ("js", "css") for path in STATIC.rglob(f"*.{suffix}") if "vendor" not in path.parts)
BEGINNINGS = ("//", "/*")


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_no_line_inside_a_template_literal_begins_like_a_comment(path: Path) -> None:
    """It would be left out of the text: so many backticks before it must be an even number."""
    backticks = 0
    in_comment = False
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        start = line.strip()
        begins = start.startswith(BEGINNINGS) and not in_comment
        if begins:
            assert backticks % 2 == 0, f"line {number}"
        in_comment = (in_comment or (begins and start.startswith("/*"))) and "*/" not in start
        if not (begins or in_comment or start.endswith("*/")):
            backticks += line.count("`")
    assert backticks % 2 == 0


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_what_is_left_has_every_line_of_code(path: Path) -> None:
    """Nothing but comments and white space goes."""
    is_script = path.suffix == ".js"
    left = squeezed(path.read_text(), is_script=is_script)
    in_comment = False
    code = []
    for line in map(str.strip, path.read_text().splitlines()):
        begins = not in_comment and (line.startswith("/*") or (is_script and line.startswith("//")))
        if line and not begins and not in_comment:
            code.append(line)
        in_comment = (in_comment or (begins and line.startswith("/*"))) and "*/" not in line
    if is_script:
        assert [line.rstrip() for line in left.splitlines()] == code
    else:
        assert left.replace(" ", "").replace("\n", "") == "".join(code).replace(" ", "")
