"""Help now: for everybody, without signing in, and at once when an answer asks for it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from sessions_app import check_in_cookie
from sessions_app.help_lines import lines_to_call, opening_hours
from sessions_app.models import CheckInLink, CheckInRequest, HelpLine
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
            "lines": in_order(lines_to_call(found.clinic, patient.language), "high", is_open=True),
            "hours": opening_hours(found.clinic, timezone.now()),
        }
        return render(request, "me/help.html", context)


def risk_help(
    request: HttpRequest, asked: CheckInRequest, *, level: str, at: datetime, onward: str
) -> HttpResponse:
    """The answer to a dangerous answer: whom to call, in the order of its level, and what is true.

    `at` is when the clinic's list got it; `onward` is where "I am safe for now" leads.
    """
    hours = opening_hours(asked.clinic, timezone.now())
    lines = lines_to_call(asked.clinic, asked.patient.language)
    context = {
        "level": level,
        "at": at,
        "onward": onward,
        "hours": hours,
        "lines": in_order(lines, level, is_open=hours.is_open),
        "phone_end": _last_digits(asked.patient.phone),
    }
    return render(request, "me/help_risk.html", context)


def in_order(lines: list[HelpLine], level: str, *, is_open: bool) -> list[HelpLine]:
    """High: emergency, crisis line, clinic. Else the clinic if it is open, or the crisis line."""
    kinds = ["emergency", "crisis", "clinic"]
    if level != "high":
        kinds = ["clinic", "crisis", "emergency"] if is_open else ["crisis", "emergency", "clinic"]
    return sorted(lines, key=lambda line: kinds.index(line.kind))


def _last_digits(phone: str) -> str:
    digits = "".join(char for char in phone if char.isdigit())
    return digits[-3:] if len(digits) > 5 else ""
