"""The two invented clinics: who works there, their chairs and help lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sessions_app.actions.clinic import (
    create_clinic,
    mark_help_line_tested,
    save_chair,
    save_help_line,
    update_clinic,
)
from sessions_app.actions.protocols import change_alert_limits, change_protocol
from sessions_app.actions.staff import STAFF_FIELDS, add_staff, set_own_pin, update_staff
from sessions_app.models import Chair, Clinic, Staff
from sessions_app.rules.guard_rails import thresholds
from sessions_app.rules.limits import DEFAULT_ALERTS, LIMITS_VERSION
from sessions_app.rules.protocols import PROTOCOL_VERSION, SHIPPED

PASSWORD = "afterglow-demo-2026"
PIN = "2580"
# Said to the patient in the demo, so that nobody ever dials one of these in need.
NOT_REAL = "not a real number"


@dataclass(frozen=True)
class ClinicSpec:
    """One clinic to build. `suffix` keeps user names apart: nurse at the first, nurse-bay next."""

    name: str
    time_zone: str
    suffix: str
    share: float
    first_number: int
    chairs: int


SPECS = (
    ClinicSpec("Northlight Clinic (demo)", "Europe/Berlin", "", 0.75, 1001, 6),
    ClinicSpec("Harbour Bay Clinic (demo)", "America/New_York", "-bay", 0.25, 3001, 3),
)
PEOPLE = (
    ("nurse", "Tilda Okafor", "nurse"),
    ("nurse2", "Jonas Riedel", "nurse"),
    ("physician", "Dr Livia Marchetti", "physician"),
    ("researcher", "Remy Laurent", "researcher"),
)


@dataclass
class Team:
    """A built clinic and the people whose names stand under the record."""

    clinic: Clinic
    lead: Staff
    nurse: Staff
    second: Staff
    physician: Staff
    chairs: list[Chair]


def found_clinic(spec: ClinicSpec, opened: datetime) -> Team:
    """Afterwards the clinic could treat its first patient, as of `opened`."""

    def clock() -> datetime:
        return opened

    clinic, lead = create_clinic(
        name=spec.name,
        time_zone=spec.time_zone,
        lead_username=f"lead{spec.suffix}",
        lead_name="Lena Brandt",
        password=PASSWORD,
        phone="+1 555 0100",
        is_demo=True,
        clock=clock,
    )
    set_own_pin(by=lead, password=PASSWORD, pin=PIN, clock=clock)
    staff = {}
    for last, (username, full_name, role) in enumerate(PEOPLE, start=2):
        initials = "".join(part[0] for part in full_name.removeprefix("Dr ").split())
        values = {
            "username": f"{username}{spec.suffix}",
            "full_name": full_name,
            "initials": initials,
            "role": role,
            "email": "",
            "phone": f"+1 555 017{last}",
        }
        person, _ = add_staff(by=lead, values=values, password=PASSWORD, clock=clock)
        staff[username] = set_own_pin(by=person, password=PASSWORD, pin=PIN, clock=clock)
    chairs = [
        save_chair(by=lead, name=str(number), position=number, clock=clock)
        for number in range(1, spec.chairs + 1)
    ]
    for kind, label, number, hours in (
        ("emergency", f"Emergency ({NOT_REAL})", "555-0911", "day and night"),
        ("crisis", f"Crisis line ({NOT_REAL})", "555-0988", "day and night"),
        ("clinic", f"{spec.name} ({NOT_REAL})", "555-0100", "Monday to Friday, 8 to 17"),
    ):
        values = {
            "kind": kind,
            "language": "en",
            "label": label[:80],
            "number": number,
            "hours": hours,
        }
        line = save_help_line(by=lead, values=values, clock=clock)
        mark_help_line_tested(by=lead, line=line, number=line.number, clock=clock)
    reached = {name: getattr(lead, name) for name in STAFF_FIELDS} | {"phone": "+1 555 0171"}
    lead = update_staff(by=lead, person=lead, values=reached, clock=clock)
    desk = {"desk_phone": "+1 555 0170"}
    clinic = update_clinic(by=lead, clinic=clinic, values=desk, clock=clock)
    if not spec.suffix:
        _own_settings(lead, opened)
    return Team(clinic, lead, staff["nurse"], staff["nurse2"], staff["physician"], chairs)


def _own_settings(lead: Staff, opened: datetime) -> None:
    """What the first clinic does its own way, so that the lead's history has something to tell."""

    def an_hour_later() -> datetime:
        return opened + timedelta(hours=1)

    change_protocol(
        by=lead,
        protocol=replace(SHIPPED["intranasal"], bp_retry_min=15, start_systolic=145),
        reason="Our physicians start up to 145 systolic, after 15 quiet minutes",
        seen_version=PROTOCOL_VERSION,
        write_key=None,
        clock=an_hour_later,
    )
    change_alert_limits(
        by=lead,
        values=thresholds(DEFAULT_ALERTS) | {"heart_rate_low_both_medium": 45},
        reason="Many of our patients take a beta blocker; a pulse of 48 is theirs",
        seen_version=LIMITS_VERSION,
        write_key=None,
        clock=an_hour_later,
    )


def team_of(spec: ClinicSpec) -> Team:
    """The clinic as an earlier run built it, whatever a visitor calls it by now."""

    def person(username: str) -> Staff:
        return Staff.objects.select_related("clinic").get(username=f"{username}{spec.suffix}")

    lead = person("lead")
    return Team(
        lead.clinic,
        lead,
        person("nurse"),
        person("nurse2"),
        person("physician"),
        list(Chair.objects.filter(clinic=lead.clinic, is_active=True)),
    )


def is_founded(spec: ClinicSpec) -> bool:
    return Staff.objects.filter(username=f"lead{spec.suffix}").exists()
