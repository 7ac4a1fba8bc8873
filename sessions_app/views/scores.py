"""A patient's scores: what stands, a new one from a sheet of the clinic's own, a correction."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions import scores as deeds
from sessions_app.actions.answers import standing_answers
from sessions_app.checkins.score_list import score_lines
from sessions_app.forms.entry import KeyedForm
from sessions_app.forms.scores import ScoreForm, WithdrawForm
from sessions_app.instruments import Instrument
from sessions_app.instruments_of import instrument_at, instruments_of, text_at
from sessions_app.models import CheckInRequest, InstrumentScore, Patient
from sessions_app.permissions import load, may
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for
from sessions_app.words.check_in_words import left_out_words, name_of, score_words


@page_for(Deed.SEE_PATIENTS, READ)
def scores(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Every score that stands, and the scales that can be entered."""
    patient = load(Patient, request.user, patient_id)
    audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
    scales = [each for each in instruments_of(patient.clinic_id).values() if each.has_score]
    context = {
        "patient": patient,
        "lines": score_lines(patient),
        "may_enter": may(request.user, Deed.HANDLE_CHECK_INS),
        "by_staff": [(each, name_of(each)) for each in scales if not each.is_asked],
        "by_patients": [(each, name_of(each)) for each in scales if each.is_asked],
        "left_out": _left_out(patient),
        "arrival": KeyedForm(),
    }
    return render(request, "clinic/scores.html", context)


def _left_out(patient: Patient) -> list[str]:
    """What the patient's coming check-ins leave out for want of a text in their language."""
    coming = CheckInRequest.objects.filter(
        patient=patient, cancelled_at=None, closes_at__gt=timezone.now()
    ).select_related("patient")
    return sorted({words for request in coming if (words := left_out_words(request))})


@page_for(Deed.HANDLE_CHECK_INS, FORM)
def score_add(request: StaffRequest, patient_id: UUID, instrument: str) -> HttpResponse:
    """Enter a total, or the numbers of the items."""
    patient = load(Patient, request.user, patient_id)
    scale = instruments_of(patient.clinic_id).get(instrument)
    if scale is None or not scale.has_score:
        raise Http404
    words = text_at(patient.clinic_id, scale.code, scale.version, request.user.clinic.language)
    if request.method != "POST":
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
        return _form_page(request, patient, scale, ScoreForm(scale=scale, words=words))
    form = ScoreForm(request.POST, scale=scale, words=words)
    tried = attempt(
        form,
        lambda: deeds.record_score(
            by=request.user, patient=patient, instrument=scale.code, **form.entry()
        ),
    )
    if not tried.is_done:
        return _form_page(request, patient, scale, form, status=tried.status)
    kept = tried.row.scores.first()
    if kept is None:
        text = _("Saved without a score: an item is empty. Somebody was called about an answer.")
        messages.warning(request, text)
    else:
        messages.success(request, _("Saved: %(score)s.") % {"score": score_words(kept)})
    return redirect("clinic:scores", patient_id=patient.pk)


@page_for(Deed.HANDLE_CHECK_INS, FORM)
def score_correct(request: StaffRequest, score_id: UUID) -> HttpResponse:
    """Put a right score in the place of a wrong one; the wrong one is kept."""
    score = load(InstrumentScore, request.user, score_id, related=("patient", "check_in"))
    scale = instrument_at(score.clinic_id, score.instrument, score.instrument_version)
    if scale is None or score.score is None:
        raise Http404
    words = text_at(score.clinic_id, scale.code, scale.version, request.user.clinic.language)
    if request.method != "POST":
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=score.patient)
        given = standing_answers(score.check_in, scale.code)
        form = ScoreForm(scale=scale, words=words, initial=ScoreForm.of(score, given))
        return _form_page(request, score.patient, scale, form, score)
    form = ScoreForm(request.POST, scale=scale, words=words)
    tried = attempt(form, lambda: deeds.correct_score(by=request.user, score=score, **form.entry()))
    if not tried.is_done:
        return _form_page(request, score.patient, scale, form, score, status=tried.status)
    messages.success(request, _("Corrected: %(score)s.") % {"score": score_words(tried.row)})
    return redirect("clinic:scores", patient_id=score.patient_id)


@page_for(Deed.HANDLE_CHECK_INS, FORM)
def score_withdraw(request: StaffRequest, score_id: UUID) -> HttpResponse:
    """Take a score back that should never have been entered, with a reason."""
    score = load(InstrumentScore, request.user, score_id, related=("patient",))
    form, status = WithdrawForm(request.POST or None), 200
    if request.method == "POST":
        tried = attempt(
            form,
            lambda: deeds.withdraw_score(
                by=request.user,
                score=score,
                reason=form.cleaned_data["reason"],
                write_key=form.cleaned_data["write_key"],
            ),
        )
        if tried.is_done:
            messages.success(request, _("The score is taken back. It is kept in the record."))
            return redirect("clinic:scores", patient_id=score.patient_id)
        status = tried.status
    else:
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=score.patient)
    context = {
        "patient": score.patient,
        "form": form,
        "title": _("Take back: %(score)s") % {"score": score_words(score)},
        "return_url": reverse("clinic:scores", args=[score.patient_id]),
    }
    return render(request, "clinic/form.html", context, status=status)


def _form_page(
    request: StaffRequest,
    patient: Patient,
    scale: Instrument,
    form: ScoreForm,
    score: InstrumentScore | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "patient": patient,
        "scale": scale,
        "name": name_of(scale),
        "form": form,
        "was": score_words(score) if score else "",
    }
    return render(request, "clinic/score.html", context, status=status)
