"""Outcomes by a questionnaire that the clinic loaded: its own scale, direction and recall."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sessions_app.actions.instruments import load_instrument
from sessions_app.models import CheckIn, Clinic, InstrumentScore, Staff
from tests.conftest import START, make_course, make_patient
from tests.reports.invented import infusion
from tests.sessions_app.instruments.own_definition import as_file, sleep

pytestmark = pytest.mark.usefixtures("few_replicates")

PARTS = dict.fromkeys(("items", "texts", "red_flags", "bands", "max_missing", "remission_at_most"))
WELL: dict[str, Any] = {
    "code": "well_now",
    "name": "Wellbeing now",
    "scoring": "score_only",
    "score": {"lowest": 0, "highest": 80},
    "higher_is_better": True,
    "recall_days": 0,
    **PARTS,
}


def load(lena: Staff, **changes: Any) -> None:
    load_instrument(by=lena, content=as_file(sleep(**{**WELL, **changes})), write_key=uuid4())


def answered(northside: Clinic, nia: Staff, version: str) -> None:
    """Ten people from 20 to 60 of 80 within two hours: relief on a scale where higher is better."""
    for k in range(10):
        patient = make_patient(northside, f"P-{version}-{k}", "Wynn", f"Well{k}")
        infusion(make_course(patient), nia, START)
        for hours, value in ((-1, 20), (2, 60), (48, 60)):
            at = START + timedelta(hours=hours)
            check_in = CheckIn.objects.create(
                clinic=northside, patient=patient, origin="staff", started_at=at
            )
            InstrumentScore.objects.create(
                clinic=northside,
                patient=patient,
                check_in=check_in,
                instrument="well_now",
                instrument_version=version,
                taken_at=at,
                score=value,
            )


def test_it_is_chosen_by_name_and_judged_on_its_own_scale(
    as_remy: Client, northside: Clinic, nia: Staff, lena: Staff
) -> None:
    load(lena)
    answered(northside, nia, "clinic-1")
    page = as_remy.get("/outcomes/?instrument=well_now").content.decode()
    assert '<option value="well_now" selected>Wellbeing now</option>' in page
    ours = as_remy.get("/api/v1/outcomes/?instrument=well_now").json()
    facts = ours["parameters"]
    assert (facts["score_max"], facts["higher_is_better"], facts["recall_days"]) == (80, True, 0)
    assert ours["counts"]["response"] == 10
    assert not ours["onset"]["suppressed"]
    load(lena, name="Wellbeing, the same scale")
    assert as_remy.get("/api/v1/outcomes/?instrument=well_now").json()["counts"]["response"] == 10
    load(lena, score={"lowest": 0, "highest": 100})
    again = as_remy.get("/api/v1/outcomes/?instrument=well_now").json()
    assert again["counts"]["response"] == 0, "scores on another scale are not mixed in"


def test_another_clinics_questionnaire_is_no_choice(
    client: Client, lena: Staff, otto: Staff
) -> None:
    load(lena)
    client.force_login(otto)
    assert client.get("/api/v1/outcomes/?instrument=well_now").status_code == 422
    assert "Wellbeing" not in client.get("/outcomes/").content.decode()
