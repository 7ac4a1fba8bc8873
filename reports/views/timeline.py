"""One patient's course: the page, its table, one session, and what is sent out about it.

Each look leaves a line in the audit list, and so does each letter and each evidence sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from reports import dashboards
from reports.dashboards import timeline_charts
from reports.dashboards.present_relief import present_relief
from reports.dashboards.present_words import present_words
from reports.dashboards.timeline import Timeline
from reports.dashboards.timeline_page import timeline_page
from reports.dashboards.words import claim_words
from reports.exports.letter_words import evidence_sheet, letter
from reports.exports.paper import Paper, paper_pdf
from reports.exports.session_pdf import session_pdf
from reports.forms.letters import LetterForm
from reports.views.drawing import drawn
from reports.views.sending import number_in_name, shown_pdf
from sessions_app import audit
from sessions_app.alerting.watch_state import watch_of
from sessions_app.models import Patient, Staff, TreatmentSession
from sessions_app.permissions import load, may
from sessions_app.roles import Deed
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for


@page_for(Deed.SEE_TIMELINE, READ)
def patient_timeline(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Is it working, for how long, is it safe: one patient's course."""
    patient = load(Patient, request.user, patient_id, Deed.SEE_TIMELINE)
    audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
    seen = dashboards.timeline(request.user, patient)
    weeks = request.GET.get("weeks") or timeline_charts.opening_weeks(seen)
    context = {
        **timeline_page(seen),
        "weeks": weeks if weeks in timeline_charts.WEEKS else "all",
        "chart": drawn(lambda: timeline_charts.timeline_svg(seen, weeks)),
        "multiples": drawn(lambda: timeline_charts.multiples_svg(seen)),
        "may_edit": may(request.user, Deed.EDIT_PATIENT),
        "may_send_out": may(request.user, Deed.WRITE_LETTERS),
        "may_call": may(request.user, Deed.HANDLE_CHECK_INS),
        "present": present_words(present_relief(seen)),
        "watch": watch_of(patient, seen.data_as_of),
    }
    return render(request, "review/timeline.html", context)


@page_for(Deed.SEE_TIMELINE, READ)
def timeline_table(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The same without pictures: every number of the page as tables."""
    patient = load(Patient, request.user, patient_id, Deed.SEE_TIMELINE)
    audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
    seen = dashboards.timeline(request.user, patient)
    context = {
        **timeline_page(seen),
        "may_edit": may(request.user, Deed.EDIT_PATIENT),
        "may_send_out": may(request.user, Deed.WRITE_LETTERS),
    }
    return render(request, "review/timeline_table.html", context)


@page_for(Deed.SEE_TIMELINE, READ)
def session(request: StaffRequest, patient_id: UUID, number: int) -> HttpResponse:
    """To the record of the patient's session with this number; its page writes the audit line."""
    patient = load(Patient, request.user, patient_id, Deed.SEE_TIMELINE)
    for line in dashboards.timeline(request.user, patient).sessions:
        if line.number == number:
            return redirect("care:session", session_id=line.row.pk)
    raise Http404


@page_for(Deed.SEE_PATIENTS, READ)
def session_record_file(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """One session's whole record as a tagged PDF; it leaves the line that its page leaves."""
    found = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=found)
    return shown_pdf(session_pdf(found, timezone.now()), f"{number_in_name(found.patient)}.pdf")


@page_for(Deed.WRITE_LETTERS, READ)
def letter_file(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The letter to the doctor who referred the patient, as a tagged PDF."""
    return _sent_out(request, patient_id, _letter_with_chart, "letter")


@page_for(Deed.WRITE_LETTERS, FORM)
def letter_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """To whom the letter goes; sent, the letter with these lines, which are not kept."""
    patient = load(Patient, request.user, patient_id, Deed.WRITE_LETTERS)
    form = LetterForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        write = partial(_letter_with_chart, to=form.cleaned_data["to"])
        return _sent_out(request, patient_id, write, "letter")
    audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
    context = {"form": form, "patient": patient}
    return render(request, "review/letter.html", context, status=422 if form.is_bound else 200)


@page_for(Deed.WRITE_LETTERS, READ)
def evidence_file(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The facts that an insurer asks for before it goes on paying, as a tagged PDF."""
    return _sent_out(request, patient_id, evidence_sheet, "evidence")


def _letter_with_chart(seen: Timeline, by: Staff, to: Sequence[str] = ()) -> Paper:
    chart = drawn(lambda: timeline_charts.timeline_svg(seen, "all")) if seen.sessions else ""
    return replace(letter(seen, by, to), picture=chart or "", picture_words=claim_words(seen.claim))


def _sent_out(
    request: StaffRequest, patient_id: UUID, write: Callable[[Timeline, Staff], Paper], name: str
) -> HttpResponse:
    patient = load(Patient, request.user, patient_id, Deed.WRITE_LETTERS)
    audit.record(audit.Tag.EXPORT, by=request.user, patient=patient, reason=f"{name}.pdf")
    seen = dashboards.timeline(request.user, patient)
    made = paper_pdf(write(seen, request.user), seen.data_as_of)
    return shown_pdf(made, f"{name}-{number_in_name(patient)}.pdf")
