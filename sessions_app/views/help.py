"""Help now: for everybody, without signing in, and at once when an answer asks for it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from sessions_app.alerting.rota import is_somebody_told
from sessions_app.checkins import check_in_cookie
from sessions_app.checkins.check_in_questions import urgency_of
from sessions_app.checkins.check_in_steps import Step
from sessions_app.help_lines import in_order, lines_to_call, opening_hours
from sessions_app.models import CheckInLink, CheckInRequest, ItemAnswer
from sessions_app.views.gate import READ, open_to_all


@open_to_all(READ)
def help_now(request: HttpRequest) -> HttpResponse:
    """Whom to call: the clinic's numbers when the cookie names it. No number is invented."""
    named = check_in_cookie.link_id(request)
    links = CheckInLink.objects.select_related("request__patient", "clinic")
    found = links.filter(pk=named).first() if named else None
    if found is None:
        return render(request, "me/help.html", {"lines": []})
    patient = found.request.patient
    with translation.override(patient.language), timezone.override(patient.time_zone):
        context = {
            "lines": in_order(lines_to_call(found.clinic, patient.language), "act", is_open=True),
            "hours": opening_hours(found.clinic, timezone.now()),
        }
        return render(request, "me/help.html", context)


def risk_help(
    request: HttpRequest, asked: CheckInRequest, step: Step, answer: ItemAnswer, *, onward: str
) -> HttpResponse:
    """The answer to a dangerous answer: whom to call, in the order of its urgency, and what is
    true. `onward` is where "I am safe for now" leads.
    """
    now = timezone.now()
    hours = opening_hours(asked.clinic, now)
    urgency = urgency_of(step, answer.value)
    is_high = any(flag.level == "high" for flag in step.flags(answer.value))
    lines = lines_to_call(asked.clinic, asked.patient.language)
    context = {
        "urgency": urgency,
        "at": now,
        "onward": onward,
        "hours": hours,
        "is_told": is_high and not hours.is_open and is_somebody_told(asked.clinic, now),
        "lines": in_order(lines, urgency, is_open=hours.is_open),
        "phone_end": _last_digits(asked.patient.phone),
    }
    return render(request, "me/help_risk.html", context)


def _last_digits(phone: str) -> str:
    digits = "".join(char for char in phone if char.isdigit())
    return digits[-3:] if len(digits) > 5 else ""
