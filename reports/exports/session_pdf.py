"""One session's record as a tagged PDF (PDF/UA-1), set by typst from session_record.typ.

The record goes in as JSON in `sys_inputs` and is only ever set as text: what looks like markup
stays what was typed. The fonts are those that typst brings along, so the same record looks the
same on every machine. A character that they lack is written as its code, such as [U+5C71]: a
file that cannot be made would help nobody, and a box could stand for anything.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from unicodedata import category

import typst
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from sessions_app.models import TreatmentSession
from sessions_app.session_record import Record, Section, session_record

TEMPLATE = Path(__file__).with_name("session_record.typ")
STANDARD: Final = "ua-1"
LACKING = re.compile(r'the text `"(.*?)"` could not be displayed')
FAR = 0x2E80  # from here on no font at hand has a letter
TRIES = 40  # each names at least one more character
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
    text = json.dumps(_drawable(_data(record, about)), ensure_ascii=False)
    for _try in range(TRIES):
        try:
            return _compiled(text, now)
        except typst.TypstError as fault:
            named = "".join(LACKING.findall(str(fault)))
            lacking = {one for one in named if not one.isascii()}
            if not lacking:
                raise
            text = _coded(text, lacking)
    raise RuntimeError("the record holds too many characters that no font has")


def _compiled(text: str, now: datetime) -> bytes:
    made = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        sys_inputs={"record": text},
        ignore_system_fonts=True,
        pdf_standards=STANDARD,
        timestamp=int(now.timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError("typst makes one file")
    return made


def _coded(text: str, lacking: set[str]) -> str:
    return "".join(
        f"[U+{ord(one):04X}]" if one in lacking or ord(one) >= FAR else one for one in text
    )


def _drawable(data: Any) -> Any:
    """The data with control characters, which no font draws, as their codes."""
    if isinstance(data, dict):
        return {name: _drawable(part) for name, part in data.items()}
    if isinstance(data, list):
        return [_drawable(part) for part in data]
    if not isinstance(data, str):
        return data
    return "".join(
        one if one in "\n\t" or category(one) != "Cc" else f"[U+{ord(one):04X}]" for one in data
    )


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
