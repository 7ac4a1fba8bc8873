"""After five wrong PINs a PIN is no longer enough: who is there signs in with the password."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.access import throttle
from sessions_app.views.attempt import Attempt
from sessions_app.views.gate import StaffRequest

PIN_TRIES = 5


def sign_in_anew(
    request: StaffRequest, done: Attempt, page: str, **arguments: Any
) -> HttpResponse | None:
    """The log-in page, which leads back to `page`, when the PIN was wrong too often; else None."""
    is_pin = done.codes & {"wrong_pin", "too_many_tries"}
    if not is_pin or not throttle.check(throttle.pin_subject(request.user), tries=PIN_TRIES):
        return None
    with transaction.atomic():
        audit.record(audit.Tag.SIGN_OUT, by=request.user)
        logout(request)
    messages.error(request, _("Five wrong PINs. Sign in with your password."))
    back = urlencode({"next": reverse(page, kwargs=arguments)})
    return redirect(f"{reverse('login')}?{back}")
