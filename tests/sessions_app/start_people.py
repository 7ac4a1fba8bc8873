"""What the tests of the start gate share: a start where all is well, and what refuses one."""

from __future__ import annotations

from typing import Any

import pytest

from sessions_app.actions.starting import start_session
from sessions_app.errors import RuleBroken
from sessions_app.models import Chair, Prescription, Staff, TreatmentSession
from tests.conftest import PIN, START
from tests.sessions_app.chairside_people import WELL, at, codes, gate

VITALS = {"systolic": 124, "diastolic": 78, "heart_rate": 70, "spo2": 98, "moaas": 5}


def gate_body(
    prescription: Prescription, chair_id: object, second: Staff, pin: str = PIN
) -> dict[str, Any]:
    """The same at the API's door: what is posted when all is well."""
    return {
        "prescription": str(prescription.pk),
        "chair": str(chair_id),
        "second_person": str(second.pk),
        "second_pin": pin,
        "weight_kg": "72.4",
        "answers": WELL,
        "vitals": VITALS,
    }


@pytest.fixture
def begin(nia: Staff, tom: Staff, chair: Chair, prescription: Prescription) -> Any:
    def start(**changes: Any) -> TreatmentSession:
        facts: dict[str, Any] = {
            "by": nia,
            "prescription": prescription,
            "chair": chair,
            "gate": gate(),
            "second_person": tom,
            "second_pin": PIN,
            "write_key": None,
            "clock": at(0),
        }
        return start_session(**facts | changes)

    return start


def refusal(begin: Any, **changes: Any) -> set[tuple[str, str]]:
    """Field and code of each rule that the start broke; nothing was begun."""
    with pytest.raises(RuleBroken) as refused:
        begin(**changes)
    assert not TreatmentSession.objects.filter(opened_at__gte=START).exists()
    return codes(refused.value)
