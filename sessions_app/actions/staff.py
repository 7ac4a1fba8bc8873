"""The people who work at a clinic: adding, changing, leaving, passwords and PINs."""

from __future__ import annotations

import re
import secrets
from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from sessions_app import audit
from sessions_app.access import throttle
from sessions_app.actions import details, record
from sessions_app.actions.receipts import claim
from sessions_app.errors import RuleError, refuse
from sessions_app.models import Clinic, Staff
from sessions_app.roles import Role

STAFF_FIELDS = ("full_name", "initials", "role", "email", "phone")
ROLES = [role.value for role in Role]
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
PIN = re.compile(r"\d{4,6}", re.ASCII)
WORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike


def one_time_password() -> str:
    """About 79 random bits in four groups that can be read aloud, such as "k7pm-x2ra-…"."""
    groups = ("".join(secrets.choice(WORD_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


@transaction.atomic
def add_staff(
    *,
    by: Staff,
    values: dict[str, Any],
    password: str | None = None,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> tuple[Staff, str | None]:
    """Afterwards the person can sign in. `values`: username and STAFF_FIELDS.

    Without a password one is made and returned, once: a repeat returns None in its place.
    """
    frozen_now = clock()
    values = details.stripped(values)
    values["username"] = values["username"].lower()
    claimed = claim(
        write_key, deed=audit.Tag.STAFF_CREATE, by=by, body=values, at=frozen_now, model=Staff
    )
    if claimed.is_repeat:
        return Staff.objects.get(pk=claimed.row_id), None
    details.raise_all(staff_faults(values))
    person = Staff(id=claimed.row_id, clinic_id=by.clinic_id, **values)
    made = None if password is not None else one_time_password()
    person.set_password(made or clean_password(password or "", person, field="password"))
    details.save(person, {}, by=by, at=frozen_now)
    audit.record(audit.Tag.STAFF_CREATE, by=by, at=frozen_now, row=person)
    return person, made


@transaction.atomic
def update_staff(
    *, by: Staff, person: Staff, values: dict[str, Any], clock: record.Clock = record.now
) -> Staff:
    """Afterwards the person has the new STAFF_FIELDS. The last lead stays a lead."""
    frozen_now = clock()
    person = _locked(person)
    values = details.stripped({name: values[name] for name in STAFF_FIELDS if name in values})
    details.raise_all(staff_faults({"username": person.username, **values}, person))
    if values.get("role", person.role) != Role.LEAD and _is_last_lead(person):
        raise refuse("role", "last_lead")
    details.save(person, values, by=by, at=frozen_now)
    audit.record(audit.Tag.STAFF_UPDATE, by=by, at=frozen_now, row=person)
    return person


@transaction.atomic
def leave_staff(*, by: Staff, person: Staff, clock: record.Clock = record.now) -> Staff:
    """Afterwards the person is out: no page and no token works. Their rows stay."""
    frozen_now = clock()
    person = _locked(person)
    if not person.is_active:
        return person
    if _is_last_lead(person):
        raise refuse("person", "last_lead")
    details.save(person, {"is_active": False, "left_at": frozen_now}, by=by, at=frozen_now)
    audit.record(audit.Tag.STAFF_LEAVE, by=by, at=frozen_now, row=person)
    return person


def staff_faults(values: dict[str, Any], person: Staff | None = None) -> list[RuleError]:
    """What is wrong with a person's details; `person` is who they belong to already."""
    faults = details.missing(values, "username", "full_name", "initials", "role")
    faults += details.too_long(Staff, values)
    faults += details.not_a_choice("role", values.get("role"), ROLES)
    username = values.get("username", "")
    if username and not USERNAME.fullmatch(username):
        faults.append(RuleError("username", "username_shape", value=username))
    others = Staff.objects.exclude(pk=person.pk) if person else Staff.objects
    if others.filter(username=username).exists():
        faults.append(RuleError("username", "already_used", value=username))
    return [*faults, *details.not_an_email("email", values.get("email", ""))]


def _locked(person: Staff) -> Staff:
    # The clinic's row first: two leads who leave at once would each see the other stay.
    Clinic.objects.select_for_update().get(pk=person.clinic_id)
    return Staff.objects.select_for_update().get(pk=person.pk)


def _is_last_lead(person: Staff) -> bool:
    leads = Staff.objects.filter(clinic_id=person.clinic_id, role=Role.LEAD, is_active=True)
    return person.role == Role.LEAD and not leads.exclude(pk=person.pk).exists()


@transaction.atomic
def reset_password(
    *,
    by: Staff,
    person: Staff,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> str | None:
    """Afterwards the person signs in with the returned password and is signed out everywhere.

    A repeat of the same post returns None: the password was shown once.
    """
    frozen_now = clock()
    claimed = claim(
        write_key,
        deed=audit.Tag.STAFF_PASSWORD,
        by=by,
        body={"person": person},
        at=frozen_now,
        model=Staff,
    )
    if claimed.is_repeat:
        return None
    person = _locked(person)
    made = one_time_password()
    person.set_password(made)
    details.save_secret(person, "password")
    throttle.cleared(throttle.account_subject(person.username))
    audit.record(audit.Tag.STAFF_PASSWORD, by=by, at=frozen_now, row=person)
    return made


@transaction.atomic
def clear_pin(*, by: Staff, person: Staff, clock: record.Clock = record.now) -> None:
    """Afterwards the person has no PIN and sets a new one on their account page."""
    person = _locked(person)
    person.pin = ""
    details.save_secret(person, "pin")
    throttle.cleared(throttle.pin_subject(person))
    audit.record(audit.Tag.STAFF_PIN, by=by, at=clock(), row=person)


def set_own_password(
    *, by: Staff, password: str, new_password: str, clock: record.Clock = record.now
) -> Staff:
    """Afterwards `by` signs in with the new password. The current one is asked for."""
    confirm_password(person=by, password=password)
    with transaction.atomic():
        person = _locked(by)
        person.set_password(clean_password(new_password, person, field="new_password"))
        details.save_secret(person, "password")
        audit.record(audit.Tag.STAFF_PASSWORD, by=by, at=clock(), row=person)
    return person


def set_own_pin(*, by: Staff, password: str, pin: str, clock: record.Clock = record.now) -> Staff:
    """Afterwards `by` signs entries with this PIN of 4 to 6 digits."""
    confirm_password(person=by, password=password)
    if not PIN.fullmatch(pin):
        raise refuse("pin", "pin_shape")
    with transaction.atomic():
        person = _locked(by)
        person.set_pin(pin)
        details.save_secret(person, "pin")
        throttle.cleared(throttle.pin_subject(person))
        audit.record(audit.Tag.STAFF_PIN, by=by, at=clock(), row=person)
    return person


def clean_password(password: str, person: Staff, *, field: str) -> str:
    """The password if it is long and uncommon enough; else RuleBroken with the reasons."""
    try:
        validate_password(password, person)
    except ValidationError as weak:
        raise refuse(field, "weak_password", limit=" ".join(weak.messages)) from weak
    return password


def confirm_password(*, person: Staff, password: str) -> None:
    """Nothing happens when it is the person's password; else RuleBroken, and the try counts."""
    subject = throttle.account_subject(person.username)
    _refuse_too_many(subject, "password")
    if not person.check_password(password):
        throttle.failed(subject)
        raise refuse("password", "wrong_password")
    throttle.cleared(subject)


def confirm_pin(*, person: Staff, pin: str, field: str = "pin") -> None:
    """Nothing happens when it is the person's PIN; else RuleBroken, and a wrong try counts.

    Call it before the deed's transaction begins: a refused deed takes its writes back, and a
    wrong try has to stay counted (inside a transaction a wrong PIN raises RuntimeError).
    """
    subject = throttle.pin_subject(person)
    _refuse_too_many(subject, field)
    if not person.pin:
        raise refuse(field, "no_pin", value=person.full_name)
    if not person.is_active or not person.check_pin(pin):
        throttle.failed(subject)
        raise refuse(field, "wrong_pin")
    throttle.cleared(subject)


def _refuse_too_many(subject: str, field: str) -> None:
    minutes = throttle.check(subject)
    if minutes:
        raise refuse(field, "too_many_tries", limit=str(minutes))
