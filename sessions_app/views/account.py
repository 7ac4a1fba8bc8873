"""Sign in, sign out, one's own password and PIN."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters

from sessions_app import audit, tablet, throttle
from sessions_app.actions import staff
from sessions_app.context import HOMES
from sessions_app.forms.account import PasswordForm, PinForm, SignInForm
from sessions_app.models import Staff
from sessions_app.roles import Deed, Role
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, WRITE, StaffRequest, open_to_all, page_for


@open_to_all(READ)
def home(request: HttpRequest) -> HttpResponse:
    """The place where this person's work begins; the log-in page for everybody else."""
    if not isinstance(request.user, Staff):
        return redirect("login")
    return redirect(HOMES[Role(request.user.role)])


@sensitive_post_parameters("password")
@open_to_all(FORM)
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who is there. The answer is the same for an unknown name and a wrong password."""
    if request.method != "POST":
        if isinstance(request.user, Staff):
            return redirect("home")
        return _sign_in_page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _sign_in_page(request, form, status=422)
    username = form.cleaned_data["username"].strip().lower()
    subjects = [throttle.account_subject(username), throttle.address_subject(request)]
    minutes = max(throttle.check(subject) for subject in subjects)
    if minutes:
        form.add_error(None, _wait_text(minutes))
        answer = _sign_in_page(request, form, status=429)
        answer.headers["Retry-After"] = str(minutes * 60)
        return answer
    # An unknown name costs one password hash too, so time tells nobody who works here.
    person = authenticate(request, username=username, password=form.cleaned_data["password"])
    if person is None:
        for subject in subjects:
            throttle.failed(subject)
        form.add_error(None, _("The user name or the password is not right. Enter both again."))
        return _sign_in_page(request, form, status=422)
    throttle.cleared(subjects[0])
    _begin(request, person)
    return redirect(_next_page(request))


def _begin(request: HttpRequest, person: Staff) -> None:
    person.skip_history_when_saving = True  # type: ignore[attr-defined]
    with transaction.atomic():
        login(request, person)
        audit.record(audit.Tag.SIGN_IN, by=person)
    throttle.cleared(throttle.pin_subject(person))


def _wait_text(minutes: int) -> str:
    return ngettext(
        "Too many wrong tries. Wait %(minutes)s minute, then try again.",
        "Too many wrong tries. Wait %(minutes)s minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}


def _next_page(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    here = {request.get_host()}
    if url_has_allowed_host_and_scheme(wanted, here, require_https=request.is_secure()):
        return wanted
    return resolve_url("home")


def _sign_in_page(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    next_page = request.POST.get("next", request.GET.get("next", ""))
    context = {"form": form, "next_page": next_page}
    return render(request, "account/login.html", context, status=status)


@open_to_all(WRITE)
def sign_out(request: HttpRequest) -> HttpResponse:
    """Afterwards nobody is signed in on this device."""
    if isinstance(request.user, Staff):
        with transaction.atomic():
            audit.record(audit.Tag.SIGN_OUT, by=request.user)
            logout(request)
    return redirect("login")


@page_for(Deed.OWN_ACCOUNT, WRITE)
def this_tablet(request: StaffRequest) -> HttpResponse:
    """Keep how this tablet is used: colours, hand, sound, names, keys. Nothing is recorded."""
    answer = redirect(_next_page(request))
    chosen = tablet.chosen({name: request.POST.get(name, "") for name in tablet.CHOICES})
    tablet.remember(answer, chosen, secure=request.is_secure())
    return answer


@page_for(Deed.OWN_ACCOUNT, READ)
def account(request: StaffRequest) -> HttpResponse:
    """Who I am here, and my password and PIN."""
    return _account_page(request)


@sensitive_post_parameters()
@page_for(Deed.OWN_ACCOUNT, WRITE)
def change_password(request: StaffRequest) -> HttpResponse:
    """Set a new password. This device stays signed in, every other one is signed out."""
    form = PasswordForm(request.POST, auto_id="id_password_%s")
    tried = attempt(
        form,
        lambda: staff.set_own_password(
            by=request.user,
            password=form.cleaned_data["password"],
            new_password=form.cleaned_data["new_password"],
        ),
    )
    if not tried.is_done:
        return _account_page(request, password_form=form, status=tried.status)
    update_session_auth_hash(request, tried.row)
    messages.success(request, _("Your password is changed. Other devices are signed out."))
    return redirect("account")


@sensitive_post_parameters()
@page_for(Deed.OWN_ACCOUNT, WRITE)
def change_pin(request: StaffRequest) -> HttpResponse:
    """Set a new PIN."""
    form = PinForm(request.POST, auto_id="id_pin_%s")
    tried = attempt(
        form,
        lambda: staff.set_own_pin(
            by=request.user,
            password=form.cleaned_data["password"],
            pin=form.cleaned_data["pin"],
        ),
    )
    if not tried.is_done:
        return _account_page(request, pin_form=form, status=tried.status)
    messages.success(request, _("Your PIN is set."))
    return redirect("account")


def _account_page(
    request: StaffRequest,
    *,
    password_form: PasswordForm | None = None,
    pin_form: PinForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": password_form or pin_form,
        "password_form": password_form or PasswordForm(auto_id="id_password_%s"),
        "pin_form": pin_form or PinForm(auto_id="id_pin_%s"),
    }
    return render(request, "account/account.html", context, status=status)
