"""The patient stops all messages: a page with one button, from each message and from the end of
a check-in. Opening it changes nothing, because mail scanners open it too.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation

from sessions_app.actions.check_in_links import link_that_stops
from sessions_app.actions.reminders import stop_reminders
from sessions_app.checkins import check_in_cookie
from sessions_app.models import CheckInLink, Patient
from sessions_app.views.gate import FORM, READ, open_to_all
from sessions_app.views.me import missed

COOKIE = "stop"
PURPOSE = "sessions_app.stop"  # a value signed for a check-in stops nothing, and the other way
LIVES = timedelta(hours=1)


@open_to_all(READ)
def open_stop(request: HttpRequest, token: str) -> HttpResponse:
    """A cookie takes the token's place; nothing is stopped by a look."""
    link = link_that_stops(token)
    if link is None:
        return missed(request)
    answer = redirect("me:stop")
    answer.set_cookie(
        COOKIE,
        signing.dumps(str(link.request.patient_id), salt=PURPOSE),
        max_age=LIVES,
        httponly=True,
        samesite="Lax",
        secure=settings.HTTPS,
    )
    return answer


@open_to_all(FORM)
def stop(request: HttpRequest) -> HttpResponse:
    """One tap. Afterwards nothing more is sent, planned or not."""
    patient = _patient(request)
    if patient is None:
        return render(request, "me/closed.html", {}, status=404)
    with translation.override(patient.language):
        if request.method == "POST":
            patient = stop_reminders(by=None, patient=patient)
        context = {"is_stopped": patient.reminders_stopped_at is not None}
        return render(request, "me/stop.html", context)


def _patient(request: HttpRequest) -> Patient | None:
    """Whom this phone's cookies name: the one of a message first, then the check-in's."""
    try:
        named = signing.loads(request.COOKIES.get(COOKIE, ""), salt=PURPOSE, max_age=LIVES)
        return Patient.objects.filter(pk=named).first()
    except signing.BadSignature:
        link: CheckInLink | None = check_in_cookie.living(request)
        return link.request.patient if link else None
