"""Who works at the clinic: the lead adds, changes, resets and says goodbye."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions import staff as deeds
from sessions_app.forms.clinic import ConfirmForm, NewStaffForm, StaffForm
from sessions_app.models import Staff
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, WRITE, StaffRequest, page_for


@page_for(Deed.MANAGE_STAFF, READ)
def staff_list(request: StaffRequest) -> HttpResponse:
    """Everybody who works here, and who has left."""
    people = visible_to(request.user, Staff, Deed.MANAGE_STAFF)
    audit.record(audit.Tag.LIST_LOOK, by=request.user)
    context = {"people": people.filter(is_active=True), "left": people.filter(is_active=False)}
    return render(request, "clinic/staff.html", context)


@page_for(Deed.MANAGE_STAFF, FORM)
def staff_add(request: StaffRequest) -> HttpResponse:
    """Add somebody; the answer shows their first password, once."""
    title = _("Add a member of staff")
    if request.method != "POST":
        return _form_page(request, NewStaffForm(), title)
    form = NewStaffForm(request.POST)
    tried = attempt(
        form,
        lambda: deeds.add_staff(
            by=request.user, values=form.values(), write_key=form.cleaned_data["write_key"]
        ),
    )
    if not tried.is_done:
        return _form_page(request, form, title, status=tried.status)
    person, password = tried.row
    return _password_page(request, person, password)


@page_for(Deed.MANAGE_STAFF, FORM)
def staff_edit(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Change name, initials, role, e-mail or phone; reset the password or the PIN; leave."""
    person = load(Staff, request.user, staff_id, Deed.MANAGE_STAFF)
    if request.method == "POST":
        form = StaffForm(request.POST)
        tried = attempt(
            form,
            lambda: deeds.update_staff(by=request.user, person=person, values=form.values()),
        )
        if tried.is_done:
            messages.success(request, _("%(name)s is saved.") % {"name": tried.row.full_name})
            return redirect("clinic:staff")
        return _edit_page(request, person, form, status=tried.status)
    initial = {name: getattr(person, name) for name in deeds.STAFF_FIELDS}
    return _edit_page(request, person, StaffForm(initial=initial))


@page_for(Deed.MANAGE_STAFF, WRITE)
def staff_password(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """A new password, shown in this answer and never again."""
    person = load(Staff, request.user, staff_id, Deed.MANAGE_STAFF, is_active=True)
    form = ConfirmForm(request.POST)
    tried = attempt(
        form,
        lambda: deeds.reset_password(
            by=request.user, person=person, write_key=form.cleaned_data["write_key"]
        ),
    )
    if not tried.is_done:
        return redirect("clinic:staff_edit", staff_id=person.pk)
    return _password_page(request, person, tried.row)


@page_for(Deed.MANAGE_STAFF, WRITE)
def staff_pin(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Take the PIN away; the person sets a new one."""
    person = load(Staff, request.user, staff_id, Deed.MANAGE_STAFF, is_active=True)
    deeds.clear_pin(by=request.user, person=person)
    text = _("The PIN of %(name)s is removed. They set a new one on their account page.")
    messages.success(request, text % {"name": person.full_name})
    return redirect("clinic:staff_edit", staff_id=person.pk)


@page_for(Deed.MANAGE_STAFF, FORM)
def staff_leave(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Ask, then shut the person out. What they recorded stays under their name."""
    person = load(Staff, request.user, staff_id, Deed.MANAGE_STAFF, is_active=True)
    form = ConfirmForm()
    status = 200
    if request.method == "POST":
        form = ConfirmForm(request.POST)
        tried = attempt(form, lambda: deeds.leave_staff(by=request.user, person=person))
        if tried.is_done:
            text = _("%(name)s has left and can no longer sign in.")
            messages.success(request, text % {"name": person.full_name})
            return redirect("clinic:staff")
        status = tried.status
    context = {
        "form": form,
        "title": _("%(name)s leaves the clinic?") % {"name": person.full_name},
        "text": _(
            "They are signed out at once, on every device and with every token. "
            "What they recorded stays under their name."
        ),
        "button": _("Yes, they leave"),
        "back": "clinic:staff",
        "danger": True,
    }
    return render(request, "clinic/confirm.html", context, status=status)


def _form_page(
    request: StaffRequest, form: StaffForm, title: str, status: int = 200
) -> HttpResponse:
    context = {"form": form, "title": title, "back": "clinic:staff"}
    return render(request, "clinic/form.html", context, status=status)


def _edit_page(
    request: StaffRequest, person: Staff, form: StaffForm, status: int = 200
) -> HttpResponse:
    context = {"form": form, "person": person, "confirm": ConfirmForm(auto_id=False)}
    return render(request, "clinic/staff_edit.html", context, status=status)


def _password_page(request: StaffRequest, person: Staff, password: str | None) -> HttpResponse:
    context = {"person": person, "password": password}
    return render(request, "clinic/password.html", context)
