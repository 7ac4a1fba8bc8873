"""Check-in links: who is asked, who has not answered, a link to send, and answers from paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from sessions_app import audit
from sessions_app.actions.answers import enter_check_in
from sessions_app.actions.arrivals import ask_on_arrival
from sessions_app.actions.check_in_links import mint_code, mint_link
from sessions_app.alerting.message_holds import patient_hold
from sessions_app.checkins.overdue import LOOK_BACK, lines, overdue
from sessions_app.errors import RuleBroken
from sessions_app.forms.check_ins import PaperForm
from sessions_app.forms.entry import KeyedForm
from sessions_app.help_lines import lines_to_call, may_ask_patients
from sessions_app.instruments import Instrument
from sessions_app.instruments_of import instruments_of
from sessions_app.models import CheckInCall, CheckInRequest, Patient, new_key
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, WRITE, StaffRequest, page_for
from sessions_app.words.check_in_words import asked_words, left_out_words, slot_words
from sessions_app.words.refusals import explain

LOOK_AHEAD = timedelta(days=3)
PATIENTS_PER_PAGE = 20
MISSED_PER_PAGE = 20


@page_for(Deed.HANDLE_CHECK_INS, FORM)
def links(request: StaffRequest) -> HttpResponse:
    """Who was asked and has not answered. A post makes a link, which is shown this once."""
    if request.method == "POST":
        return _make_link(request)
    audit.record(audit.Tag.LIST_LOOK, by=request.user, reason="check-ins")
    return who_has_not_answered(request)


@page_for(Deed.HANDLE_CHECK_INS, FORM)
def paper(request: StaffRequest, request_id: UUID) -> HttpResponse:
    """One patient's whole check-in, entered from paper on one page."""
    asked = load(CheckInRequest, request.user, request_id, Deed.HANDLE_CHECK_INS)
    if request.method != "POST":
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=asked.patient, row=asked)
        return _paper_page(request, asked, PaperForm(request=asked))
    form = PaperForm(request.POST, request=asked)
    tried = attempt(
        form,
        lambda: enter_check_in(
            by=request.user,
            patient=asked.patient,
            request=asked,
            answers=form.answers(),
            taken_at=form.cleaned_data["taken_at"],
            language=asked.patient.language,
            write_key=form.cleaned_data["write_key"],
        ),
    )
    if tried.is_done:
        return redirect("care:checkin_links")
    return _paper_page(request, asked, form, tried.status)


def _make_link(request: StaffRequest) -> HttpResponse:
    asked = load(
        CheckInRequest, request.user, _key(request.POST.get("request")), Deed.HANDLE_CHECK_INS
    )
    return _show_link(request, asked)


@page_for(Deed.HANDLE_CHECK_INS, WRITE)
def arrival(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """How the patient is before the dose: a check-in that is open now, with its QR code."""
    patient = load(Patient, request.user, patient_id, Deed.HANDLE_CHECK_INS)
    form = KeyedForm(request.POST)
    tried = attempt(
        form,
        lambda: ask_on_arrival(by=request.user, patient=patient, **form.cleaned_data),
    )
    if tried.is_done:
        return _show_link(request, tried.row)
    for errors in form.errors.values():
        for words in errors:
            messages.error(request, words)
    return redirect("clinic:scores", patient_id=patient.pk)


def _show_link(request: StaffRequest, asked: CheckInRequest) -> HttpResponse:
    """A new link, shown this once; or why there can be none."""
    try:
        made = make(request, asked)
    except RuleBroken as broken:
        words = [explain(error) for error in broken.errors]
        refused = [f"{one.message} {one.next}".strip() for one in words]
        return who_has_not_answered(request, refused)
    context = {
        "asked": asked,
        "made": made,
        "slot": slot_words(asked.slot),
        "what": asked_words(asked.instruments, asked.clinic_id),
        "left_out": left_out_words(asked),
        "clinic_lines": lines_to_call(asked.clinic, asked.patient.language),
    }
    return render(request, "care/link.html", context)


@dataclass(frozen=True)
class MadeLink:
    """A link that was just made, with its code: both are shown this once."""

    address: str
    qr: str
    request: CheckInRequest
    code: str
    code_until: datetime
    code_address: str


@transaction.atomic
def make(request: StaffRequest, asked: CheckInRequest) -> MadeLink:
    """Afterwards a new link and its typed code open the check-in, and no older ones."""
    link, token = mint_link(by=request.user, request=asked)
    code, typed = mint_code(by=request.user, link=link)
    address = request.build_absolute_uri(reverse("me:open", args=[token]))
    return MadeLink(
        address=address,
        qr=qr_svg(address),
        request=asked,
        code=typed,
        code_until=code.expires_at,
        code_address=request.build_absolute_uri(reverse("me:code")),
    )


def qr_svg(address: str) -> SafeString:
    """The address as a QR code: an inline SVG that a strict page may show."""
    code = segno.make(address, error="m", micro=False)
    svg = code.svg_inline(scale=4, border=4, light="#fff", omitsize=True, svgclass="qr-code")
    # Drawn here; segno writes the address as squares, so it cannot hold markup.
    return mark_safe(svg)  # nosec B308 B703


def _key(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def who_has_not_answered(
    request: StaffRequest, refused: list[str] | None = None, status: int = 422
) -> HttpResponse:
    """The list, with what was refused on top of it."""
    now, clinic = timezone.now(), request.user.clinic
    waiting = overdue(clinic, now)
    page = Paginator(waiting, PATIENTS_PER_PAGE).get_page(request.GET.get("page"))
    rows = visible_to(request.user, CheckInRequest, Deed.HANDLE_CHECK_INS).filter(
        cancelled_at=None, check_in=None, opens_at__lt=now + LOOK_AHEAD
    )
    known = instruments_of(clinic)
    coming = [_line(row, now, known) for row in _with_links(rows.filter(due_at__gt=now))]
    closed = rows.filter(closes_at__gte=now - LOOK_BACK, closes_at__lte=now).order_by("-due_at")
    missed = Paginator(_with_links(closed), MISSED_PER_PAGE).get_page(request.GET.get("missed"))
    context = {
        "errors": [{"message": words} for words in refused or []],
        "lines_missing": not may_ask_patients(clinic, clinic.language),
        "page_obj": page,
        "overdue": [(line, new_key(), new_key()) for line in lines(page.object_list, now)],
        "open_now": [line for line in coming if line["state"] == "open"],
        "soon": [line for line in coming if line["state"] == "soon"],
        "missed_page": missed,
        "missed": [_line(row, now, known) for row in missed.object_list],
        "results": CheckInCall.RESULTS,
    }
    return render(request, "care/links.html", context, status=status if refused else 200)


def _with_links(rows: QuerySet[CheckInRequest]) -> QuerySet[CheckInRequest]:
    return rows.select_related("patient").prefetch_related("links")


def _line(asked: CheckInRequest, now: datetime, known: Mapping[str, Instrument]) -> dict[str, Any]:
    state = "soon" if now < asked.opens_at else "open" if now < asked.closes_at else "missed"
    living = [link.minted_at for link in asked.links.all() if link.revoked_at is None]
    return {
        "asked": asked,
        "state": state,
        "slot": slot_words(asked.slot),
        "what": asked_words(asked.instruments, asked.clinic_id, known),
        "made_at": max(living, default=None),
        "hold": patient_hold(asked.patient),
        "key": new_key(),
    }


def _paper_page(
    request: StaffRequest, asked: CheckInRequest, form: PaperForm, status: int = 200
) -> HttpResponse:
    what = {
        "what": asked_words(asked.instruments, asked.clinic_id),
        "left_out": left_out_words(asked),
    }
    return form_page(request, "care/links_paper.html", asked, form, status, **what)


def form_page(
    request: StaffRequest,
    template: str,
    asked: CheckInRequest,
    form: KeyedForm,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    """A page with one form about one check-in of a patient."""
    context = {
        "asked": asked,
        "patient": asked.patient,
        "form": form,
        "slot": slot_words(asked.slot),
        **more,
    }
    return render(request, template, context, status=status)
