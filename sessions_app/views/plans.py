"""The plan of one patient: courses, eligibility, consent, prescriptions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions import plans as deeds
from sessions_app.alerting.watch_state import watch_of
from sessions_app.forms.entry import KeyedForm
from sessions_app.forms.plans import (
    QUESTIONS,
    CourseEditForm,
    CourseForm,
    EligibilityForm,
    PrescriptionForm,
)
from sessions_app.models import Patient, TreatmentCourse
from sessions_app.permissions import load, may
from sessions_app.roles import Deed
from sessions_app.rules import eligibility
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for


@page_for(Deed.SEE_PATIENTS, READ)
def plan(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Every course of the patient, newest first, with what was answered and ordered."""
    patient = load(Patient, request.user, patient_id)
    audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
    context = {
        "patient": patient,
        "courses": [_course_lines(course) for course in patient.courses.all()],
        "may_write": may(request.user, Deed.PRESCRIBE),
        "today": timezone.localdate(),
        "watch": watch_of(patient, timezone.now()),
    }
    return render(request, "clinic/plan.html", context)


def _course_lines(course: TreatmentCourse) -> dict[str, Any]:
    held = deeds.current_eligibility(course)
    answers = [
        {
            "question": QUESTIONS[criterion.code],
            "held": held.get(criterion.code),
            "is_against": criterion.code in held
            and eligibility.speaks_against(criterion.code, held[criterion.code].answer),
        }
        for criterion in eligibility.CRITERIA
    ]
    return {
        "course": course,
        "answers": answers,
        "open": sum(1 for line in answers if line["held"] is None),
        "against": [line for line in answers if line["is_against"]],
        "orders": course.prescriptions.select_related("prescribed_by"),
        "versions": course.history.select_related("history_user")[:20],
    }


@page_for(Deed.PRESCRIBE, FORM)
def course_add(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """A new course."""
    patient = load(Patient, request.user, patient_id)
    title = _("New course for %(name)s") % {"name": patient.full_name}
    if request.method != "POST":
        form = CourseForm(initial={"started_on": timezone.localdate()})
        return _form_page(request, form, title, patient)
    form = CourseForm(request.POST)
    tried = attempt(
        form,
        lambda: deeds.start_course(
            by=request.user,
            patient=patient,
            values=form.values(),
            write_key=form.cleaned_data["write_key"],
        ),
    )
    if not tried.is_done:
        return _form_page(request, form, title, patient, tried.status)
    messages.success(request, _("The course is added. Answer the eligibility questions next."))
    return redirect("clinic:plan", patient_id=patient.pk)


@page_for(Deed.PRESCRIBE, FORM)
def course_edit(request: StaffRequest, course_id: UUID) -> HttpResponse:
    """Change a course: its consent, its plan, its end."""
    course = load(TreatmentCourse, request.user, course_id)
    title = _("Course of %(name)s") % {"name": course.patient.full_name}
    if request.method != "POST":
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=course.patient)
        initial = {name: getattr(course, name) for name in deeds.COURSE_FIELDS}
        return _form_page(request, CourseEditForm(initial=initial), title, course.patient)
    form = CourseEditForm(request.POST)
    tried = attempt(
        form, lambda: deeds.update_course(by=request.user, course=course, values=form.values())
    )
    if not tried.is_done:
        return _form_page(request, form, title, course.patient, tried.status)
    messages.success(request, _("The course is saved."))
    return redirect("clinic:plan", patient_id=course.patient_id)


@page_for(Deed.PRESCRIBE, FORM)
def eligibility_page(request: StaffRequest, course_id: UUID) -> HttpResponse:
    """The eligibility questions with their present answers."""
    course = load(TreatmentCourse, request.user, course_id)
    held = deeds.current_eligibility(course)
    form, status = EligibilityForm(held=held), 200
    if request.method == "POST":
        form = EligibilityForm(request.POST, held=held)
        tried = attempt(
            form,
            lambda: deeds.answer_eligibility(
                by=request.user,
                course=course,
                answers=form.answers(),
                write_key=form.cleaned_data["write_key"],
            ),
        )
        if tried.is_done:
            messages.success(request, _("The answers are saved."))
            return redirect("clinic:plan", patient_id=course.patient_id)
        status = tried.status
    else:
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=course.patient)
    context = {"form": form, "course": course, "patient": course.patient}
    return render(request, "clinic/eligibility.html", context, status=status)


@page_for(Deed.PRESCRIBE, FORM)
def prescribe_page(request: StaffRequest, course_id: UUID) -> HttpResponse:
    """A new prescription. It ends the one before it."""
    course = load(TreatmentCourse, request.user, course_id)
    title = _("Prescribe for %(name)s") % {"name": course.patient.full_name}
    if request.method != "POST":
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=course.patient)
        return _form_page(request, PrescriptionForm(initial=_proposed()), title, course.patient)
    form = PrescriptionForm(request.POST)
    tried = attempt(
        form,
        lambda: deeds.prescribe(
            by=request.user,
            course=course,
            values=form.values(),
            write_key=form.cleaned_data["write_key"],
        ),
    )
    if not tried.is_done:
        return _form_page(request, form, title, course.patient, tried.status)
    messages.success(request, _("The prescription is saved. An earlier one has ended."))
    return redirect("clinic:plan", patient_id=course.patient_id)


def _proposed() -> dict[str, Any]:
    """Dates only: a dose is never proposed."""
    return {"valid_from": timezone.localdate()}


def _form_page(
    request: StaffRequest, form: KeyedForm, title: str, patient: Patient, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "patient": patient,
        "return_url": reverse("clinic:plan", args=[patient.pk]),
    }
    return render(request, "clinic/form.html", context, status=status)
