"""A letter or an evidence sheet as a tagged PDF (PDF/UA-1), set by typst from letter.typ."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from reports.exports.typesetting import chart_fonts, in_chart_font, typeset

TEMPLATE = Path(__file__).with_name("letter.typ")


@dataclass(frozen=True)
class Table:
    """A heading, lines of text, a table, or both; `empty` is said when there is neither."""

    title: str
    heads: list[str] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    empty: str = ""


@dataclass(frozen=True)
class Paper:
    """One paper. `subject` names nobody: it stands in the file's title and on every page.

    `addressee`: lines below `to`; without them there is room for handwriting. `picture` is a chart
    as SVG, "" for none; `picture_words` say what it shows.
    """

    title: str
    subject: str
    sender: list[str]
    to: str
    facts: list[tuple[str, str]]
    paragraphs: list[str]
    tables: list[Table]
    closing: list[str]
    made: str
    addressee: list[str] = field(default_factory=list)
    picture: str = ""
    picture_words: str = ""


def paper_pdf(paper: Paper, now: datetime) -> bytes:
    """The paper in the reader's language as PDF bytes, dated `now`."""
    data = {
        **asdict(paper),
        "picture": in_chart_font(paper.picture),
        "lang": (get_language() or "en").split("-")[0],
        "rtl": get_language_bidi(),
        "page": _("Page"),
    }
    return typeset(TEMPLATE, data, now, name="paper", fonts=chart_fonts())
