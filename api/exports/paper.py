"""PDF: a summary for the office, then each truck's list for its cab: large, black on white, with boxes to tick."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, black
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from api.exports.told import Told, collects, left_by_reason
from api.plans.schemas import PlannedRouteOut, RouteOut, StopOut

FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "tomma", "tomma-bold"
GREY, LINE = Color(0.3, 0.3, 0.3), Color(0.6, 0.6, 0.6)
MARGIN = 14 * mm
WIDTH = A4[0] - 2 * MARGIN
TICK_MM = 4.5
STOP_COLUMNS_MM = (9, 14, 74, 27, 15, 19, 24)
STOP_HEADS = ("print.number", "print.time", "print.place", "print.bin", "print.fill", "print.load", "print.done")
ROUTE_COLUMNS_MM = (44, 30, 17, 22, 23, 23, 23)
ROUTE_HEADS = (
    "print.vehicle",
    "print.hours",
    "print.bins",
    "print.unloads",
    "print.distance",
    "print.driving",
    "print.litres",
)
NUMBERS = frozenset((*ROUTE_HEADS[2:], "print.number", "print.fill", "print.load"))
_TEXT = ParagraphStyle("text", fontName=PLAIN, fontSize=9.5, leading=12)
_SMALL = ParagraphStyle("small", parent=_TEXT, fontSize=8, leading=10, textColor=GREY)
_BOLD = ParagraphStyle("bold", parent=_TEXT, fontName=BOLD)
_RIGHT = ParagraphStyle("right", parent=_TEXT, alignment=2)
_SMALL_RIGHT = ParagraphStyle("small-right", parent=_SMALL, alignment=2)
_TITLE = ParagraphStyle("title", parent=_BOLD, fontSize=17, leading=22)
_PART = ParagraphStyle("part", parent=_BOLD, fontSize=12, leading=18, spaceBefore=10)


def as_pdf(told: Told) -> bytes:
    """Return the document; the same plan gives the same bytes.

    The letters of Latin, Greek and Cyrillic scripts are embedded: it prints alike everywhere.
    """
    register_fonts()
    target, title = io.BytesIO(), told.words("print.title", day=told.words.day(told.plan.day))
    document = SimpleDocTemplate(
        target, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 6 * mm,
        title=title, author=told.words.organisation.name, lang=told.words.language.value, invariant=1,
    )  # fmt: skip
    story = [*_summary(told, title)] if told.whole else []
    for route in told.plan.routes:
        if story:
            story.append(PageBreak())
        story += _sheet(told, route)
    document.build(story, canvasmaker=_numbered(told))
    return target.getvalue()


@cache
def register_fonts() -> None:
    """Make PLAIN and BOLD known to the library, once."""
    for name, file in ((PLAIN, "DejaVuSansCondensed.ttf"), (BOLD, "DejaVuSansCondensed-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, FONTS / file))
    # Else the bold of a paragraph would be looked for among the fonts of the library.
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


def _text(text: str, style: ParagraphStyle = _TEXT) -> Paragraph:
    """Return the text as it is: what looks like markup in a name is letters."""
    return Paragraph(escape(text), style)


def _summary(told: Told, title: str) -> list[Flowable]:
    plan, t = told.plan, told.words
    facts = [t.organisation.name, t(f"status.{plan.status}"), _made(told)]
    if plan.roads_source:
        facts.append(t("plan.on", roads=t(f"roads.{plan.roads_source}")))
    story = [_text(title, _TITLE), _text(" · ".join(facts), _SMALL), Spacer(0, 5 * mm), _routes(told)]
    story += [_text(t("print.violation", what=each), _BOLD) for each in plan.violations]
    if plan.left_out:
        story.append(_text(t("print.left_out", n=len(plan.left_out)), _PART))
        rows = [
            [_text(t.whole(count), _RIGHT), _text(t(f"reason_title.{code}"))] for code, count in left_by_reason(plan)
        ]
        story.append(_table(rows, (14, 120), header=0))
    return story


def _routes(told: Told) -> Table:
    t, routes = told.words, told.plan.routes
    head = _head(told, ROUTE_HEADS)
    rows = [[_text(route.vehicle_name, _BOLD), *_route_figures(told, [route])] for route in routes]
    total = [_text(t("print.total"), _BOLD), *_route_figures(told, routes)]
    return _table([head, *rows, total], ROUTE_COLUMNS_MM, header=1)


def _route_figures(told: Told, routes: Sequence[RouteOut]) -> list[Paragraph]:
    t = told.words
    hours = f"{t.time(routes[0].start_utc)}–{t.time(routes[0].end_utc)}" if len(routes) == 1 else ""
    unloads = sum(stop.kind == "dispose" for route in routes for stop in route.stops)
    figures = (
        t.whole(sum(len(collects(route)) for route in routes)),
        t.whole(unloads),
        t.km(sum(route.distance_m for route in routes)),
        t.duration(sum(route.driving_s for route in routes)),
        t.whole(sum(told.collected_l(route) for route in routes)),
    )
    return [_text(hours), *(_text(each, _RIGHT) for each in figures)]


def _sheet(told: Told, route: RouteOut) -> list[Flowable]:
    t = told.words
    facts = t(
        "print.route_facts", start=t.time(route.start_utc), end=t.time(route.end_utc), km=t.km(route.distance_m),
        bins=t("print.bins_count", n=len(collects(route))), litres=t.whole(told.collected_l(route)),
    )  # fmt: skip
    crew = route.crew if isinstance(route, PlannedRouteOut) else ""
    banner = _text(" · ".join(filter(None, [route.vehicle_name, crew, t.day(told.plan.day)])), _TITLE)
    head = _head(told, STOP_HEADS)
    rows: list[list[Any]] = [[banner], head]
    before = None
    for number, stop in enumerate(route.stops, start=1):
        rows.append(_row(told, number, stop, same_place=stop.site_id is not None and stop.site_id == before))
        before = stop.site_id
    table = _table(rows, STOP_COLUMNS_MM, header=2, more=[("SPAN", (0, 0), (-1, 0))])
    return [table, Spacer(0, 3 * mm), _text(facts, _SMALL)]


def _row(told: Told, number: int, stop: StopOut, *, same_place: bool) -> list[Any]:
    """Return one line of a driver's list; the next bin of the same halt does not repeat the place."""
    t = told.words
    style = _TEXT if stop.kind == "collect" else _BOLD
    place = t("print.dispose", place=stop.name) if stop.kind == "dispose" else told.place(stop)
    where: list[Flowable] = [_text(t("print.same_place") if same_place else place, _SMALL if same_place else style)]
    if stop.access_note and not same_place:
        where.append(_text(stop.access_note, _SMALL))
    what = [_text(" ".join(filter(None, [stop.bin_id])), _TEXT), _text(told.fraction_name(stop.fraction), _SMALL)]
    fill = "" if stop.expected_fill_fraction is None else t.pct(stop.expected_fill_fraction)
    load = f"{t.whole(stop.load_after_kg)} kg" if stop.kind == "collect" else ""
    return [
        _text(str(number), _RIGHT), _text(t.time(stop.arrive_utc), style), where,
        what if stop.kind == "collect" else "", _text(fill, _RIGHT), _text(load, _RIGHT), _Tick(),
    ]  # fmt: skip


class _Tick(Flowable):  # type: ignore[misc]  # the library has no types
    """A box to tick with a pen, and a line for a word."""

    def wrap(self, available_width: float, _: float) -> tuple[float, float]:
        self._width = available_width
        return available_width, TICK_MM * mm

    def draw(self) -> None:
        side = TICK_MM * mm
        self.canv.setStrokeColor(black)
        self.canv.rect(0, 0, side, side)
        self.canv.setStrokeColor(LINE)
        self.canv.line(side + 2 * mm, 0, self._width, 0)


def _head(told: Told, keys: Sequence[str]) -> list[Paragraph]:
    """Return the heads of columns, over numbers to the right as these are."""
    return [_text(told.words(each), _SMALL_RIGHT if each in NUMBERS else _SMALL) for each in keys]


def _table(
    rows: Sequence[Sequence[Any]], widths_mm: Sequence[float], *, header: int, more: Sequence[tuple[Any, ...]] = ()
) -> Table:
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LINEBELOW", (0, header), (-1, -1), 0.4, LINE),
        *more,
    ]
    if header:
        style.append(("LINEBELOW", (0, header - 1), (-1, header - 1), 1, black))
    return Table(rows, [each * mm for each in widths_mm], repeatRows=header, style=style, hAlign="LEFT")


def _made(told: Told) -> str:
    local = told.words.local(told.plan.created_utc)
    return told.words("plan.made", time=f"{local:%Y-%m-%d %H:%M}")


def _numbered(told: Told) -> type[Canvas]:
    """Return a canvas that writes "page 1 of 3" on each page, which it knows only when all are there."""

    class Numbered(Canvas):  # type: ignore[misc]  # the library has no types
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  (the library's name)
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for page, state in enumerate(self._pages, start=1):
                self.__dict__.update(state)
                _foot(self, told, told.words("pager.page", page=page, pages=len(self._pages)))
                super().showPage()
            super().save()

    return Numbered


def _foot(canvas: Canvas, told: Told, page: str) -> None:
    canvas.setFont(PLAIN, 7.5)
    canvas.setFillColor(GREY)
    canvas.drawString(MARGIN, MARGIN, f"tomma · {_made(told)} · plan {told.plan.id}")
    canvas.drawRightString(A4[0] - MARGIN, MARGIN, page)
