"""My progress: a patient's own answers, behind the link in the phone's cookie and a lock."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions.progress import set_progress_pin
from sessions_app.checkins import check_in_cookie, progress_lock
from sessions_app.checkins.my_answers import answers_csv
from sessions_app.checkins.progress import MyProgress, progress_of
from sessions_app.forms.progress import LockForm, ProgressPinForm
from sessions_app.help_lines import lines_to_call
from sessions_app.models import CheckInLink, Patient
from sessions_app.permissions import load
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, WRITE, StaffRequest, open_to_all, page_for
from sessions_app.words.progress_words import ProgressWords

ProgressView = Callable[[HttpRequest, CheckInLink], HttpResponse]
Page = Callable[..., HttpResponse]


def progress_page(
    methods: tuple[str, ...],
) -> Callable[[ProgressView], Callable[..., HttpResponse]]:
    """The view gets the link of this phone's cookie, in the patient's language and zone.

    Without a link that stays good for this, everybody gets the page of a closed check-in.
    """

    def wrap(view: ProgressView) -> Page:
        @wraps(view)
        def page(request: HttpRequest) -> HttpResponse:
            link = check_in_cookie.for_progress(request)
            if link is None:
                return render(request, "me/closed.html", {}, status=404)
            patient = link.request.patient
            with translation.override(patient.language), timezone.override(patient.time_zone):
                return view(request, link)

        return open_to_all(methods)(page)

    return wrap


@progress_page(FORM)
def progress(request: HttpRequest, link: CheckInLink) -> HttpResponse:
    """One sentence, the chart, what comes next. A post opens the lock, or shuts it again."""
    patient = link.request.patient
    if request.method == "POST":
        return _shut() if "shut" in request.POST else _try_lock(request, link)
    if not progress_lock.is_open(request, link):
        return _lock_page(request, patient)
    audit.record(audit.Tag.PROGRESS_LOOK, by=None, patient=patient, row=link)
    mine = progress_of(patient, timezone.now())
    lines = lines_to_call(patient.clinic, patient.language)
    context = {
        "head_text": _("My progress"),
        "mine": mine,
        "words": ProgressWords(mine),
        "lines": lines,
        "answer_url": _answer_url(request, mine),
        "clinic_line": next((line for line in lines if line.kind == "clinic"), None),
    }
    return render(request, "me/progress.html", context)


@progress_page(READ)
def progress_file(request: HttpRequest, link: CheckInLink) -> HttpResponse:
    """One's own answers as a file whose name says nothing about whose they are."""
    if not progress_lock.is_open(request, link):
        return redirect("me:progress")
    patient = link.request.patient
    audit.record(audit.Tag.EXPORT, by=None, patient=patient, row=link)
    answer = HttpResponse(answers_csv(patient), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-answers.csv"'
    return answer


@page_for(Deed.EDIT_PATIENT, WRITE)
def progress_pin(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Staff set or take away the PIN of a patient's own progress."""
    patient = load(Patient, request.user, patient_id)
    form = ProgressPinForm(request.POST)
    tried = attempt(
        form,
        lambda: set_progress_pin(
            by=request.user,
            patient=patient,
            pin=form.cleaned_data["progress_pin"],
            write_key=form.cleaned_data["write_key"],
        ),
    )
    if tried.is_done:
        has_pin = bool(tried.row.progress_pin)
        text = _("The PIN is set.") if has_pin else _("The year of birth opens it again.")
        messages.success(request, text)
        return redirect("clinic:patient_edit", patient_id=patient.pk)
    context = {"form": form, "patient": patient}
    return render(request, "clinic/progress_pin.html", context, status=tried.status)


def _answer_url(request: HttpRequest, mine: MyProgress) -> str:
    """Where the open check-in is answered, if this phone's link still opens that one."""
    link, asked = check_in_cookie.living(request), mine.next_one
    if link is None or asked is None or link.request_id != asked.pk:
        return ""
    is_open = asked.opens_at <= timezone.now()
    return reverse("me:question", args=[asked.slot, 1]) if is_open else ""


def _shut() -> HttpResponse:
    answer = redirect("me:progress")
    progress_lock.forget(answer)
    return answer


def _try_lock(request: HttpRequest, link: CheckInLink) -> HttpResponse:
    patient = link.request.patient
    form = LockForm(request.POST, has_pin=bool(patient.progress_pin))
    if progress_lock.minutes_to_wait(patient):
        return _lock_page(request, patient, status=429)
    if not form.is_valid():
        return _lock_page(request, patient, form, status=422)
    if not progress_lock.opens(patient, form.cleaned_data["secret"]):
        if progress_lock.minutes_to_wait(patient):
            return _lock_page(request, patient, status=429)
        form.add_error("secret", _("This is not right. Check it and type it again."))
        return _lock_page(request, patient, form, status=422)
    answer = redirect("me:progress")
    progress_lock.remember(answer, link)
    return answer


def _lock_page(
    request: HttpRequest, patient: Patient, form: LockForm | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "head_text": _("My progress"),
        "form": form or LockForm(has_pin=bool(patient.progress_pin)),
        "has_secret": progress_lock.has_secret(patient),
        "must_wait": progress_lock.minutes_to_wait(patient) > 0,
    }
    return render(request, "me/progress_lock.html", context, status=status)
