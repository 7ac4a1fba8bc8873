"""Outcomes: one set of numbers at every door, and none for too few patients."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.test import Client

from reports import frames
from reports.dashboards import OutcomeFilter, outcomes
from reports.exports.csv import COLUMNS, outcomes_csv
from reports.forms.outcomes import OutcomeForm
from sessions_app.models import (
    AuditEvent,
    Clinic,
    InstrumentScore,
    Patient,
    RecordVersion,
    Staff,
    TreatmentSession,
)
from sessions_app.spreadsheet import safe_cell
from tests.conftest import START, make_course, make_patient
from tests.reports.invented import devices, infusion, random_clinic, request, score

pytestmark = pytest.mark.usefixtures("few_replicates")

KM = ("time", "n_risk", "n_event", "n_censor", "surv", "lower", "upper", "median", "rmst", "tau")


@pytest.fixture
def treated(northside: Clinic, nia: Staff) -> list[Patient]:
    """Eleven patients on each of three routes."""
    return random_clinic(northside, nia, patients=33, sessions=3)


def command_result(clinic: Clinic, to: Path) -> dict[str, Any]:
    """What the `relief` command says about the clinic's own rows, written out as its files."""
    sessions = frames.sessions_frame(TreatmentSession.objects.filter(clinic=clinic))
    scores = frames.check_ins_frame(InstrumentScore.objects.filter(clinic=clinic))
    times = {"session_start": sessions["session_start"].map(lambda at: at.isoformat())}
    sessions.assign(**times).to_csv(to / "s.csv", index=False)
    taken = {"taken_at": scores["taken_at"].map(lambda at: at.isoformat())}
    scores.assign(**taken).to_csv(to / "c.csv", index=False)
    files = (str(to / "s.csv"), str(to / "c.csv"))
    call_command("relief", *files, instrument="mood_0_10", json=to / "out.json")
    result: dict[str, Any] = json.loads((to / "out.json").read_text())
    return result


def points(rows: list[dict[str, str]], curve: str, group: str) -> list[tuple[float, float]]:
    chosen = [
        r for r in rows if (r["kind"], r["curve"], r["group"]) == ("right_point", curve, group)
    ]
    return [(float(row["hi_hours"]), float(row["value"])) for row in chosen]


def test_page_json_file_and_command_say_the_same(
    as_remy: Client, northside: Clinic, treated: list[Patient], tmp_path: Path
) -> None:
    theirs = command_result(northside, tmp_path)
    ours = as_remy.get("/api/v1/outcomes/").json()
    page = as_remy.get("/outcomes/").content.decode()
    text = as_remy.get("/outcomes.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))

    assert ours["counts"] == theirs["counts"]
    assert ours["parameters"] == {
        name: value
        for name, value in theirs["parameters"].items()
        if name not in ("tau_hours", "seed")
    }
    for curve in ("onset", "relief"):
        mine, other = ours[curve], theirs[curve]
        assert mine["turnbull"] == other["turnbull"]
        assert mine["midpoint"] == other["midpoint"]
        assert set(mine["groups"]) == set(other["by_route"]["groups"]) == {"iv", "im", "intranasal"}
        pairs = [("all", mine["right"], other["right"])]
        for route, km in other["by_route"]["groups"].items():
            pairs.append((route, mine["groups"][route]["right"], km))
        for group, one, two in pairs:
            assert {key: one[key] for key in KM} == {key: two[key] for key in KM}
            assert points(rows, curve, group) == list(zip(two["time"], two["surv"], strict=True))
    for status, n in theirs["counts"].items():
        assert {
            "kind": "count",
            "group": "status",
            "name": status,
            "value": str(n),
        }.items() <= next(row for row in rows if row["name"] == status).items()
    response = theirs["counts"]["response"]
    assert f'relief seen</th><td class="num">{response}<' in page
    assert "33 patients, 99 sessions" in page


def test_below_the_minimum_nothing_is_drawn_and_no_number_leaks(
    as_remy: Client, northside: Clinic, nia: Staff
) -> None:
    random_clinic(northside, nia, patients=9, sessions=3)
    page = as_remy.get("/outcomes/")
    assert page.status_code == 200
    text = page.content.decode()
    assert '<svg class="ch"' not in text and 'class="ch"' not in text
    assert "fewer than 10 patients" in text
    assert "27" not in re.sub(r"<[^>]+>", " ", text).replace("2026-11-20", "")
    ours = as_remy.get("/api/v1/outcomes/").json()
    assert ours["suppressed"] is True
    assert not {"patients", "sessions", "counts", "onset", "relief"} & set(ours)
    assert ours["check_ins"] == ours["left_out"] == {}
    assert ours["imported_sessions"] is None
    kinds = {
        row["kind"]
        for row in csv.DictReader(io.StringIO(as_remy.get("/outcomes.csv").content.decode()))
    }
    assert kinds == {"about", "filter", "definition", "suppressed"}


def test_a_small_group_does_not_move_the_axis_of_the_others(
    northside: Clinic, nia: Staff, remy: Staff
) -> None:
    random_clinic(northside, nia, patients=12, sessions=2, routes=("iv",))
    alone = outcomes(remy, OutcomeFilter()).numbers["relief"]["groups"]["iv"]
    patient = make_patient(northside, "S-1", "Sam", "Small")
    devices(make_course(patient), nia, START)
    score(patient, START - timedelta(hours=1), 2)
    score(patient, START + timedelta(hours=2), 9)
    RecordVersion.objects.create(patient=patient, version=1)
    beside = outcomes(remy, OutcomeFilter()).numbers["relief"]["groups"]
    assert beside["intranasal"] == {"suppressed": True}
    assert beside["iv"] == alone


def test_a_filter_chooses_sessions_and_changes_no_episode(
    northside: Clinic, nia: Staff, remy: Staff
) -> None:
    for k in range(10):
        patient = make_patient(northside, f"F-{k}", "Fay", f"Filter{k}")
        course = make_course(patient)
        infusion(course, nia, START)
        score(patient, START - timedelta(hours=1), 2)
        score(patient, START + timedelta(hours=2), 8)
        devices(course, nia, START + timedelta(days=7))
        score(patient, START + timedelta(days=10), 8)
        score(patient, START + timedelta(days=20), 1)
    iv = outcomes(remy, OutcomeFilter(route="iv")).numbers
    assert (iv["sessions"], iv["censoring"]["next_session"]) == (10, 10)
    assert iv["censoring"]["differ_a_lot"] is True
    assert iv["censoring"]["competing"][0] == {"hours": 168.0, "lost": 0.0, "dosed_again": 1.0}
    later = outcomes(remy, OutcomeFilter(sessions="2-4")).numbers
    assert later["counts"] == {**dict.fromkeys(iv["counts"], 0), "carried": 10}
    assert (later["kept"]["sessions"], later["kept"]["right"]["median"]) == (10, 13 * 24)
    assert later["relief"] == iv["kept"] == {"suppressed": True}
    assert outcomes(remy, OutcomeFilter(drug="esketamine")).numbers["sessions"] == 10
    assert outcomes(remy, OutcomeFilter(indication="chronic_pain")).is_shown is False


def test_days_are_days_at_the_clinic(northside: Clinic, nia: Staff, remy: Staff) -> None:
    at = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)  # 10 March, half past midnight in Berlin
    for k in range(10):
        patient = make_patient(northside, f"D-{k}", "Dee", f"Day{k}")
        infusion(make_course(patient), nia, at)
    tenth = at.date() + timedelta(days=1)
    assert outcomes(remy, OutcomeFilter(date_from=tenth, date_to=tenth)).is_shown
    assert not outcomes(remy, OutcomeFilter(date_to=at.date())).is_shown


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("response=7", "response", "must be a whole number from 10 to 100"),
        ("response=half", "response", "must be a whole number from 10 to 100"),
        ("confirm=0", "confirm", "must be a whole number from 1 to 3"),
        ("from=20.11.2026", "from", "must be a day such as 2026-11-20"),
        ("from=2026-03-02&to=2026-03-01", "to", "must be on or after 2026-03-02"),
        ("route=rectal", "route", "choose one of the list"),
        ("sessions=0", "sessions", "choose one of the list"),
        ("instrument=BDI", "instrument", "choose one of the list"),
        ("baseline=screening", "baseline", "choose one of the list"),
    ],
)
def test_a_wrong_filter_is_named_with_its_limit_and_the_others_are_kept(
    as_remy: Client, query: str, field: str, words: str
) -> None:
    page = as_remy.get(f"/outcomes/?drug=esketamine&{query}")
    assert page.status_code == 422
    text = page.content.decode()
    assert words in text
    assert '<option value="esketamine" selected>' in text
    assert "Clear filters" in text
    api = as_remy.get(f"/api/v1/outcomes/?{query}")
    assert api.status_code == 422
    assert [error["field"] for error in api.json()["errors"]] == [field]
    assert words in api.json()["errors"][0]["message"]
    assert as_remy.get(f"/outcomes.csv?{query}").status_code == 422


def test_the_address_is_the_analysis(as_remy: Client, treated: list[Patient]) -> None:
    query = "indication=all&response=30&baseline=session&confirm=2&sessions=1"
    ours = as_remy.get(f"/api/v1/outcomes/?{query}").json()
    assert ours["parameters"]["response_frac"] == 0.3
    assert ours["parameters"]["baseline_mode"] == "session"
    assert ours["parameters"]["confirm_loss"] == 2
    assert ours["sessions"] == 33
    page = as_remy.get(f"/outcomes/?{query}").content.decode()
    link = re.search(r'href="/outcomes\.csv\?([^"]+)"', page)
    assert link is not None
    again = as_remy.get(f"/api/v1/outcomes/?{link[1].replace('&amp;', '&')}").json()
    assert again["filter"] == ours["filter"]
    assert again["relief"] == ours["relief"]


def test_a_chart_that_fails_gives_way_to_its_table(
    as_remy: Client, treated: list[Patient], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_more: object) -> str:
        raise ValueError("no ink")

    monkeypatch.setattr("reports.dashboards.outcome_charts._draw", broken)
    page = as_remy.get("/outcomes/")
    assert page.status_code == 200
    text = page.content.decode()
    assert text.count("The chart could not be drawn. The numbers are below.") == 2
    assert "When the clinic saw it" in text


def test_missing_answers_definitions_and_warnings_are_printed(
    as_remy: Client, treated: list[Patient]
) -> None:
    session = TreatmentSession.objects.filter(dose_started_at__isnull=False).first()
    assert session is not None
    request(session, "24h", START + timedelta(days=1), answered=False)
    request(session, "3d", START + timedelta(days=3), answered=True)
    request(session, "7d", START + timedelta(days=7), answered=False, cancelled_at=START)
    page = as_remy.get("/outcomes/").content.decode()
    assert "1 of 2 check-ins were answered" in page
    assert "Not assigned at random." in page
    assert "Data as of" in page
    for label in ("Relief means", "A new course begins after, days", "Oldest score before a dose"):
        assert label in page


def test_an_unchanged_record_is_not_analysed_twice(
    remy: Staff, treated: list[Patient], django_assert_max_num_queries: Any
) -> None:
    first = outcomes(remy, OutcomeFilter())
    with django_assert_max_num_queries(2):
        assert outcomes(remy, OutcomeFilter()) == first
    RecordVersion.objects.create(patient=treated[0], version=1)
    assert outcomes(remy, OutcomeFilter()).fingerprint != first.fingerprint
    RecordVersion.objects.update(version=F("version") + 1)
    assert outcomes(remy, OutcomeFilter()).fingerprint != first.fingerprint


def test_queries_do_not_grow_with_the_sessions(
    northside: Clinic, nia: Staff, remy: Staff, django_assert_num_queries: Any
) -> None:
    random_clinic(northside, nia, patients=10, sessions=1)
    with django_assert_num_queries(17):  # nine of them make the kept episodes of new records
        outcomes(remy, OutcomeFilter())
    random_clinic(northside, nia, patients=12, sessions=5, seed=9)
    with django_assert_num_queries(8):  # other definitions: from the record itself
        outcomes(remy, OutcomeFilter(confirm=2))
    with django_assert_num_queries(16):
        outcomes(remy, OutcomeFilter(route="iv"))
    with django_assert_num_queries(5):  # nothing is new
        outcomes(remy, OutcomeFilter(route="im"))


def test_another_clinic_sees_its_own_sessions_only(
    client: Client, treated: list[Patient], otto: Staff
) -> None:
    client.force_login(otto)
    assert client.get("/api/v1/outcomes/").json()["suppressed"] is True


def test_each_look_leaves_one_line(as_remy: Client, remy: Staff) -> None:
    for url, tag in (
        ("/outcomes/", "outcomes:look"),
        ("/outcomes.csv", "export"),
        ("/api/v1/outcomes/", "outcomes:look"),
    ):
        before = AuditEvent.objects.filter(by=remy).count()
        as_remy.get(url)
        lines = AuditEvent.objects.filter(by=remy).order_by("at", "pk")
        assert lines.count() == before + 1
        assert lines.last().tag == tag  # type: ignore[union-attr]


def test_a_researcher_sees_outcomes_only(as_remy: Client, maya: Patient) -> None:
    assert as_remy.get("/outcomes/").status_code == 200
    for url in ("/patients/", f"/patients/{maya.pk}/", f"/patients/{maya.pk}/table/"):
        assert as_remy.get(url).status_code == 403
    assert as_remy.get(f"/api/v1/patients/{maya.pk}/episodes/").status_code == 403


def test_numbers_stay_numbers_in_the_file(remy: Staff, treated: list[Patient]) -> None:
    assert safe_cell(-1.5) == "-1.5"
    assert safe_cell(None) == ""
    assert safe_cell(True) == "true"
    rows = list(csv.DictReader(io.StringIO(outcomes_csv(outcomes(remy, OutcomeFilter())))))
    values = [row["value"] for row in rows if row["kind"] == "right_point"]
    assert values
    assert all(0 <= float(value) <= 1 for value in values)


def test_the_document_names_every_filter_and_every_column() -> None:
    text = (Path(__file__).parents[2] / "docs" / "outcomes.md").read_text()
    for name in (*OutcomeForm().fields, *COLUMNS):
        assert f"`{name}`" in text, name


def test_imported_sessions_are_counted_at_every_door(
    as_remy: Client, treated: list[Patient]
) -> None:
    assert "imported" not in as_remy.get("/outcomes/").content.decode()
    session = TreatmentSession.objects.filter(
        patient__in=treated, course__indication="depression", route="iv"
    ).last()
    assert session is not None
    TreatmentSession.objects.create(
        clinic=session.clinic,
        patient=session.patient,
        course=session.course,
        origin="import",
        external_id="S9",
        drug="ketamine",
        route="iv",
        documented_dose_mg=40,
        limits_version="imported",
        protocol_version="imported",
        opened_at=session.opened_at + timedelta(days=20),
        opened_by=session.opened_by,
        dose_started_at=session.opened_at + timedelta(days=20),
    )
    RecordVersion.objects.create(patient=session.patient, version=1)
    ours = as_remy.get("/api/v1/outcomes/").json()
    said = f"1 of {ours['sessions']} sessions was imported"
    assert ours["imported_sessions"] == 1
    assert said in as_remy.get("/outcomes/").content.decode()
    assert "about,,,imported_sessions,,,1" in as_remy.get("/outcomes.csv").content.decode()
