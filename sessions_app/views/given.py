"""What is given and rated at the chair: the dose, other medicines, dissociation."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from sessions_app.actions.corrections import correct_medication
from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.medications import record_medication
from sessions_app.actions.ratings import record_rating
from sessions_app.chairside.given_panel import DEED_WORDS
from sessions_app.forms.given import MedicationCorrectionForm, MedicationForm, RatingForm
from sessions_app.forms.session import DoseEventForm
from sessions_app.models import MedicationGiven, TreatmentSession
from sessions_app.permissions import load
from sessions_app.roles import Deed
from sessions_app.templatetags.words import clock
from sessions_app.views.attempt import attempt
from sessions_app.views.corrections import correction_page, kept_time
from sessions_app.views.gate import FORM, WRITE, StaffRequest, page_for
from sessions_app.views.live import Said, draw, saved
from sessions_app.words.medication_words import medication_line, rating_words


@page_for(Deed.RUN_SESSION, WRITE)
def add_dose_event(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep one deed with the drug."""
    session = load(TreatmentSession, request.user, session_id)
    form = DoseEventForm(request.POST, auto_id=f"{request.POST.get('kind', 'dose')}_%s")
    done = attempt(
        form, lambda: record_dose_event(by=request.user, session=session, **form.entry())
    )
    if done.is_done:
        row = done.row
        return saved(request, session, _said(DEED_WORDS[row.kind], row.taken_at, "dose", row.pk))
    return draw(request, session, done.status, dose=form)


@page_for(Deed.RUN_SESSION, WRITE)
def add_medication(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep one other medicine that was given."""
    session = load(TreatmentSession, request.user, session_id)
    form = MedicationForm(request.POST, auto_id="medication_%s")
    done = attempt(
        form, lambda: record_medication(by=request.user, session=session, **form.entry())
    )
    if done.is_done:
        row = done.row
        said = _said(medication_line(row), row.taken_at, "medication", row.pk)
        return saved(request, session, said)
    return draw(request, session, done.status, medication=form)


@page_for(Deed.RUN_SESSION, FORM)
def medication_correct(
    request: StaffRequest, session_id: UUID, medication_id: UUID
) -> HttpResponse:
    """The medicine again, filled in, with the reason."""
    session = load(TreatmentSession, request.user, session_id)
    row = load(MedicationGiven, request.user, medication_id, session=session)
    title = _("Correct a medicine")
    if request.method != "POST":
        form = MedicationCorrectionForm(initial=MedicationCorrectionForm.of(row))
        return correction_page(request, session, title, form, row)
    form = MedicationCorrectionForm(request.POST)
    done = attempt(
        form,
        lambda: correct_medication(
            by=request.user, medication=row, **kept_time(form.entry(), row.taken_at)
        ),
    )
    if done.is_done:
        return saved(request, session)
    return correction_page(request, session, title, form, row, done.status)


@page_for(Deed.RUN_SESSION, WRITE)
def add_rating(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep one rating of dissociation."""
    session = load(TreatmentSession, request.user, session_id)
    form = RatingForm(request.POST, auto_id="rating_%s")
    done = attempt(form, lambda: record_rating(by=request.user, session=session, **form.entry()))
    if done.is_done:
        row = done.row
        text = _("Dissociation %(rating)s") % {"rating": rating_words(row.scale, row.score)}
        return saved(request, session, _said(text, row.taken_at, "rating", row.pk))
    return draw(request, session, done.status, rating=form)


def _said(what: object, taken_at: object, kind: str, pk: UUID) -> Said:
    """What was saved and for when, with its undo."""
    return Said(f"{what}, {clock(taken_at)}.", (kind, pk))
