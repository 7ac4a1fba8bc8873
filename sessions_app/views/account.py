"""Sign in, sign out, one's own password and PIN."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters

from sessions_app import audit
from sessions_app.access import device_cookie, log_in, tablet, throttle
from sessions_app.actions import staff
from sessions_app.actions.devices import register_device
from sessions_app.context import HOMES
from sessions_app.forms.account import PasswordForm, PinForm, SignInForm
from sessions_app.models import Staff
from sessions_app.roles import Deed, Role
from sessions_app.views.addresses import next_page
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, WRITE, StaffRequest, open_to_all, page_for

PERSON_HEADER = "X-Afterglow-Person"


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
        if isinstance(request.user, Staff) and not log_in.is_locked(request.session):
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
    token = _begin(request, person)
    if log_in.is_from_a_script(request):
        answer = HttpResponse(status=204, headers={PERSON_HEADER: str(person.pk)})
    else:
        answer = redirect(next_page(request))
    if token:
        device_cookie.remember(answer, token, secure=request.is_secure())
    return answer


def _begin(request: HttpRequest, person: Staff) -> str:
    """Afterwards `person` is signed in. The token of the device, if it was not known before."""
    person.skip_history_when_saving = True  # type: ignore[attr-defined]
    device, token = device_cookie.known(request), ""
    with transaction.atomic():
        if device is None or device.clinic_id != person.clinic_id:
            token = device_cookie.new_token()
            name = device_cookie.name_of(request, timezone.localtime())
            device = register_device(by=person, token=token, name=name)
        log_in.begin(request, person, device.pk)
        audit.record(audit.Tag.SIGN_IN, by=person)
    throttle.cleared(throttle.pin_subject(person))
    return token


def _wait_text(minutes: int) -> str:
    return ngettext(
        "Too many wrong tries. Wait %(minutes)s minute, then try again.",
        "Too many wrong tries. Wait %(minutes)s minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}


def _sign_in_page(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    if log_in.is_from_a_script(request):
        why = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return render(request, "account/_lock_panel.html", {"login_error": why}, status=status)
    wanted = request.POST.get("next", request.GET.get("next", ""))
    context = {"form": form, "next_page": wanted}
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
    answer = redirect(next_page(request))
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
