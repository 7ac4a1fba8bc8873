"""Add a patient, and change the details without losing anybody's work."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions import intake
from sessions_app.forms.intake import PatientEditForm, PatientForm
from sessions_app.forms.progress import ProgressPinForm
from sessions_app.models import Patient, new_key
from sessions_app.permissions import load
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, StaffRequest, page_for


class Version(NamedTuple):
    """One save of a patient's details, and the labels of what it changed."""

    by: Any
    at: Any
    changed: list[str]


class Clash(NamedTuple):
    """A field that somebody else saved differently while this form was open."""

    label: str
    saved: str
    typed: str


@page_for(Deed.EDIT_PATIENT, FORM)
def patient_add(request: StaffRequest) -> HttpResponse:
    """A new patient. Language and time zone start as the clinic's."""
    clinic = request.user.clinic
    if request.method != "POST":
        form = PatientForm(initial={"language": clinic.language, "time_zone": clinic.time_zone})
        return _page(request, form)
    form = PatientForm(request.POST)
    tried = attempt(
        form,
        lambda: intake.add_patient(
            by=request.user, values=form.values(), write_key=form.cleaned_data["write_key"]
        ),
    )
    if not tried.is_done:
        return _page(request, form, status=tried.status)
    text = _("%(name)s is added. Add the course of treatment next.")
    messages.success(request, text % {"name": tried.row.full_name})
    return redirect("clinic:plan", patient_id=tried.row.pk)


@page_for(Deed.EDIT_PATIENT, FORM)
def patient_edit(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Change the details. Who saved meanwhile is named, with both values."""
    patient = load(Patient, request.user, patient_id)
    if request.method != "POST":
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
        initial = {name: getattr(patient, name) for name in intake.PATIENT_FIELDS}
        initial["birth_date"] = patient.known_birth_date
        initial["version"] = intake.version_of(patient)
        return _page(request, PatientEditForm(initial=initial), patient)
    form = PatientEditForm(request.POST)
    tried = attempt(
        form,
        lambda: intake.update_patient(
            by=request.user,
            patient=patient,
            values=form.values(),
            seen_version=form.cleaned_data["version"],
        ),
    )
    if tried.is_done:
        messages.success(request, _("%(name)s is saved.") % {"name": tried.row.full_name})
        return redirect("clinic:patient_edit", patient_id=patient.pk)
    clashes: list[Clash] = []
    if "changed_meanwhile" in tried.codes:
        clashes = _clashes(form, patient)
        # Saved again, it is meant: the form now knows the version it stands beside.
        form.data = {**request.POST.dict(), "version": str(intake.version_of(patient))}
    return _page(request, form, patient, clashes=clashes, status=tried.status)


def _clashes(form: PatientEditForm, patient: Patient) -> list[Clash]:
    patient.refresh_from_db()
    return [
        Clash(str(form.fields[name].label), str(saved), str(typed))
        for name in intake.PATIENT_FIELDS
        if (saved := getattr(patient, name)) != (typed := form.cleaned_data.get(name))
    ]


def _versions(patient: Patient | None) -> list[Version]:
    """Every save of the patient's details, newest first, at most 50."""
    if patient is None:
        return []
    rows = list(patient.history.select_related("history_user")[:51])
    labels = {name: str(PatientForm.base_fields[name].label) for name in intake.PATIENT_FIELDS}
    versions = []
    for row, before in zip(rows, [*rows[1:], None], strict=True):
        changed = [
            label
            for name, label in labels.items()
            if before is not None and getattr(row, name) != getattr(before, name)
        ]
        versions.append(Version(row.history_user, row.history_date, changed))
    return versions[:50]


def _page(
    request: StaffRequest,
    form: PatientForm,
    patient: Patient | None = None,
    *,
    clashes: list[Clash] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "patient": patient,
        "clashes": clashes or [],
        "versions": _versions(patient),
        "pin_form": ProgressPinForm(),
        "messages_key": new_key(),
    }
    return render(request, "clinic/patient.html", context, status=status)
