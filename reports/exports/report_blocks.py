"""The parts of a report in the order in which they are set; see report.typ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from reports.exports.typesetting import chart_fonts, in_chart_font, typeset

TEMPLATE = Path(__file__).with_name("report.typ")
Block = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """One report: `subject` stands on every page, `facts` are pairs of words below the title."""

    title: str
    subject: str
    facts: Sequence[tuple[str, str]]
    blocks: Sequence[Block]


def report_pdf(report: Report, now: datetime) -> bytes:
    """The report as a tagged PDF (PDF/UA-1) in the reader's language."""
    data = {
        "lang": (get_language() or "en").split("-")[0],
        "rtl": get_language_bidi(),
        "page": _("Page"),
        **vars(report),
    }
    return typeset(TEMPLATE, data, now, name="report", fonts=chart_fonts())


def head(text: str) -> Block:
    return {"kind": "head", "text": text}


def subhead(text: str) -> Block:
    return {"kind": "subhead", "text": text}


def words(*sentences: str) -> list[Block]:
    """One paragraph for each sentence that is not empty."""
    return [{"kind": "text", "text": one} for one in sentences if one]


def lead(text: str) -> Block:
    """What stands above a chart or a table and never alone at the foot of a page."""
    return {"kind": "lead", "text": text}


def warning(text: str) -> Block:
    return {"kind": "strong", "text": text}


def tiles(items: Iterable[Any]) -> Block:
    """Numbers in boxes: each item has `value`, `label` and `note`."""
    return {
        "kind": "tiles",
        "items": [{"value": i.value, "label": i.label, "note": i.note} for i in items],
    }


def table(heads: Iterable[Any], rows: Iterable[Iterable[Any]], caption: str = "") -> Block:
    """A table; the first column names the line, the others stand to the right."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return {
        "kind": "table",
        "caption": caption,
        "heads": [str(one) for one in heads],
        "rows": cells,
    }


def chart(svg: str, alt: str) -> Block:
    """A chart in its light colours; `alt` says what it shows."""
    return {"kind": "chart", "svg": in_chart_font(svg), "alt": alt}
