"""One session's record as a tagged PDF (PDF/UA-1), set by typst from session_record.typ."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from reports.exports.typesetting import typeset
from sessions_app.chairside.session_record import Record, Section, session_record
from sessions_app.models import TreatmentSession

TEMPLATE = Path(__file__).with_name("session_record.typ")
# Share of the width by column, where a table has seven, five or four.
WIDTHS = {7: "1.3 auto 0.9 3 1.3 1.1 2", 5: "1.1 2 auto 1.1 2.4", 4: "1.1 auto 2 3"}


def session_pdf(session: TreatmentSession, now: datetime) -> bytes:
    """The record of `session` as it stands at `now`, in the reader's language, as PDF bytes."""
    return pdf_of(session_record(session, now), subject(session), now)


def subject(session: TreatmentSession) -> str:
    """Whose record, without the name: it stands in the file's title and on every page."""
    return f"{session.patient.number} · {session.pk}"


def pdf_of(record: Record, about: str, now: datetime) -> bytes:
    """The record as PDF bytes; `about` stands on every page."""
    return typeset(TEMPLATE, _data(record, about), now)


def _data(record: Record, about: str) -> dict[str, Any]:
    language = get_language() or "en"
    return {
        "lang": language.split("-")[0],
        "rtl": get_language_bidi(),
        "title": record.title,
        "subject": about,
        "page": _("Page"),
        "facts": [list(pair) for pair in record.facts],
        "made": record.made,
        "sections": [_section(section) for section in record.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "heads": section.heads,
        "widths": WIDTHS.get(len(section.heads), "").split(),
        "rows": [[_cell(cell) for cell in row] for row in section.rows],
        "lines": [_cell(cell) for cell in section.lines],
        "empty": section.empty,
    }


def _cell(cell: Any) -> dict[str, Any]:
    return {"text": cell.text, "struck": cell.is_struck, "strong": cell.is_strong}
