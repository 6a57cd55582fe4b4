"""Stickers for bins, as PDF: sheets of eight labels on A4, each with the code that leads to its bin's page."""

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

from reportlab.graphics.barcode.qr import QrCode
from reportlab.lib.colors import Color, black
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, KeepInFrame, Paragraph

from api.exports.paper import BOLD, PLAIN, register_fonts
from api.exports.words import Words
from api.residents.choice import address_of
from routing.roads.guidance import Language
from tomma.city import City
from tomma.model import BinId

COLUMNS, ROWS = 2, 4
LABEL_W, LABEL_H = 99.1 * mm, 67.7 * mm
"""The commonest size of eight to a sheet, which is sold weatherproof, too."""
GAP = 2.5 * mm
LEFT = (A4[0] - COLUMNS * LABEL_W - GAP) / 2
TOP = (A4[1] - ROWS * LABEL_H) / 2
EDGE = 4 * mm
CODE = 45 * mm
"""Read from a metre away, also by an old phone."""
LEVEL = "Q"
"""A quarter of it may be scratched or dirty."""
FOOT = 14.5 * mm
HAIR, GREY = Color(0.75, 0.75, 0.75), Color(0.3, 0.3, 0.3)
_TITLE = ParagraphStyle("sticker", fontName=BOLD, fontSize=18, leading=20)
_SECOND = ParagraphStyle("sticker-second", fontName=PLAIN, fontSize=12, leading=14.5, spaceBefore=3)
_HOW = ParagraphStyle("sticker-how", fontName=PLAIN, fontSize=8.5, leading=10.5, spaceBefore=5, textColor=GREY)
_NAME = ParagraphStyle("sticker-name", fontName=BOLD, fontSize=12, leading=14)
_STREAM = ParagraphStyle("sticker-stream", fontName=PLAIN, fontSize=9, leading=11)


def as_stickers(city: City, bin_ids: Sequence[BinId], base: str) -> bytes:
    """Return the sheets; the same bins give the same bytes."""
    register_fonts()
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1, pageCompression=1, lang="sv")
    canvas.setTitle(f"{city.organisation.name}: {len(bin_ids)}")
    for number, bin_id in enumerate(bin_ids):
        place = number % (COLUMNS * ROWS)
        if number and not place:
            canvas.showPage()
        row, column = divmod(place, COLUMNS)
        x, y = LEFT + column * (LABEL_W + GAP), A4[1] - TOP - (row + 1) * LABEL_H
        _label(canvas, city, bin_id, address_of(base, bin_id), x, y)
    canvas.save()
    return target.getvalue()


def _label(canvas: Canvas, city: City, bin_id: BinId, address: str, x: float, y: float) -> None:
    canvas.setStrokeColor(HAIR)
    canvas.roundRect(x + 1.5 * mm, y + 1.5 * mm, LABEL_W - 3 * mm, LABEL_H - 3 * mm, 2 * mm)
    canvas.setFillColor(black)
    top = y + LABEL_H - EDGE
    QrCode(address, width=CODE, height=CODE, qrLevel=LEVEL).drawOn(canvas, x + EDGE - 2 * mm, top - CODE + 1 * mm)
    aside = CODE + EDGE
    swedish, english = (Words(each, city.organisation) for each in (Language.SV, Language.EN))
    said = [
        *(_text(f"{each}?", _TITLE) for each in swedish("sticker.title").rstrip("?").split("? ")),
        _text(english("sticker.title"), _SECOND),
        _text(swedish("sticker.how"), _HOW),
        _text(english("sticker.how"), _HOW),
    ]
    _fit(canvas, said, x + aside, top - CODE, LABEL_W - aside - EDGE, CODE)
    stream = city.fraction_of(bin_id)
    names = " · ".join(dict.fromkeys([stream.name_sv, stream.name_en]))
    below = [_text(f"{bin_id} · {city.organisation.name}", _NAME), _text(names, _STREAM)]
    _fit(canvas, below, x + EDGE, y + EDGE, LABEL_W - 2 * EDGE, FOOT - EDGE / 2)
    _small(canvas, address, x + LABEL_W - EDGE, y + 2.2 * mm)


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(text), style)


def _fit(canvas: Canvas, story: list[Paragraph], x: float, y: float, width: float, height: float) -> None:
    """Write the paragraphs into the box; long names become smaller rather than cut."""
    frame = Frame(x, y, width, height, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    frame.addFromList([KeepInFrame(width, height, story, mode="shrink")], canvas)


def _small(canvas: Canvas, address: str, right: float, y: float) -> None:
    """Write the address for who cannot scan, as large as fits."""
    room = LABEL_W - 2 * EDGE
    size = min(6.5, 6.5 * room / stringWidth(address, PLAIN, 6.5))
    canvas.setFont(PLAIN, size)
    canvas.setFillColor(GREY)
    canvas.drawRightString(right, y, address)
