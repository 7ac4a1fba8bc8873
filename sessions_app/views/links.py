"""Check-in links: who is asked, who has not answered, a link to send, and answers from paper."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import segno
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from sessions_app import audit
from sessions_app.actions.answers import enter_check_in
from sessions_app.actions.check_in_links import mint_link
from sessions_app.check_in_words import asked_words, slot_words
from sessions_app.errors import RuleBroken
from sessions_app.forms.check_ins import PaperForm
from sessions_app.help_lines import may_ask_patients
from sessions_app.models import CheckInRequest
from sessions_app.permissions import load, visible_to
from sessions_app.refusals import explain
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, StaffRequest, page_for

LOOK_BACK, LOOK_AHEAD = timedelta(days=14), timedelta(days=3)
MISSED_PER_PAGE = 20


@page_for(Deed.HANDLE_CHECK_INS, FORM)
def links(request: StaffRequest) -> HttpResponse:
    """Who was asked and has not answered. A post makes a link, which is shown this once."""
    if request.method == "POST":
        return _make_link(request)
    audit.record(audit.Tag.LIST_LOOK, by=request.user, reason="check-ins")
    return _list(request)


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
    try:
        link, token = mint_link(by=request.user, request=asked)
    except RuleBroken as broken:
        words = [explain(error) for error in broken.errors]
        errors = [{"message": f"{one.message} {one.next}"} for one in words]
        return _list(request, errors, status=422)
    address = request.build_absolute_uri(reverse("me:open", args=[token]))
    context = {
        "asked": asked,
        "link": link,
        "address": address,
        "qr": qr_svg(address),
        "slot": slot_words(asked.slot),
        "what": asked_words(asked.instruments),
    }
    return render(request, "care/link.html", context)


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


def _list(
    request: StaffRequest, errors: list[dict[str, str]] | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    rows = visible_to(request.user, CheckInRequest, Deed.HANDLE_CHECK_INS).filter(
        cancelled_at=None,
        check_in=None,
        opens_at__lt=now + LOOK_AHEAD,
        closes_at__gte=now - LOOK_BACK,
    )
    waiting = [_line(row, now) for row in rows.select_related("patient").prefetch_related("links")]
    missed = [line for line in reversed(waiting) if line["state"] == "missed"]
    page = Paginator(missed, MISSED_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "errors": errors or [],
        "lines_missing": not may_ask_patients(request.user.clinic, request.user.clinic.language),
        "open_now": [line for line in waiting if line["state"] == "open"],
        "soon": [line for line in waiting if line["state"] == "soon"],
        "missed": page.object_list,
        "page_obj": page,
    }
    return render(request, "care/links.html", context, status=status)


def _line(asked: CheckInRequest, now: datetime) -> dict[str, Any]:
    state = "soon" if now < asked.opens_at else "open" if now < asked.closes_at else "missed"
    sent = [link.minted_at for link in asked.links.all() if link.revoked_at is None]
    return {
        "asked": asked,
        "state": state,
        "slot": slot_words(asked.slot),
        "what": asked_words(asked.instruments),
        "made_at": max(sent, default=None),
    }


def _paper_page(
    request: StaffRequest, asked: CheckInRequest, form: PaperForm, status: int = 200
) -> HttpResponse:
    context = {
        "asked": asked,
        "patient": asked.patient,
        "form": form,
        "slot": slot_words(asked.slot),
        "what": asked_words(asked.instruments),
    }
    return render(request, "care/links_paper.html", context, status=status)
