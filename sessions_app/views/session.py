"""The live session page and what is entered on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions.alerts import log_call, see_alert, take_alert
from sessions_app.actions.effects import (
    change_side_effect,
    record_none_observed,
    record_side_effect,
)
from sessions_app.actions.readings import record_vital_reading
from sessions_app.chairside.alarm_state import found_by
from sessions_app.chairside.live_pad import JumpAsked, effect_said, jumps_to_ask, saved_text
from sessions_app.chairside.session_state import current_grade, open_effects
from sessions_app.errors import RuleBroken
from sessions_app.forms.entry import VitalReadingForm
from sessions_app.forms.session import EffectChangeForm, SideEffectForm, TimedForm
from sessions_app.models import Alert, SideEffect, TreatmentSession, VitalReading, WriteReceipt
from sessions_app.permissions import load, may
from sessions_app.roles import Deed
from sessions_app.rules.effects import CTCAE_GRADE
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import READ, WRITE, StaffRequest, page_for
from sessions_app.views.live import Said, draw, saved


@page_for(Deed.SEE_PATIENTS, READ)
def session_page(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """One session's record, and the forms to add to it."""
    session = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    return draw(request, session, corrected=_corrected(request, session))


def _corrected(request: StaffRequest, session: TreatmentSession) -> VitalReading | None:
    """The reading that the pad is to correct: `?correct=` names it."""
    named = request.GET.get("correct")
    if not named or not may(request.user, Deed.RUN_SESSION):
        return None
    try:
        key = UUID(named)
    except ValueError:
        raise Http404 from None
    return load(VitalReading, request.user, key, session=session)


@page_for(Deed.RUN_SESSION, WRITE)
def add_reading(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep one reading. What was typed stays on the page when it is refused."""
    session = load(TreatmentSession, request.user, session_id, related=("patient", "chair"))
    form = VitalReadingForm(request.POST)
    if jumps := _unasked_jumps(request, session, form):
        return draw(request, session, 422, reading=form, jumps=jumps)
    done = attempt(
        form, lambda: record_vital_reading(by=request.user, session=session, **form.entry())
    )
    if done.is_done:
        text = saved_text(session, done.row)
        return saved(request, session, Said(text, ("reading", done.row.pk), is_reading=True))
    return draw(request, session, done.status, reading=form)


def _unasked_jumps(
    request: StaffRequest, session: TreatmentSession, form: VitalReadingForm
) -> list[JumpAsked]:
    """Large changes that nobody was asked about yet. A page with its script asks before it sends,
    also while there is no network, and says so with `asked`.
    """
    if request.POST.get("asked") or not form.is_valid():
        return []
    entry = form.entry()
    return jumps_to_ask(session, entry["values"], entry["taken_at"], timezone.now())


@page_for(Deed.RUN_SESSION, WRITE)
def add_effect(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep a side effect: the effect, then how strong; onset is now unless a time is given."""
    session = load(TreatmentSession, request.user, session_id)
    form = SideEffectForm(request.POST, auto_id="effect_%s").offer(session.route)
    already = _open_already(session, form)
    if already is not None:
        return _change_instead(request, session, already, form)
    done = attempt(
        form, lambda: record_side_effect(by=request.user, session=session, **form.entry())
    )
    if done.is_done:
        return _effect_saved(request, session, "effect", done.row)
    return draw(request, session, done.status, effect=form)


def _open_already(session: TreatmentSession, form: SideEffectForm) -> SideEffect | None:
    """The same effect that a colleague, or another tablet, has opened meanwhile."""
    if not form.is_valid() or WriteReceipt.objects.filter(
        key=form.cleaned_data["write_key"], deed=audit.Tag.EFFECT_RECORD
    ):
        return None
    code, words = form.cleaned_data["code"], form.cleaned_data["other_text"].strip().casefold()
    for effect in open_effects(session):
        if effect.code == code and effect.other_text.strip().casefold() == words:
            return effect
    return None


def _change_instead(
    request: StaffRequest, session: TreatmentSession, effect: SideEffect, form: SideEffectForm
) -> HttpResponse:
    """One effect is open once: another grade is a change of it, the same grade nothing new."""
    entry = form.entry()
    was = current_grade(effect)
    if not entry["grade"]:
        attempt(form, lambda: record_side_effect(by=request.user, session=session, **entry))
        return draw(request, session, 422, effect=form)
    if entry["grade"] == was:
        words = _("%(effect)s was open already, nothing was added.")
        return saved(request, session, Said(words % {"effect": effect_said(effect)}))
    order = list(CTCAE_GRADE)
    kind = "worse" if order.index(entry["grade"]) > order.index(was) else "better"
    names = ("write_key", "grade", "taken_at", "action", "serious")
    done = attempt(
        form,
        lambda: change_side_effect(
            by=request.user, effect=effect, kind=kind, **{name: entry[name] for name in names}
        ),
    )
    if done.is_done:
        return _effect_saved(request, session, "change", done.row)
    return draw(request, session, done.status, effect=form)


def _effect_saved(
    request: StaffRequest, session: TreatmentSession, kind: str, row: Any
) -> HttpResponse:
    """Said with its way back: "Dizziness, mild, 11:42."."""
    time_url = reverse(f"care:{kind}_time", args=[session.pk, row.pk])
    return saved(request, session, Said(effect_said(row), (kind, row.pk), time_url))


@page_for(Deed.RUN_SESSION, WRITE)
def update_effect(request: StaffRequest, session_id: UUID, effect_id: UUID) -> HttpResponse:
    """Worse, better or resolved."""
    session = load(TreatmentSession, request.user, session_id)
    effect = load(SideEffect, request.user, effect_id, session=session)
    form = EffectChangeForm.of(effect.pk, request.POST)
    done = attempt(form, lambda: change_side_effect(by=request.user, effect=effect, **form.entry()))
    if done.is_done:
        return _effect_saved(request, session, "change", done.row)
    return draw(request, session, done.status, change=form, changed=effect)


@page_for(Deed.RUN_SESSION, WRITE)
def none_observed(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep the explicit answer that there is no side effect."""
    session = load(TreatmentSession, request.user, session_id)
    form = TimedForm(request.POST, auto_id="none_%s")
    done = attempt(
        form,
        lambda: record_none_observed(by=request.user, session=session, **form.cleaned_data),
    )
    if done.is_done:
        said = Said(_("No side effect observed."), ("none", done.row.pk))
        return saved(request, session, said)
    return draw(request, session, done.status, none=form)


@page_for(Deed.HANDLE_ALERTS, WRITE)
def confirm_alert(request: StaffRequest, session_id: UUID, alert_id: UUID) -> HttpResponse:
    """ "Yes, it is right": the person at the chair owns every open alert of that reading."""
    session = load(TreatmentSession, request.user, session_id)
    alert = load(Alert, request.user, alert_id, session=session)
    found = Alert.objects.open().filter(session=session)
    same = found.filter(reading=alert.reading) if alert.reading else found.filter(pk=alert.pk)
    for row in same:
        if getattr(row, "owner_id", None) is None:
            _unless_closed(lambda row=row: take_alert(by=request.user, alert=row, write_key=None))
    return saved(request, session, Said(_("Confirmed. The alarm stays until it is seen to.")))


@page_for(Deed.HANDLE_ALERTS, WRITE)
def finish_alert(request: StaffRequest, session_id: UUID, alert_id: UUID) -> HttpResponse:
    """ "Seen": somebody stood at the chair. What this value raised ends now, or with the next one
    in range.
    """
    session = load(TreatmentSession, request.user, session_id)
    alert = load(Alert, request.user, alert_id, session=session)
    for row in Alert.objects.open().filter(session=session).select_related("reading", "session"):
        if found_by(row) == found_by(alert):
            _unless_closed(lambda row=row: see_alert(by=request.user, alert=row, write_key=None))
    return saved(request, session, Said(_("Seen at the chair.")))


@page_for(Deed.HANDLE_ALERTS, WRITE)
def alert_told(request: StaffRequest, session_id: UUID, alert_id: UUID) -> HttpResponse:
    """The prescriber is asked for, or was told already: the log of the alert says which."""
    session = load(TreatmentSession, request.user, session_id)
    alert = load(Alert, request.user, alert_id, session=session)
    is_asked = request.POST.get("told") != "already"
    note = _("Asked for from the chair.") if is_asked else _("Told at the chair already.")
    _unless_closed(lambda: log_call(by=request.user, alert=alert, note=note, write_key=None))
    said = _("It stands open in the prescriber's alerts.") if is_asked else _("Noted.")
    return saved(request, session, Said(said))


def _unless_closed(deed: Any) -> None:
    """A colleague was faster: the page that follows shows what they did."""
    try:
        deed()
    except RuleBroken as broken:
        if any(error.code != "alert_closed" for error in broken.errors):
            raise
