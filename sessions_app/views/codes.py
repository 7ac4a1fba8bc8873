"""The page where a patient types the code from a card instead of scanning."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from sessions_app.access import throttle
from sessions_app.actions.check_in_links import find_by_code
from sessions_app.forms.codes import CodeForm
from sessions_app.views.gate import FORM, open_to_all
from sessions_app.views.me import enter

# A code has 40 bits and lives for a day. With 10,000 codes alive, 60 guesses a minute on end meet
# one with a chance of about 1 in 1,300 a day.
TRIES, TRIES_WITHIN = 10, timedelta(minutes=10)
TRIES_IN_ALL, IN_ALL_WITHIN = 60, timedelta(minutes=1)
EVERYBODY = "codes:all"


@sensitive_post_parameters("code")
@open_to_all(FORM)
def code(request: HttpRequest) -> HttpResponse:
    """A right code is answered like its link; every wrong one alike, and at last with a wait.

    The wait comes before the look-up: while it lasts, a right code is no hit either.
    """
    if request.method != "POST":
        return _page(request, CodeForm())
    form = CodeForm(request.POST)
    if not request.POST.get("code", "").strip():
        form.is_valid()
        return _page(request, form, 422)
    here = throttle.address_subject(request, "codes")
    minutes = max(
        throttle.check(here, tries=TRIES, window=TRIES_WITHIN),
        throttle.check(EVERYBODY, tries=TRIES_IN_ALL, window=IN_ALL_WITHIN),
    )
    if minutes:
        form.add_error("code", _("Too many tries. Wait a few minutes, then type it again."))
        answer = _page(request, form, 429)
        answer.headers["Retry-After"] = str(minutes * 60)
        return answer
    link = find_by_code(form.cleaned_data["code"]) if form.is_valid() else None
    if link is not None:
        return enter(link)
    throttle.failed(here)
    throttle.failed(EVERYBODY)
    form.errors.pop("code", None)
    wrong = _("This code does not work. Check it, or ask your clinic for a new one.")
    form.add_error("code", wrong)
    return _page(request, form, 422)


def _page(request: HttpRequest, form: CodeForm, status: int = 200) -> HttpResponse:
    return render(request, "me/code.html", {"form": form}, status=status)
