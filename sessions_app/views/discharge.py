"""Leaving: the checks, the check-in link, the signature, and the other ways a session can end."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from sessions_app import audit
from sessions_app.actions.signoff import confirm_check, sign_session
from sessions_app.alerting.message_holds import patient_hold
from sessions_app.chairside.discharge_sheet import CheckLine, check_lines, summary
from sessions_app.chairside.session_sheet import band, can_void, infusion_times
from sessions_app.chairside.session_state import standing_sign_off
from sessions_app.clock import elapsed_min
from sessions_app.forms.discharge import CheckForm, EndForm, SignForm, other_ends
from sessions_app.forms.entry import KeyedForm
from sessions_app.models import CheckInLink, CheckInRequest, SignOff, TreatmentSession, new_key
from sessions_app.permissions import load, may
from sessions_app.protocol_of import protocol_of
from sessions_app.roles import Deed
from sessions_app.rules.ends import ENDS
from sessions_app.templatetags.words import clock, elapsed
from sessions_app.views.attempt import Attempt, attempt
from sessions_app.views.gate import FORM, READ, WRITE, StaffRequest, page_for, polled
from sessions_app.views.links import MadeLink, make
from sessions_app.views.live import wants_fragment
from sessions_app.views.pins import sign_in_anew
from sessions_app.words.check_in_words import after_words
from sessions_app.words.delivery_words import became_of
from sessions_app.words.end_words import reason_words

SLOTS_SHOWN = 5


@page_for(Deed.SEE_PATIENTS, READ)
def discharge(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Ready to leave? The record ticks what it can prove; the nurse ticks the rest."""
    session = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    return _draw(request, session)


@polled
@page_for(Deed.SEE_PATIENTS, READ)
def discharge_live(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """The parts of the open page that move: checks, summary, the link. It leaves no audit line."""
    return _live(request, load(TreatmentSession, request.user, session_id))


@page_for(Deed.RUN_SESSION, WRITE)
def check(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """One tap ticks a check, another takes the tick back."""
    session = load(TreatmentSession, request.user, session_id)
    form = CheckForm(request.POST)
    done = attempt(
        form, lambda: confirm_check(by=request.user, session=session, **form.cleaned_data)
    )
    if wants_fragment(request):
        return _live(request, session, 200 if done.is_done else done.status, check=form)
    if done.is_done:
        return redirect(reverse("care:discharge", args=[session.pk]) + "#checks")
    return _draw(request, session, done.status, check=form)


@sensitive_post_parameters("pin", "password")
@page_for(Deed.SIGN_SESSION, WRITE)
def sign(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """The signature that locks the record of somebody who goes home."""
    session = load(TreatmentSession, request.user, session_id)
    lines = check_lines(session, timezone.now())
    unmet = [line for line in lines if not line.is_met]
    form = SignForm(request.POST, unmet=[line.code for line in unmet], auto_id="sign_%s")
    done = attempt(form, lambda: sign_session(by=request.user, session=session, **form.entry()))
    if done.is_done:
        return redirect("care:discharge", session_id=session.pk)
    return sign_in_anew(request, done, "care:discharge", session_id=session.pk) or _draw(
        request, session, done.status, sign=form, problems=_problems(unmet, done)
    )


@sensitive_post_parameters("pin", "password")
@page_for(Deed.SIGN_SESSION, FORM)
def end(request: StaffRequest, session_id: UUID, code: str) -> HttpResponse:
    """Any end but going home, with what that end needs and nothing else."""
    session = load(TreatmentSession, request.user, session_id)
    if code not in ENDS or code == "discharged":
        raise Http404
    if standing_sign_off(session) is not None or session.is_imported:
        return redirect("care:discharge", session_id=session.pk)
    form = EndForm(request.POST if request.method == "POST" else None, end=ENDS[code])
    status = 200
    if request.method == "POST":
        done = attempt(form, lambda: sign_session(by=request.user, session=session, **form.entry()))
        if done.is_done:
            return redirect("care:discharge", session_id=session.pk)
        anew = sign_in_anew(request, done, "care:end", session_id=session.pk, code=code)
        if anew is not None:
            return anew
        status = done.status
    else:
        audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    context = {
        "session": session,
        "band": band(session, timezone.now()),
        "title": dict(SignOff.ENDS)[code],
        "end": code,
        "form": form,
    }
    return render(request, "care/end.html", context, status=status)


@page_for(Deed.HANDLE_CHECK_INS, WRITE)
def make_link(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """A link to the next check-in, shown once, for the patient to scan before leaving."""
    session = load(TreatmentSession, request.user, session_id)
    coming = _coming(session)
    if coming is None:
        messages.error(request, _("There is no check-in to come for this session."))
        return redirect("care:discharge", session_id=session.pk)
    form = KeyedForm(request.POST, auto_id="link_%s")
    done = attempt(form, lambda: make(request, coming))
    if not done.is_done:
        return _draw(request, session, done.status, link=form)
    return _draw(request, session, made=done.row)


def _coming(session: TreatmentSession) -> CheckInRequest | None:
    waiting = session.check_in_requests.filter(
        cancelled_at=None, check_in=None, closes_at__gt=timezone.now()
    )
    return waiting.order_by("due_at").first()


def _problems(unmet: list[CheckLine], done: Attempt) -> list[dict[str, str]]:
    """What stands in the way of a signature; each check leads to its row."""
    return [
        {"href": f"#check-{line.code}", "message": line.label}
        for line in unmet
        if (line.code, "discharge_check_open") in done.broken
    ]


def _live(
    request: StaffRequest, session: TreatmentSession, status: int = 200, **refused: KeyedForm
) -> HttpResponse:
    context = _context(request, session, refused)
    return render(request, "care/_discharge_live.html", context, status=status)


def _draw(
    request: StaffRequest,
    session: TreatmentSession,
    status: int = 200,
    made: MadeLink | None = None,
    problems: list[dict[str, str]] | None = None,
    **refused: KeyedForm,
) -> HttpResponse:
    context = _context(request, session, refused)
    context |= {"made": made, "errors": problems or []}
    return render(request, "care/discharge.html", context, status=status)


def _context(
    request: StaffRequest, session: TreatmentSession, refused: dict[str, KeyedForm]
) -> dict[str, Any]:
    now = timezone.now()
    sign_off = standing_sign_off(session)
    at = sign_off.signed_at if sign_off else now
    lines = check_lines(session, at)
    open_lines = [line for line in lines if not line.is_met]
    coming = session.check_in_requests.filter(cancelled_at=None).order_by("due_at")
    is_open = sign_off is None and not session.is_imported
    return {
        "session": session,
        "band": {**band(session, now), **_watched(session, at)},
        "lines": [(line, new_key()) for line in lines],
        "open_lines": open_lines,
        "met": len(lines) - len(open_lines),
        **_signing(session, open_lines, refused),
        "summary": summary(session, at),
        "prescriber": session.prescription.prescribed_by if session.prescription else None,
        "sign_off": sign_off,
        "sign_off_reason": reason_words(sign_off) if sign_off else "",
        "ends": [(one.code, dict(SignOff.ENDS)[one.code]) for one in other_ends(bool(lines))],
        "link_key": new_key(),
        "void_key": new_key(),
        "coming": [(one, after_words(one.slot)) for one in coming[:SLOTS_SHOWN]],
        "link": _link_state(coming.first(), now),
        **_texting(session, now),
        "can_write": is_open and may(request.user, Deed.SIGN_SESSION),
        "can_void": can_void(sign_off, request.user, now),
        "can_link": may(request.user, Deed.HANDLE_CHECK_INS),
        "refused": refused,
        "form": next((form for form in refused.values() if form.errors), None),
        "now": now,
    }


def _watched(session: TreatmentSession, at: datetime) -> dict[str, str]:
    """The band's clock as this page says it: watched since the dose, and how long is needed."""
    started, ended = infusion_times(session)
    if started is None or session.is_imported:
        return {}
    protocol = protocol_of(session)
    minutes = None if ended is None else max(elapsed_min(started, ended), 1)
    is_known = not protocol.is_infusion or minutes is not None
    needed = protocol.minimum_watch_min(minutes) if is_known else None
    facts = {"from": clock(started), "to": clock(ended)}
    between = _("started %(from)s, ended %(to)s") if ended else _("started %(from)s")
    return {
        "elapsed_text": elapsed(elapsed_min(started, at)),
        "plan_text": between % facts,
        "next_due_text": _("watched, the infusion is not stopped")
        if needed is None
        else _("watched, %(needed)s min needed") % {"needed": f"{needed:.0f}"},
    }


def _signing(
    session: TreatmentSession, open_lines: list[CheckLine], refused: dict[str, KeyedForm]
) -> dict[str, Any]:
    form = refused.get("sign") or SignForm(
        unmet=[line.code for line in open_lines],
        auto_id="sign_%s",
        initial={"escort_name": session.patient.escort_name},
    )
    assert isinstance(form, SignForm)
    overrides = [
        (line, form.override_of(line.code)) for line in open_lines if line.code in form.unmet
    ]
    return {"sign_form": form, "overrides": overrides}


def _texting(session: TreatmentSession, now: datetime) -> dict[str, Any]:
    """The check-in whose link can be sent, why it may not be, and what became of the last one."""
    asked = _coming(session)
    if asked is None:
        return {"text_to": None}
    sent = asked.messages.prefetch_related("deliveries").order_by("planned_at", "id").last()
    return {
        "text_to": asked,
        "text_hold": patient_hold(session.patient),
        "text_key": new_key(),
        "text_sent": sent,
        "text_became": became_of(sent, now) if sent else "",
    }


def _link_state(request: CheckInRequest | None, now: datetime) -> CheckInLink | None:
    """The living link of the first check-in that was opened, or the newest, with its `opening`."""
    if request is None:
        return None
    living = request.links.filter(revoked_at=None, expires_at__gt=now)
    opened_first = F("opening__opened_at").desc(nulls_last=True)
    return living.select_related("opening").order_by(opened_first, "-minted_at").first()
