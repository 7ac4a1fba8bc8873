"""What was recorded elsewhere says so on every page and in the API, and is in no chair."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.models import Chair, Staff, TreatmentCourse, TreatmentSession
from tests.conftest import make_session
from tests.posting import said


@pytest.fixture
def imported(course: TreatmentCourse, nia: Staff) -> TreatmentSession:
    return make_session(
        course,
        nia,
        origin="import",
        external_id="S1",
        planned_mg=None,
        infusion_minutes=None,
        documented_dose_mg=Decimal("40.00"),
    )


@pytest.mark.usefixtures("at_chair")
def test_every_page_of_an_imported_session_says_so(
    as_nia: Client, imported: TreatmentSession
) -> None:
    names = ["session", "session_table", "session_print", "amend"]
    pages = [reverse(f"care:{name}", args=[imported.pk]) for name in names]
    pages += [
        reverse(f"review:{name}", args=[imported.patient_id])
        for name in ("timeline", "timeline_table")
    ]
    silent = [page for page in pages if "imported" not in said(as_nia.get(page)).lower()]
    assert silent == []


@pytest.mark.usefixtures("at_chair")
def test_the_api_gives_the_origin_in_the_list_and_in_the_session(
    as_nia: Client, imported: TreatmentSession
) -> None:
    [listed] = as_nia.get("/api/v1/sessions/").json()["results"]
    assert listed["origin"] == "import"
    assert as_nia.get(f"/api/v1/sessions/{imported.pk}/").json()["origin"] == "import"


@pytest.mark.usefixtures("at_chair")
def test_the_board_shows_no_imported_session(
    as_nia: Client, imported: TreatmentSession, chair: Chair
) -> None:
    TreatmentSession.objects.filter(pk=imported.pk).update(chair=chair)
    assert reverse("care:session", args=[imported.pk]) not in said(as_nia.get("/chairs/"))
