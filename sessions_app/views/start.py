"""Starting a session: who, whether, how much, checked by two people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.access.log_in import FRAGMENT_HEADER
from sessions_app.actions.start_drafts import save_start_draft
from sessions_app.actions.starting import start_session
from sessions_app.chairside.start_draft import StartDraft, draft_of
from sessions_app.chairside.start_gate import StartGate
from sessions_app.chairside.start_hints import hints
from sessions_app.chairside.start_sheet import chair_is_taken, last_time, start_sheet
from sessions_app.chairside.start_stops import gate_errors
from sessions_app.clock import clinic_day, local
from sessions_app.errors import RuleBroken, RuleError
from sessions_app.forms.start import StartForm
from sessions_app.models import Appointment, Chair, Patient, Prescription, Staff, TreatmentSession
from sessions_app.permissions import load, visible_to
from sessions_app.roles import ALLOWED, Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, StaffRequest, page_for

FOUND_AT_MOST = 20
EARLIER_AT_MOST = 100  # pressures put aside before one start


@page_for(Deed.RUN_SESSION, FORM)
def session_start(request: StaffRequest, chair_id: UUID) -> HttpResponse:
    """First who, then the gate: everything on one page, and nothing typed is lost."""
    chair = load(Chair, request.user, chair_id)
    chosen = request.POST.get("patient") or request.GET.get("patient")
    if not chosen:
        return _choose_patient(request, chair)
    try:
        patient = load(Patient, request.user, UUID(chosen))
    except ValueError:
        return redirect("care:session_start", chair_id=chair.pk)
    if request.method == "POST":
        return _posted(request, chair, patient)
    audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
    draft = draft_of(patient, chair, timezone.now())
    form = _form(request, patient, initial=dict(draft.values))
    return render(request, "care/start.html", _context(request, chair, patient, form, draft))


def _choose_patient(request: StaffRequest, chair: Chair) -> HttpResponse:
    audit.record(audit.Tag.LIST_LOOK, by=request.user)
    sought = request.GET.get("q", "").strip()
    found: QuerySet[Patient] = visible_to(request.user, Patient).none()
    if sought:
        words = Q()
        for word in sought.split():
            words &= (
                Q(given_name__icontains=word)
                | Q(family_name__icontains=word)
                | Q(number__icontains=word)
            )
        found = visible_to(request.user, Patient).filter(words)
    context = {
        "chair": chair,
        "taken": chair_is_taken(chair),
        "bookings": sorted(
            _todays_bookings(request.user),
            key=lambda row: (row.chair_id != chair.pk, row.starts_at),
        ),
        "sought": sought,
        "found": found[:FOUND_AT_MOST],
        "found_at_most": FOUND_AT_MOST,
    }
    return render(request, "care/start_choose.html", context)


def _todays_bookings(user: Staff) -> list[Appointment]:
    """Today's appointments without a session."""
    now = timezone.now()
    midnight = local(now, user.clinic.time_zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = visible_to(user, Appointment).filter(
        cancelled_at=None,
        sessions__isnull=True,
        starts_at__gte=midnight,
        starts_at__lt=midnight + timedelta(days=1),
    )
    return list(rows.select_related("patient", "chair"))


def _form(request: StaffRequest, patient: Patient, **given: Any) -> StartForm:
    here = visible_to(request.user, Staff).filter(is_active=True)
    colleagues = here.filter(role__in=ALLOWED[Deed.RUN_SESSION]).exclude(pk=request.user.pk)
    return StartForm(
        prescriptions=_valid_prescriptions(request.user, patient),
        colleagues=colleagues,
        prescribers=here.filter(role__in=ALLOWED[Deed.PRESCRIBE]),
        **given,
    )


def _posted(request: StaffRequest, chair: Chair, patient: Patient) -> HttpResponse:
    """Start, measure again, or keep the draft and work out the dose."""
    draft = draft_of(patient, chair, timezone.now())
    form = _form(request, patient, data=_typed(request, draft))
    if "start" not in request.POST:
        return _kept(request, chair, patient, form)
    if not form.is_valid():
        form.add_broken_rules(
            RuleBroken(*_gaps(form), *_gate_errors(form, form.gate(draft), chair))
        )
        status = 422
    else:
        done = attempt(form, lambda: _start(request, chair, patient, form, draft))
        if done.is_done:
            words = {"who": patient.initials, "chair": chair.name}
            messages.success(request, _("Started for %(who)s, chair %(chair)s.") % words)
            return redirect("care:session", session_id=done.row.pk)
        status = done.status
    draft = _save(request, chair, patient, form)
    context = _context(request, chair, patient, form, draft)
    return render(request, "care/start.html", context, status=status)


def _typed(request: StaffRequest, draft: StartDraft) -> QueryDict:
    """The post; a script posts only what changed on its own page, so that one tablet never blanks
    what another has written since: what it leaves out is as the draft has it.
    """
    if "partial" not in request.POST:
        return request.POST
    whole = request.POST.copy()
    for name, text in draft.values.items():
        whole.setdefault(name, text)
    return whole


def _kept(request: StaffRequest, chair: Chair, patient: Patient, form: StartForm) -> HttpResponse:
    """The draft is kept. Gaps are no errors yet; only a pressure to put aside must be one."""
    if request.POST.get("again"):
        try:
            _save(request, chair, patient, form, again=request.POST["again"])
        except RuleBroken as broken:
            form.is_valid()
            form.errors.clear()
            form.add_broken_rules(broken)
            draft = draft_of(patient, chair, timezone.now())
            context = _context(request, chair, patient, form, draft)
            return render(request, "care/start.html", context, status=422)
        here = reverse("care:session_start", args=[chair.pk])
        return redirect(f"{here}?patient={patient.pk}#id_systolic")
    draft = _save(request, chair, patient, form)
    form.is_valid()
    context = _context(request, chair, patient, form, draft)
    is_fragment = FRAGMENT_HEADER in request.headers
    if not is_fragment:
        form.errors.clear()
    return render(request, "care/_start_live.html" if is_fragment else "care/start.html", context)


def _save(
    request: StaffRequest,
    chair: Chair,
    patient: Patient,
    form: StartForm,
    *,
    again: str = "",
) -> StartDraft:
    """`again`: how many earlier pressures the page showed whose "Measure again" was tapped."""
    return save_start_draft(
        by=request.user,
        patient=patient,
        chair=chair,
        values=form.texts(),
        measured_again=bool(again),
        earlier_seen=int(again) if again in map(str, range(EARLIER_AT_MOST)) else None,
    )


def _start(
    request: StaffRequest, chair: Chair, patient: Patient, form: StartForm, draft: StartDraft
) -> TreatmentSession:
    """The deed; what it cannot even begin without is named together with its refusals."""
    clean = form.cleaned_data
    if gaps := _gaps(form):
        raise RuleBroken(*gaps, *_gate_errors(form, form.gate(draft), chair))
    waiting = [row for row in _todays_bookings(request.user) if row.patient_id == patient.pk]
    return start_session(
        by=request.user,
        prescription=clean["prescription"],
        chair=chair,
        gate=form.gate(draft),
        second_person=clean["second_person"],
        second_pin=clean["second_pin"],
        second_password=clean["second_password"],
        prescriber=clean["prescriber"],
        prescriber_pin=clean["prescriber_pin"],
        prescriber_password=clean["prescriber_password"],
        write_key=clean["write_key"],
        appointment=waiting[0] if waiting else None,
    )


def _gaps(form: StartForm) -> list[RuleError]:
    needed = ("prescription", "second_person")
    return [RuleError(name, "required") for name in needed if not form.cleaned_data.get(name)]


def _gate_errors(form: StartForm, gate: StartGate, chair: Chair) -> list[RuleError]:
    order, prescriber = form.cleaned_data.get("prescription"), form.cleaned_data.get("prescriber")
    return gate_errors(order, chair, gate, timezone.now(), prescriber) if order else []


def _valid_prescriptions(user: Staff, patient: Patient) -> list[Prescription]:
    today = clinic_day(timezone.now(), user.clinic.time_zone)
    rows = visible_to(user, Prescription).filter(
        course__patient=patient,
        course__ended_on=None,
        ended_at=None,
        valid_from__lte=today,
        valid_until__gte=today,
    )
    return list(rows.select_related("course__patient", "course__clinic", "prescribed_by"))


def _context(
    request: StaffRequest, chair: Chair, patient: Patient, form: StartForm, draft: StartDraft
) -> dict[str, Any]:
    now = timezone.now()
    today = clinic_day(now, request.user.clinic.time_zone)
    orders = _valid_prescriptions(request.user, patient)
    gate = _gate_so_far(request, patient, form, draft)
    order = _order_so_far(form, orders)
    last = last_time(patient)
    taken = chair_is_taken(chair)
    sits = TreatmentSession.objects.open().filter(patient=patient).first()
    return {
        "chair": chair,
        "patient": patient,
        "form": form,
        "draft": draft,
        "prescriptions": orders,
        "expired": _last_prescription(request.user, patient) if not orders else None,
        "other_drug": _other_drug(orders),
        "sheet": start_sheet(patient, order, gate, draft, now),
        "order": order,
        "proven": form.proven(),
        "hints": hints(patient, order, last.session if last else None, now),
        "answered": sum(bool(gate.answers.get(check["code"])) for check in form.checks()),
        "identity_at": gate.written_at.get("identity") if gate.answers["identity"] else None,
        "last": last,
        "age": patient.age_on(today),
        "prescribers": form.fields["prescriber"].queryset,  # type: ignore[attr-defined]
        "taken": taken,
        "sits": None if sits == taken else sits,
        "now": now,
    }


def _gate_so_far(
    request: StaffRequest, patient: Patient, form: StartForm, draft: StartDraft
) -> StartGate:
    """What was typed, from the post or from the draft; unreadable texts count as blank.

    Read anew: a form forgets the value of a field as soon as an error stands by it.
    """
    typed = _form(request, patient, data=form.data if form.is_bound else dict(draft.values))
    typed.is_valid()
    return typed.gate(draft)


def _order_so_far(form: StartForm, orders: list[Prescription]) -> Prescription | None:
    chosen = str(form["prescription"].value() or "")
    return next((order for order in orders if str(order.pk) == chosen), None)


def _other_drug(orders: list[Prescription]) -> dict[str, str] | None:
    """The look-alike that was not ordered, so that the choice is seen to have been made."""
    drugs = {order.drug for order in orders}
    if len(drugs) != 1:
        return None
    is_esketamine = "esketamine" in drugs
    return {
        "drug": "ketamine" if is_esketamine else "esketamine",
        "route": _("IV infusion") if is_esketamine else _("nasal spray"),
        "dose": _("dose in mg/kg") if is_esketamine else _("56\u00a0mg or 84\u00a0mg"),
    }


def _last_prescription(user: Staff, patient: Patient) -> Prescription | None:
    rows = visible_to(user, Prescription).filter(course__patient=patient)
    return rows.select_related("prescribed_by").order_by("-prescribed_at").first()
