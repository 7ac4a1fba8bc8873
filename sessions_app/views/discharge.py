"""The end of a session: the checks, the signature, its void, amendments, the check-in link."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from sessions_app import audit
from sessions_app.actions.check_in_links import mint_link
from sessions_app.actions.signoff import (
    amend_session,
    confirm_check,
    sign_session,
    void_sign_off,
)
from sessions_app.discharge_sheet import check_lines, summary
from sessions_app.forms.discharge import CheckForm, OtherEndForm, SignForm, VoidForm
from sessions_app.forms.entry import KeyedForm
from sessions_app.forms.session import AmendForm
from sessions_app.models import TreatmentSession, new_key
from sessions_app.permissions import load, may
from sessions_app.roles import Deed
from sessions_app.session_sheet import band, can_void, infusion_times
from sessions_app.session_state import standing_sign_off
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, WRITE, StaffRequest, page_for
from sessions_app.views.links import qr_svg


@page_for(Deed.SEE_PATIENTS, READ)
def discharge(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Ready to leave? The record ticks what it can prove; the nurse ticks the rest."""
    session = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    return _draw(request, session)


@page_for(Deed.RUN_SESSION, WRITE)
def check(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """One tap ticks a check, another takes the tick back."""
    session = load(TreatmentSession, request.user, session_id)
    form = CheckForm(request.POST)
    done = attempt(
        form, lambda: confirm_check(by=request.user, session=session, **form.cleaned_data)
    )
    if done.is_done:
        return redirect(reverse("care:discharge", args=[session.pk]) + "#checks")
    return _draw(request, session, done.status, check=form)


@sensitive_post_parameters("pin")
@page_for(Deed.SIGN_SESSION, WRITE)
def sign(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """The signature that locks the record; the form says how the session ended."""
    session = load(TreatmentSession, request.user, session_id)
    form: SignForm | OtherEndForm
    if "other_end" in request.POST:
        form = OtherEndForm(request.POST, auto_id="end_%s")
    else:
        form = SignForm(request.POST, unmet=_unmet(session), auto_id="sign_%s")
    done = attempt(form, lambda: sign_session(by=request.user, session=session, **form.entry()))
    if done.is_done:
        words = {"who": session.patient.initials, "by": request.user.full_name}
        messages.success(request, _("Signed for %(who)s by %(by)s.") % words)
        return redirect("care:discharge", session_id=session.pk)
    name = "end" if isinstance(form, OtherEndForm) else "sign"
    return _draw(request, session, done.status, **{name: form})


@page_for(Deed.SIGN_SESSION, FORM)
def void(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Take the signature back, within a minute and with a reason."""
    session = load(TreatmentSession, request.user, session_id)
    sign_off = standing_sign_off(session)
    if sign_off is None:
        return redirect("care:discharge", session_id=session.pk)
    form = VoidForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = attempt(
            form, lambda: void_sign_off(by=request.user, sign_off=sign_off, **form.cleaned_data)
        )
        if done.is_done:
            messages.success(request, _("The signature was taken back. The session is open."))
            return redirect("care:discharge", session_id=session.pk)
        return _small(request, session, _("Take the signature back"), form, done.status)
    return _small(request, session, _("Take the signature back"), form)


@page_for(Deed.SIGN_SESSION, FORM)
def amend(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Add a dated correction in words to a signed record."""
    session = load(TreatmentSession, request.user, session_id)
    form = AmendForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = attempt(
            form, lambda: amend_session(by=request.user, session=session, **form.cleaned_data)
        )
        if done.is_done:
            messages.success(request, _("The amendment was added."))
            return redirect("care:session", session_id=session.pk)
        return _small(request, session, _("Add an amendment"), form, done.status)
    return _small(request, session, _("Add an amendment"), form)


@page_for(Deed.HANDLE_CHECK_INS, WRITE)
def make_link(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """A link to the next check-in, shown once, for the patient to scan before leaving."""
    session = load(TreatmentSession, request.user, session_id)
    waiting = session.check_in_requests.filter(
        cancelled_at=None, check_in=None, closes_at__gt=timezone.now()
    )
    coming = waiting.order_by("due_at").first()
    if coming is None:
        messages.error(request, _("There is no check-in to come for this session."))
        return redirect("care:discharge", session_id=session.pk)
    form = KeyedForm(request.POST, auto_id="link_%s")
    done = attempt(form, lambda: mint_link(by=request.user, request=coming))
    if not done.is_done:
        return _draw(request, session, done.status, link=form)
    _link, token = done.row
    address = request.build_absolute_uri(reverse("me:open", args=[token]))
    made = {"address": address, "qr": qr_svg(address), "request": coming}
    return _draw(request, session, made=made)


def _unmet(session: TreatmentSession) -> list[str]:
    return [line.code for line in check_lines(session, timezone.now()) if not line.is_met]


def _small(
    request: StaffRequest, session: TreatmentSession, title: str, form: KeyedForm, status: int = 200
) -> HttpResponse:
    if request.method != "POST":
        audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    context = {
        "session": session,
        "band": band(session, timezone.now()),
        "title": title,
        "form": form,
    }
    return render(request, "care/correct.html", context, status=status)


def _draw(
    request: StaffRequest,
    session: TreatmentSession,
    status: int = 200,
    made: dict[str, Any] | None = None,
    **refused: KeyedForm,
) -> HttpResponse:
    now = timezone.now()
    sign_off = standing_sign_off(session)
    lines = check_lines(session, sign_off.signed_at if sign_off else now)
    started, ended = infusion_times(session)
    open_lines = [line for line in lines if not line.is_met]
    sign_form = refused.get("sign") or SignForm(
        unmet=[line.code for line in open_lines],
        auto_id="sign_%s",
        initial={"escort_name": session.patient.escort_name},
    )
    assert isinstance(sign_form, SignForm)
    context = {
        "session": session,
        "band": band(session, now),
        "lines": [(line, new_key()) for line in lines],
        "open_lines": open_lines,
        "met": len(lines) - len(open_lines),
        "overrides": [
            (line, sign_form.override_of(line.code))
            for line in open_lines
            if line.code in sign_form.unmet
        ],
        "summary": summary(session, sign_off.signed_at if sign_off else now),
        "sign_off": sign_off,
        "sign_form": sign_form,
        "end_form": refused.get("end") or OtherEndForm(auto_id="end_%s"),
        "link_key": new_key(),
        "made": made,
        "coming": session.check_in_requests.filter(cancelled_at=None).order_by("due_at"),
        "can_write": sign_off is None
        and not session.is_imported
        and may(request.user, Deed.SIGN_SESSION),
        "can_void": can_void(sign_off, request.user, now),
        "can_link": may(request.user, Deed.HANDLE_CHECK_INS),
        "started": started,
        "ended": ended,
        "refused": refused,
        "form": next(iter(refused.values()), None),
        "now": now,
    }
    return render(request, "care/discharge.html", context, status=status)
