"""What tests of messages stand on: people who can be reached, alerts, and a gateway that counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sessions_app.actions.alerts import raise_alert
from sessions_app.models import Alert, Clinic, Message, OnCallShift, Patient, Staff

PHONES = {"nia": "+49 30 0000001", "patel": "+49 30 0000002", "lena": "+49 30 0000003"}
DESK = "+49 30 0000009"
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2026, 3, 2, 23, 0, tzinfo=BERLIN)


@dataclass
class Gateway:
    """Stands where a gateway would: `faults` are raised in turn, then everything is taken.

    `taken` counts each message that reached it, by key; a repeat under one key reaches nobody.
    `dies_after`: the process ends after it was taken and before the answer.
    """

    faults: list[BaseException] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    dies_after: type[BaseException] | None = None
    when_called: Callable[[], Any] = lambda: None

    def send(self, address: str, subject: str, text: str, *, key: str, timeout: float) -> str:
        self.when_called()
        self.calls.append((key, address, text))
        if self.faults:
            raise self.faults.pop(0)
        self.taken[key] += 1
        if self.dies_after is not None:
            raise self.dies_after
        return f"number-{len(self.calls)}"

    @property
    def addresses(self) -> list[str]:
        return [address for _key, address, _text in self.calls]


def use(gateway: Gateway, monkeypatch: Any) -> Gateway:
    """Afterwards every message goes to this gateway."""
    for module in ("sending", "notifiers"):
        monkeypatch.setattr(f"sessions_app.alerting.{module}.notifier_of", lambda channel: gateway)
    return gateway


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    return use(Gateway(), monkeypatch)


@pytest.fixture
def as_loaded(northside: Clinic) -> None:
    """With times as the database gives them."""
    northside.refresh_from_db()


def reachable(clinic: Clinic, *staff: Staff) -> None:
    """Afterwards the front desk and these people have a phone."""
    clinic.desk_phone = DESK
    clinic.save()
    for person in staff:
        person.phone = PHONES[person.username]
        person.save()


def on_call(person: Staff, start: datetime, hours: float = 24) -> OnCallShift:
    return OnCallShift.objects.create(
        clinic=person.clinic,
        staff=person,
        starts_at=start,
        ends_at=start + timedelta(hours=hours),
    )


def high_alert(patient: Patient, at: datetime, **more: Any) -> Alert:
    return alert(patient, "high", "suicide_item", at, **more)


def alert(patient: Patient, level: str, code: str, at: datetime, **more: Any) -> Alert:
    return raise_alert(
        clinic_id=patient.clinic_id, patient_id=patient.pk, level=level, code=code, at=at, **more
    )


def steps_sent(raised: Alert) -> list[tuple[str, int, str]]:
    """Step, round and address of each call that is known to have been sent."""
    rows = Message.objects.filter(alert=raised, deliveries__kind="sent").order_by("due_at", "id")
    return [(row.step, row.round, row.address) for row in rows]
