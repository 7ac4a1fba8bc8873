"""How the live session answers: a whole page, or only its moving parts for a page that is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.access.log_in import FRAGMENT_HEADER
from sessions_app.chairside.board import chair_board, tabs
from sessions_app.chairside.given_panel import given_context
from sessions_app.chairside.live_pad import (
    JumpAsked,
    live_questions,
    pad_facts,
    saved_for,
    ticking,
    to_tell,
)
from sessions_app.chairside.session_sheet import Sheet, can_void
from sessions_app.chairside.session_state import with_record, with_signature
from sessions_app.forms.entry import KeyedForm, VitalReadingForm
from sessions_app.forms.session import (
    EffectChangeForm,
    ReadingCorrectionForm,
    SideEffectForm,
)
from sessions_app.models import (
    AlertEvent,
    RecordVersion,
    SideEffect,
    TreatmentSession,
    VitalReading,
    new_key,
)
from sessions_app.permissions import load, may
from sessions_app.roles import Deed
from sessions_app.rules import effects
from sessions_app.views.gate import READ, StaffRequest, page_for, polled
from sessions_app.words.effect_words import EFFECT_WORDS

# The part of the page that holds a refused form.
PARTS = {
    "reading": "care/_new_reading.html",
    "dose": "care/_dose.html",
    "medication": "care/_medications.html",
    "rating": "care/_rating.html",
    "effect": "care/_effects.html",
    "change": "care/_effects.html",
    "none": "care/_effects.html",
}
# Buttons in one row of the side effects, by how many of the most used are not open: with
# "Other" beside them they fill one row or two.
QUICK_COLUMNS = {5: 6, 4: 5, 3: 4, 2: 3, 1: 3}
CORRECTION_REASONS = (
    _("Typed wrong"),
    _("Misread on the monitor"),
    _("The cuff or the probe was not in place"),
    _("Belongs to somebody else"),
)


@dataclass(frozen=True)
class Said:
    """What is said once an entry was saved. `undo` names the entry, as `care:entry_strike` does.

    `is_reading`: only what a reading changes is drawn at once; the next poll brings the rest.
    """

    text: str
    undo: tuple[str, UUID] | None = None
    time_url: str = ""
    is_reading: bool = False


def wants_fragment(request: StaffRequest) -> bool:
    """The page is open and waits for its moving parts only."""
    return request.headers.get(FRAGMENT_HEADER) == "1"


@polled
@page_for(Deed.SEE_PATIENTS, READ)
def session_live(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """The moving parts of one session's page, polled. It leaves no audit line.

    `seen` is the stamp of what the page shows: 204 when nothing has changed since.
    """
    session = load(TreatmentSession, request.user, session_id)
    now = timezone.now()
    if request.GET.get("seen") == live_stamp(session, now):
        return HttpResponse(status=204)
    return _fragment(request, session, now)


def live_stamp(session: TreatmentSession, now: datetime) -> str:
    """Differs whenever the page would: another entry, a deed about an alert, the next minute."""
    version = RecordVersion.objects.filter(patient_id=session.patient_id).first()
    deeds = AlertEvent.objects.filter(alert__session=session).count()
    minute = int(now.timestamp() // 60)
    return f"{version.version if version else 0}.{deeds}.{minute}"


def saved(
    request: StaffRequest, session: TreatmentSession, said: Said | None = None
) -> HttpResponse:
    """The session again, naming the patient that it was saved for."""
    said = said or Said(saved_for(session))
    if wants_fragment(request):
        return _fragment(request, session, timezone.now(), said)
    messages.success(request, said.text)
    return redirect("care:session", session_id=session.pk)


def _fragment(
    request: StaffRequest, session: TreatmentSession, now: datetime, said: Said | None = None
) -> HttpResponse:
    is_brief = said is not None and said.is_reading
    session = _with_rows(session)
    context = _context(request, session, now)
    context |= {"said": said, "undo": _undo(session, said), "is_brief": is_brief}
    # Without a stamp, whatever it is compared with, the next poll answers in full.
    if not is_brief:
        context |= _forms(request, session, context)
        context["stamp"] = live_stamp(session, now)
    return render(request, "care/_live.html", context)


def _with_rows(session: TreatmentSession) -> TreatmentSession:
    """The same session with its rows, read once for all that is drawn."""
    rows = TreatmentSession.objects.select_related("clinic", "patient", "chair", "prescription")
    return with_signature(with_record(rows.filter(pk=session.pk))).get()


def _undo(session: TreatmentSession, said: Said | None) -> dict[str, Any] | None:
    if said is None or said.undo is None:
        return None
    kind, entry = said.undo
    return {"url": reverse("care:entry_strike", args=[session.pk, kind, entry]), "key": new_key()}


def draw(
    request: StaffRequest,
    session: TreatmentSession,
    status: int = 200,
    changed: SideEffect | None = None,
    jumps: list[JumpAsked] | None = None,
    corrected: VitalReading | None = None,
    **refused: KeyedForm,
) -> HttpResponse:
    """The session's page; a refused form takes its place again with what was typed.

    `changed` is the side effect that a refused change was about, `jumps` what is asked before the
    reading is saved, `corrected` the reading that the pad corrects.
    """
    session = _with_rows(session)
    context = _context(request, session, timezone.now(), **refused)
    context |= _forms(request, session, context, changed, **refused)
    context |= {"stamp": live_stamp(session, context["now"]), "jumps": jumps or []}
    if corrected is not None:
        context["corrected"] = corrected
        context["reading_form"] = ReadingCorrectionForm(initial=VitalReadingForm.of(corrected))
    name = next(iter(refused), "")
    if wants_fragment(request) and name in PARTS:
        return render(request, PARTS[name], context, status=status)
    board = chair_board(request.user.clinic, context["now"])
    context["tabs"] = tabs(board, session.chair_id, can_run=may(request.user, Deed.RUN_SESSION))
    context["alarms"] = [alarm for alarm in board.alarms if str(session.pk) not in alarm.url]
    return render(request, "care/session.html", context, status=status)


def _context(
    request: StaffRequest, session: TreatmentSession, now: datetime, **refused: KeyedForm
) -> dict[str, Any]:
    """What the page and each of its parts read."""
    sheet = Sheet(session, now)
    can_alert = may(request.user, Deed.HANDLE_ALERTS)
    return {
        "session": session,
        "sheet": sheet,
        "band": sheet.band,
        "ticking": ticking(session, now),
        "pad": pad_facts(session, now),
        "tell_alerts": to_tell(sheet.alerts) if can_alert else [],
        "questions": live_questions(session, sheet.questions),
        "can_write": sheet.is_open and may(request.user, Deed.RUN_SESSION),
        "can_amend": not sheet.is_open and may(request.user, Deed.SIGN_SESSION),
        "can_alert": can_alert,
        "can_void": can_void(sheet.sign_off, request.user, now),
        "refused": refused,
        "form": next(iter(refused.values()), None),
        "now": now,
    }


def _forms(
    request: StaffRequest,
    session: TreatmentSession,
    context: dict[str, Any],
    changed: SideEffect | None = None,
    **refused: KeyedForm,
) -> dict[str, Any]:
    """The forms of the page; a refused one as it was typed."""
    sheet = context["sheet"]
    open_codes = {line.effect.code for line in sheet.open_effects}
    quick = [
        {"code": code, "name": EFFECT_WORDS[code], "key": new_key()}
        for code in effects.COMMON
        if code not in open_codes
    ]
    return {
        "reading_form": refused.get("reading") or VitalReadingForm(),
        **given_context(session, sheet.dose, refused, can_write=context["can_write"]),
        "effect_form": refused.get("effect")
        or SideEffectForm(auto_id="effect_%s").offer(session.route),
        "change_forms": {
            line.effect.pk: refused["change"]
            if line.effect == changed
            else EffectChangeForm.of(line.effect.pk)
            for line in sheet.open_effects
        },
        "common_effects": quick,
        "quick_columns": QUICK_COLUMNS.get(len(quick), 4),
        "correction_reasons": CORRECTION_REASONS,
        "keys": [new_key() for _each in range(3)],
    }
