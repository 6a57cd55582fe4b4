"""Two plots as SVG text: what the money goes to, and what silence costs. No clock, no chance: the same every time."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT = 860, 210, 90
BAR, GAP, TOP = 26, 12, 64
INK, FAINT, GRID = "#1b1f24", "#5b6570", "#d8dde3"
COLOURS = ("#2f6db5", "#7aa6d8", "#9aa5b1", "#5f8f5b", "#d0542c")
"""Told apart without colour sight too: they differ in lightness, and each is named."""
LINES = (("#2f6db5", ""), ("#d0542c", "8 4"), ("#5f8f5b", "2 4"))


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of stacked parts, and how sure its end is."""

    name: str
    parts: tuple[float, ...]
    low: float
    high: float


def bars(title: str, parts: Sequence[str], rows: Sequence[Bar]) -> str:
    """Return horizontal stacked bars with whiskers."""
    height = TOP + len(rows) * (BAR + GAP) + 40
    most = max(max(sum(row.parts), row.high) for row in rows) * 1.02
    scale = (WIDTH - LEFT - RIGHT) / most
    body = [_text(16, 26, title, size=18, weight="bold"), *_legend(parts)]
    for value in _ticks(most):
        x = LEFT + value * scale
        body.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{height - 34}" stroke="{GRID}"/>')
        body.append(_text(x, height - 16, _number(value), anchor="middle", fill=FAINT))
    for at, row in enumerate(rows):
        body += _bar(row, TOP + at * (BAR + GAP), scale)
    return _svg(height, title, body)


def _bar(row: Bar, y: float, scale: float) -> list[str]:
    found = [_text(LEFT - 10, y + BAR * 0.68, row.name, anchor="end")]
    x = float(LEFT)
    for part, colour in zip(row.parts, COLOURS, strict=False):
        width = max(part, 0.0) * scale
        found.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>')
        x += width
    middle, low, high = y + BAR / 2, LEFT + row.low * scale, LEFT + row.high * scale
    found.append(f'<path d="M{low:.1f} {middle:.1f}H{high:.1f}" stroke="{INK}" stroke-width="1.5" fill="none"/>')
    found += [f'<path d="M{end:.1f} {y + 7:.1f}V{y + BAR - 7:.1f}" stroke="{INK}"/>' for end in (low, high)]
    found.append(_text(max(x, high) + 8, y + BAR * 0.68, _number(sum(row.parts)), weight="bold"))
    return found


def _legend(parts: Sequence[str]) -> list[str]:
    found, x = [], 16.0
    for name, colour in zip(parts, COLOURS, strict=False):
        found.append(f'<rect x="{x:.1f}" y="38" width="12" height="12" fill="{colour}"/>')
        found.append(_text(x + 17, 49, name, size=13))
        x += 17 + 8.0 * len(name) + 22
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: its name and a ratio for each x."""

    name: str
    ratios: tuple[float, ...]


def curves(title: str, x_title: str, x_values: Sequence[float], lines: Sequence[Line]) -> str:
    """Return curves of ratios to the first point, which is 1."""
    height, bottom = 380, 330
    high = max(1.25, *(ratio for line in lines for ratio in line.ratios)) * 1.03
    low = min(0.9, *(ratio for line in lines for ratio in line.ratios)) * 0.98
    across = (WIDTH - 90 - 190) / max(x_values[-1] - x_values[0], 1e-9)

    def x_at(value: float) -> float:
        return 90 + (value - x_values[0]) * across

    def y_at(ratio: float) -> float:
        return bottom - (ratio - low) / (high - low) * (bottom - TOP)

    body = [_text(16, 26, title, size=18, weight="bold")]
    for step in range(round(low * 10), round(high * 10) + 1):
        if low <= step / 10 <= high:
            y = y_at(step / 10)
            body.append(f'<line x1="90" y1="{y:.1f}" x2="{WIDTH - 190}" y2="{y:.1f}" stroke="{GRID}"/>')
            body.append(_text(80, y + 5, f"{step / 10:.1f}", anchor="end", fill=FAINT))
    body += [_text(x_at(each), bottom + 22, _number(each), anchor="middle", fill=FAINT) for each in x_values]
    body.append(_text((90 + WIDTH - 190) / 2, bottom + 44, x_title, anchor="middle", fill=FAINT))
    ends: list[float] = []
    for line, (colour, dash) in zip(lines, LINES, strict=False):
        path = " L".join(f"{x_at(x):.1f} {y_at(y):.1f}" for x, y in zip(x_values, line.ratios, strict=True))
        body.append(f'<path d="M{path}" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dash}" fill="none"/>')
        end = y_at(line.ratios[-1])
        while any(abs(end - other) < 18 for other in ends):  # names must not lie on each other
            end += 6
        ends.append(end)
        body.append(_text(WIDTH - 182, end + 5, f"{line.name} {line.ratios[-1]:.2f}", fill=colour, weight="bold"))
    return _svg(height, title, body)


def _ticks(most: float) -> list[float]:
    step = next(each for power in range(9) for each in (10**power, 2 * 10**power, 5 * 10**power) if most / each <= 8)
    return [float(step * number) for number in range(int(most // step) + 1)]


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _text(
    x: float, y: float, words: str, *, size: int = 14, anchor: str = "start", fill: str = INK, weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}" '
        f'font-weight="{weight}">{escape(words)}</text>'
    )


def _svg(height: float, title: str, body: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{escape(title, quote=True)}" font-family="system-ui, sans-serif">'
    )
    ground = f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>'
    return "\n".join((head, ground, *body, "</svg>", ""))
