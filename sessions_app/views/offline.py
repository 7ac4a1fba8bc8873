"""What a tablet needs without the network: its worker, the offline pad, what it could not send."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.csrf import csrf_failure

from sessions_app.access import log_in
from sessions_app.models import TreatmentSession
from sessions_app.permissions import visible_to
from sessions_app.roles import Deed
from sessions_app.rules import effects, limits
from sessions_app.templatetags.words import (
    DRUG_DISPLAY,
    birth_day,
    drug_plain,
    mg,
    offset_pairs,
)
from sessions_app.views.gate import READ, StaffRequest, open_to_all, page_for, polled
from sessions_app.words.effect_words import EFFECT_WORDS
from sessions_app.words.field_words import FIELDS

# What the worker keeps besides the pad. Never a page with a patient on it.
SHELL = ("css/base.css", "css/care.css", "js/outbox.js", "js/offline.js")
PAD_SIGNS = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "moaas", "pain")


@open_to_all(READ)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, allowed for the whole site, with the list of what it keeps.

    The script differs whenever something that it keeps does: then the browser fetches it all anew.
    """
    page = render_to_string("care/pad.html", _pad_context(), request)
    digest = hashlib.sha256(page.encode())
    for name in (*SHELL, "js/worker.js"):
        digest.update(_source(name))
    kept = {
        "version": digest.hexdigest()[:16],
        "pad": reverse("care:pad"),
        "files": [static(name) for name in SHELL],
    }
    script = f"self.KEPT = {json.dumps(kept)};\n".encode() + _source("js/worker.js")
    return HttpResponse(
        script, content_type="text/javascript", headers={"Service-Worker-Allowed": "/"}
    )


def _source(name: str) -> bytes:
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(name)
    with open(found, "rb") as source:
        return source.read()


@open_to_all(READ)
def pad(request: HttpRequest) -> HttpResponse:
    """The offline pad: the same page whoever asks. Chairs and entries come from the device."""
    return render(request, "care/pad.html", _pad_context())


@page_for(Deed.RUN_SESSION, READ)
def outbox(request: StaffRequest) -> HttpResponse:
    """What this device could not send yet, or what was not taken. The list is the device's own."""
    return render(request, "care/outbox.html", {"field_names": _field_names()})


@polled
@page_for(Deed.RUN_SESSION, READ)
def snapshot(request: StaffRequest) -> JsonResponse:
    """Who is signed in and until when, what time it is, and each running chair for the offline pad.

    The pad locks itself after `idle_ms` without a finger, and when the log-in ends.

    It leaves no audit line, like every poll, and brings the CSRF cookie that sending needs.
    """
    get_token(request)
    now = timezone.localtime()
    rows = visible_to(request.user, TreatmentSession).open()  # type: ignore[attr-defined]
    rows = rows.filter(chair__isnull=False).select_related("patient", "chair")
    return JsonResponse(
        {
            "owner": str(request.user.pk),
            "owner_name": request.user.initials,
            "ends": log_in.ends_at(request.session).isoformat(),
            "idle_ms": int(settings.IDLE_LOCKS_AFTER.total_seconds() * 1000),
            "now": now.isoformat(),
            "offsets": offset_pairs(),
            "chairs": [_chair(row) for row in rows.order_by("chair__position", "chair__name")],
        }
    )


def _chair(session: TreatmentSession) -> dict[str, Any]:
    patient = session.patient
    assert session.chair is not None  # the query asks for it
    return {
        "session": str(session.pk),
        "chair": session.chair.name,
        "initials": patient.initials,
        "number": patient.number,
        "born": birth_day(patient.birth_date),
        "drug": str(DRUG_DISPLAY[session.drug]),
        "spoken": drug_plain(session.drug),
        "route": session.get_route_display(),
        "dose": mg(session.planned_mg),
        "readingUrl": reverse("care:reading_add", args=[session.pk]),
        "effectUrl": reverse("care:effect_add", args=[session.pk]),
        "noEffects": [code for code in effects.COMMON if not _on_route(code, session.route)],
    }


def _on_route(code: str, route: str) -> bool:
    routes = effects.EFFECTS[code].routes
    return routes is None or route in routes


def _pad_context() -> dict[str, Any]:
    return {
        "signs": [
            {"name": name, "label": FIELDS[name], "range": limits.PLAUSIBLE[name]}
            for name in PAD_SIGNS
        ],
        "effects": [{"code": code, "name": EFFECT_WORDS[code]} for code in effects.COMMON],
        "field_names": _field_names(),
    }


def _field_names() -> str:
    """What each field of an entry is called, as JSON for the outbox's form."""
    shown = [*limits.SIGNS, "taken_at", "grade", "other_text", "note", "reason"]
    shown += ["rate_ml_per_hour", "amount_mg", "lot", "amount", "ordered_by", "score"]
    return json.dumps({name: str(FIELDS[name]) for name in shown if name in FIELDS})


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's answer to a stale form, with a mark: what waits on a device fetches a new token."""
    answer = csrf_failure(request, reason=reason)
    answer.headers["X-Afterglow-Refused"] = "csrf"
    return answer
