"""The rows that a benchmark stands on, and log-ins that were made beforehand.

    python -m benchmarks.seeds ours|bare CHAIRS

makes the tables and the rows in the environment's database and prints JSON: see `Seeds`.
All people are invented.
"""

from __future__ import annotations

import json
import os
import random
import sys
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import django

PHYSICIANS = 5


@dataclass
class Seeds:
    """`nurses` and `physicians` are session cookies; `sessions` are the keys of running sessions,
    one for each chair, `patients` who sits there.
    """

    nurses: list[str]
    physicians: list[str]
    sessions: list[str]
    patients: list[str]


def ours(chairs: int) -> Seeds:
    """A clinic with every chair taken by an infusion that began half an hour ago."""
    from django.core.management import call_command
    from django.utils import timezone

    from sessions_app.models import Chair
    from sessions_app.roles import Role
    from tests import conftest as people

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    clinic = people.make_clinic("Northside", "UTC")
    nurses = [
        people.make_staff(clinic, f"nurse{n}", f"Nia Adeyemi{n}", Role.NURSE) for n in range(8)
    ]
    physicians = [
        people.make_staff(clinic, f"dr{n}", f"Asha Patel{n}", Role.PHYSICIAN)
        for n in range(PHYSICIANS)
    ]
    began = timezone.now() - timedelta(minutes=30)
    sessions, patients = [], []
    for n in range(chairs):
        chair = Chair.objects.create(clinic=clinic, name=str(n + 1), position=n + 1)
        course = people.make_course(people.make_patient(clinic, f"N-{n}", *name(n)))
        order = people.make_prescription(course, physicians[0])
        session = people.make_session(course, nurses[0], began, chair=chair, prescription=order)
        _first_half_hour(session, nurses[0], began)
        sessions.append(str(session.pk))
        patients.append(str(course.patient_id))
    return Seeds(
        [cookie(one) for one in nurses],
        [cookie(one) for one in physicians],
        sessions,
        patients,
    )


def _first_half_hour(session: Any, nurse: Any, began: datetime) -> None:
    """A reading before the dose and four after it, and two side effects, one still open."""
    from sessions_app.models import SideEffect, SideEffectChange, VitalReading
    from sessions_app.rules.effects import EFFECTS

    def facts(minute: int) -> dict[str, Any]:
        at = began + timedelta(minutes=minute)
        return {
            "clinic_id": session.clinic_id,
            "recorded_by": nurse,
            "taken_at": at,
            "recorded_at": at,
        }

    def signs() -> dict[str, int]:
        return {
            "systolic": random.randint(112, 150),
            "diastolic": random.randint(68, 90),
            "heart_rate": random.randint(58, 96),
            "spo2": random.randint(95, 100),
            "moaas": 5,
        }

    for minute in (-3, 5, 10, 15, 20):
        VitalReading.objects.create(session=session, **facts(minute), **signs())
    for code in random.sample(sorted(EFFECTS), 2):
        grade = random.choice(["mild", "moderate"])
        effect = SideEffect.objects.create(session=session, code=code, grade=grade, **facts(8))
    SideEffectChange.objects.create(effect=effect, kind="resolved", **facts(18))


def bare(chairs: int) -> Seeds:
    """The yardstick's tables, one person, and as many sessions."""
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from benchmarks.bare.models import Session

    call_command("migrate", run_syncdb=True, verbosity=0)
    nurse = User.objects.create(username="nurse")
    sessions = [Session.objects.create(label=str(n)) for n in range(chairs)]
    return Seeds([cookie(nurse)], [], [str(session.pk) for session in sessions], [])


def name(number: int) -> tuple[str, str]:
    """An invented name, with initials that few others have."""
    given, family = divmod(number, 26)
    return f"{chr(65 + given % 26)}na", f"{chr(65 + family)}ale"


def cookie(person: object) -> str:
    """The session cookie of somebody who has just signed in."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def main() -> None:
    which, chairs = sys.argv[1], int(sys.argv[2])
    settings = "config.settings" if which == "ours" else "benchmarks.bare.settings"
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    django.setup()
    print(json.dumps(asdict({"ours": ours, "bare": bare}[which](chairs))))


if __name__ == "__main__":
    main()
