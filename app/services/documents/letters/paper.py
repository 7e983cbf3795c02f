"""A letter on A4, from its data alone: the same data give the same bytes, on any machine with the pinned fpdf2.

Nothing is asked of the clock, the database or the region's settings here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

import font_source_serif_pro
import segno
from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, VAlign, XPos, YPos

from app.services.documents.letters.layouts import Block, Layout, filled

FONT = "serif"
FONT_FILES = {
    style: Path(font_source_serif_pro.__file__ or "").parent / "files" / f"SourceSerifPro-{name}.ttf"
    for style, name in (("", "Regular"), ("B", "Bold"), ("I", "It"))
}  # fmt: skip
MARGIN, LINE = 22.0, 5.6
ARMS_WIDTH = 18.0
QR_WIDTH, SIGNATURE_HEIGHT = 26.0, 38.0
ALIGN = {"kiri": Align.L, "kanan": Align.R}


@dataclass(frozen=True)
class Sheet:
    """What a letter is made of.

    Attributes:
        head: the lines of the letterhead; the first is the government's name.
        values: every field, the provided ones too.
        tables: rows of ready cells by the table's name.
        verify_url: the address in the QR code.
        issued_at: the moment that the PDF says it was made, aware.
        arms: a PNG or JPEG, or nothing.
    """

    head: tuple[str, ...]
    values: Mapping[str, str]
    tables: Mapping[str, list[list[str]]]
    verify_url: str
    issued_at: datetime
    arms: bytes = b""


class _Letter(FPDF):
    def __init__(self, sheet: Sheet) -> None:
        super().__init__(format="A4")
        self._sheet = sheet
        for style, path in FONT_FILES.items():
            self.add_font(FONT, style, path)
        self.set_creation_date(sheet.issued_at)
        self.set_lang("id-ID")
        self.set_margin(MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN + 6)

    def footer(self) -> None:
        """Where to check the letter, and which page this is."""
        self.set_y(-MARGIN + 4)
        self.set_font(FONT, size=8)
        self.cell(0, 4, f"Periksa keaslian: {self._sheet.verify_url}", align=Align.L, new_x=XPos.LMARGIN,
                  link=self._sheet.verify_url)  # fmt: skip
        self.cell(0, 4, f"{self.page_no()} / {{nb}}", align=Align.R)

    def letterhead(self) -> None:
        """Arms and names over a double line."""
        top = self.get_y()
        left = MARGIN
        if self._sheet.arms:
            self.image(BytesIO(self._sheet.arms), x=MARGIN, y=top, w=ARMS_WIDTH, h=ARMS_WIDTH, keep_aspect_ratio=True,
                       alt_text="Lambang daerah")  # fmt: skip
            left += ARMS_WIDTH
        for number, line in enumerate(self._sheet.head):
            self.set_font(FONT, "" if number else "B", 10 if number else 15)
            self.set_x(left)
            self.multi_cell(self.w - left - MARGIN, 5 if number else 7, line, align=Align.C, new_x=XPos.LMARGIN,
                            new_y=YPos.NEXT)  # fmt: skip
        bottom = max(self.get_y(), top + (ARMS_WIDTH if self._sheet.arms else 0)) + 2
        for offset, width in ((0.0, 0.8), (1.0, 0.2)):
            self.set_line_width(width)
            self.line(MARGIN, bottom + offset, self.w - MARGIN, bottom + offset)
        self.set_line_width(0.2)
        self.set_y(bottom + 6)

    def heading(self, title: str, nomor: str) -> None:
        """The letter's title and number."""
        self.set_font(FONT, "B", 13)
        self.multi_cell(0, 7, title, align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font(FONT, size=11)
        self.cell(0, LINE, f"Nomor: {nomor}", align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(4)

    def block(self, block: Block) -> None:
        """One part of the body."""
        self.set_font(FONT, size=11)
        if block.table:
            self._table(block)
        elif block.items:
            self._items(block)
        else:
            text = filled(block.paragraph, self._sheet.values)
            self.multi_cell(0, LINE, text, align=Align.J, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(3)

    def _items(self, block: Block) -> None:
        with self.table(
            borders_layout=TableBordersLayout.NONE, col_widths=(5, 12), line_height=LINE, first_row_as_headings=False,
            text_align=(Align.L, Align.L), v_align=VAlign.T,
        ) as table:  # fmt: skip
            for label, value in block.items:
                row = table.row()
                row.cell(filled(label, self._sheet.values))
                row.cell(filled(value, self._sheet.values))

    def _table(self, block: Block) -> None:
        self.set_font(FONT, size=10)
        with self.table(
            col_widths=tuple(column.width for column in block.columns), line_height=LINE,
            text_align=tuple(ALIGN[column.align] for column in block.columns), padding=(0.6, 1.2),
        ) as table:  # fmt: skip
            table.row([column.label for column in block.columns])
            for cells in self._sheet.tables[block.table]:
                table.row(cells)

    def signature(self) -> None:
        """Place, date, office, name; the QR code beside them. Kept together on one page."""
        if self.will_page_break(SIGNATURE_HEIGHT):
            self.add_page()
        values, left = self._sheet.values, self.w / 2
        self.ln(4)
        top = self.get_y()
        self.image(_qr(self._sheet.verify_url), x=MARGIN, y=top, w=QR_WIDTH, alt_text="Kode QR pemeriksaan")
        self.set_font(FONT, size=11)
        for text, gap in ((f"{values['tempat']}, {values['tanggal']}", 0), (f"{values['jabatan']},", 0)):
            self._right(left, text, gap)
        self.set_font(FONT, "I", 9)
        self._right(left, "Ditandatangani secara elektronik", 6)
        self.set_font(FONT, "B", 11)
        self._right(left, values["nama"], 4)

    def _right(self, left: float, text: str, gap: float) -> None:
        self.set_xy(left, self.get_y() + gap)
        self.multi_cell(self.w - left - MARGIN, LINE, text, align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _qr(text: str) -> BytesIO:
    png = BytesIO()
    segno.make(text, error="m", micro=False).save(png, kind="png", scale=6, border=2)
    png.seek(0)
    return png


def render(layout: Layout, sheet: Sheet) -> bytes:
    """The letter as PDF."""
    letter = _Letter(sheet)
    letter.set_title(f"{layout.title.title()} {sheet.values['nomor']}")
    letter.set_author(sheet.head[0])
    letter.set_subject(sheet.verify_url)
    letter.set_producer(f"{layout.kind}.{layout.version}")
    letter.add_page()
    letter.letterhead()
    letter.heading(layout.title, sheet.values["nomor"])
    for block in layout.blocks:
        letter.block(block)
    letter.signature()
    return bytes(letter.output())
