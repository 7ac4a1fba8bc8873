"""The clinic itself: its details, its first lead, its chairs and its help lines."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import details, record
from sessions_app.actions.receipts import claim
from sessions_app.actions.staff import clean_password, staff_faults
from sessions_app.errors import RuleError, refuse
from sessions_app.models import Chair, Clinic, HelpLine, Staff, TreatmentSession
from sessions_app.roles import Role
from sessions_app.rules.dissociation import SCALES

CLINIC_FIELDS = (
    "name",
    "time_zone",
    "language",
    "phone",
    "opens_at",
    "closes_at",
    "open_days",
    "quiet_from",
    "quiet_until",
    "desk_phone",
    "desk_email",
    "dissociation_scale",
)
HELP_LINE_FIELDS = ("kind", "language", "label", "number", "hours", "position")
HELP_LINE_KINDS = [code for code, _ in HelpLine.KINDS]
WEEKDAYS = "1234567"


@transaction.atomic
def create_clinic(
    *,
    name: str,
    time_zone: str,
    lead_username: str,
    lead_name: str,
    password: str,
    language: str = "en",
    phone: str = "",
    is_demo: bool = False,
    clock: record.Clock = record.now,
) -> tuple[Clinic, Staff]:
    """Afterwards the clinic stands with one lead, who can sign in and add everybody else."""
    frozen_now = clock()
    values = details.stripped(
        {"name": name, "time_zone": time_zone, "language": language, "phone": phone}
    )
    clinic = Clinic(**values, is_demo=is_demo)
    person = {
        "username": lead_username.strip().lower(),
        "full_name": lead_name.strip(),
        "initials": initials_of(lead_name),
        "role": Role.LEAD.value,
    }
    details.raise_all(_clinic_faults(clinic, values), staff_faults(person))
    clinic.save()
    lead = Staff(clinic=clinic, **person)
    lead.set_password(clean_password(password, lead, field="password"))
    details.save(lead, {}, by=lead, at=frozen_now)
    audit.record(audit.Tag.CLINIC_CREATE, by=lead, clinic=clinic, at=frozen_now, row=clinic)
    return clinic, lead


def initials_of(full_name: str) -> str:
    """The first letters of the first and the last name: "Dr Asha Patel" gives "AP"."""
    names = [part for part in full_name.split() if part.rstrip(".").lower() not in {"dr", "prof"}]
    ends = names[:1] + names[1:][-1:]
    return "".join(part[0].upper() for part in ends)


@transaction.atomic
def update_clinic(
    *, by: Staff, clinic: Clinic, values: dict[str, Any], clock: record.Clock = record.now
) -> Clinic:
    """Afterwards the clinic has the new details. `values` holds some of CLINIC_FIELDS."""
    clinic = Clinic.objects.select_for_update().get(pk=clinic.pk)
    values = details.stripped({name: values[name] for name in CLINIC_FIELDS if name in values})
    details.raise_all(_clinic_faults(clinic, values))
    for name, value in values.items():
        setattr(clinic, name, value)
    clinic.save()
    audit.record(audit.Tag.CLINIC_UPDATE, by=by, at=clock(), row=clinic)
    return clinic


def _clinic_faults(clinic: Clinic, values: dict[str, Any]) -> list[RuleError]:
    faults = details.missing(values, *(name for name in ("name", "time_zone") if name in values))
    faults += details.too_long(Clinic, values)
    faults += details.unknown_zone(values.get("time_zone", ""))
    faults += details.unknown_language(values.get("language", ""))
    if Clinic.objects.filter(name=values.get("name")).exclude(pk=clinic.pk).exists():
        faults.append(RuleError("name", "already_used", value=values["name"]))
    opens, closes = values.get("opens_at"), values.get("closes_at")
    if opens is not None and closes is not None and closes <= opens:
        faults.append(RuleError("closes_at", "not_after", f"{opens:%H:%M}", f"{closes:%H:%M}"))
    faults += details.not_an_email("desk_email", values.get("desk_email", ""))
    if not set(values.get("open_days", "")) <= set(WEEKDAYS):
        faults.append(RuleError("open_days", "unknown_choice", WEEKDAYS, values["open_days"]))
    scale = values.get("dissociation_scale", clinic.dissociation_scale)
    if scale not in SCALES:
        faults.append(RuleError("dissociation_scale", "unknown_choice", ", ".join(SCALES), scale))
    return faults


@transaction.atomic
def save_chair(
    *,
    by: Staff,
    name: str,
    position: int,
    is_active: bool = True,
    chair: Chair | None = None,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> Chair:
    """Afterwards the chair stands with this name and place; without `chair` it is a new one.

    A chair goes out of use only when no session runs in it.
    """
    frozen_now = clock()
    body = {"chair": chair, "name": name, "position": position, "is_active": is_active}
    claimed = claim(
        write_key, deed=audit.Tag.CHAIR_SAVE, by=by, body=body, at=frozen_now, model=Chair
    )
    if claimed.is_repeat:
        return chair or Chair.objects.get(pk=claimed.row_id)
    values = {"name": name.strip(), "position": position, "is_active": is_active}
    row = chair or Chair(id=claimed.row_id, clinic_id=by.clinic_id)
    details.raise_all(_chair_faults(row, values))
    for field, value in values.items():
        setattr(row, field, value)
    row.save()
    audit.record(audit.Tag.CHAIR_SAVE, by=by, at=frozen_now, row=row)
    return row


def _chair_faults(chair: Chair, values: dict[str, Any]) -> list[RuleError]:
    faults = details.missing(values, "name", "position") + details.too_long(Chair, values)
    if values["position"] is not None and not 1 <= values["position"] <= 999:
        faults.append(RuleError("position", "implausible_high", "1–999", values["position"]))
    others = Chair.objects.filter(clinic_id=chair.clinic_id).exclude(pk=chair.pk)
    if others.filter(name=values["name"]).exists():
        faults.append(RuleError("name", "already_used", value=values["name"]))
    running = TreatmentSession.objects.open().filter(chair_id=chair.pk)
    if not values["is_active"] and running.exists():
        faults.append(RuleError("is_active", "chair_in_use", value=chair.name))
    return faults


@transaction.atomic
def save_help_line(
    *,
    by: Staff,
    values: dict[str, Any],
    line: HelpLine | None = None,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> HelpLine:
    """Afterwards the line stands with these values (HELP_LINE_FIELDS). A new number has not
    been tested: patients see the line only after somebody called it.
    """
    frozen_now = clock()
    claimed = claim(
        write_key,
        deed=audit.Tag.HELP_LINE_SAVE,
        by=by,
        body={**values, "line": line},
        at=frozen_now,
        model=HelpLine,
    )
    if claimed.is_repeat:
        return line or HelpLine.objects.get(pk=claimed.row_id)
    row = line or HelpLine(id=claimed.row_id, clinic_id=by.clinic_id)
    values = details.stripped({name: values[name] for name in HELP_LINE_FIELDS if name in values})
    details.raise_all(
        details.missing(values, "kind", "language", "label", "number", "hours"),
        details.too_long(HelpLine, values),
        details.not_a_choice("kind", values.get("kind"), HELP_LINE_KINDS),
        details.unknown_language(values.get("language", "")),
    )
    if row.number != values["number"]:
        values |= {"tested_at": None, "tested_by": None}
    details.save(row, values, by=by, at=frozen_now)
    audit.record(audit.Tag.HELP_LINE_SAVE, by=by, at=frozen_now, row=row)
    return row


@transaction.atomic
def mark_help_line_tested(
    *, by: Staff, line: HelpLine, number: str, clock: record.Clock = record.now
) -> HelpLine:
    """Afterwards the line says that `by` called `number` just now and it works.

    `number` is what the person read while calling: somebody may have changed it since.
    """
    frozen_now = clock()
    line = HelpLine.objects.select_for_update().get(pk=line.pk)
    if line.retired_at is not None:
        raise refuse("number", "line_retired", record.clock_text(line.retired_at))
    if line.number != number:
        raise refuse("number", "number_changed", line.number, number)
    details.save(line, {"tested_at": frozen_now, "tested_by": by}, by=by, at=frozen_now)
    audit.record(audit.Tag.HELP_LINE_TEST, by=by, at=frozen_now, row=line)
    return line


@transaction.atomic
def retire_help_line(*, by: Staff, line: HelpLine, clock: record.Clock = record.now) -> HelpLine:
    """Afterwards no patient sees the line. A second time changes nothing."""
    frozen_now = clock()
    line = HelpLine.objects.select_for_update().get(pk=line.pk)
    if line.retired_at is None:
        details.save(line, {"retired_at": frozen_now}, by=by, at=frozen_now)
        audit.record(audit.Tag.HELP_LINE_SAVE, by=by, at=frozen_now, row=line)
    return line
