"""The safety overview at its doors: one set of numbers, and none for too few patients."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from reports.dashboards.safety import Safety, safety
from reports.dashboards.safety.charts import FIGURES, figure_svg
from reports.dashboards.safety.filter import SafetyFilter
from reports.exports.safety_csv import COLUMNS, safety_csv
from sessions_app.actions.alerts import take_alert
from sessions_app.models import AuditEvent, Clinic, Patient, RecordVersion, Staff
from tests.conftest import START, make_course, make_patient, make_session
from tests.reports.invented import devices, dose_event, infusion, injection, strike
from tests.reports.safety_clinic import (
    alert,
    at,
    effect,
    event,
    leave,
    none_observed,
    reading,
    safety_clinic,
)


def treat(
    clinic: Clinic, by: Staff, patients: int, give: Any = infusion, **more: Any
) -> list[Patient]:
    """So many patients with one session each: a peak at 30 or at 60 minutes, home after 120."""
    people = []
    for k in range(patients):
        patient = make_patient(clinic, f"T-{give.__name__}-{k}", "Tia", f"Treated{k}")
        session = give(make_course(patient, **more), by, START + timedelta(days=k))
        reading(session, -5, 120)
        reading(session, 30, 150 if k % 2 else 130)
        reading(session, 60 if give is injection else 55, 130 if k % 2 else 150)
        effect(session, "nausea", 10, 30)
        leave(session, 120)
        people.append(patient)
    return people


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def line(rows: list[dict[str, str]], **wanted: str) -> dict[str, str]:
    found = [row for row in rows if wanted.items() <= row.items()]
    assert len(found) == 1, (wanted, found)
    return found[0]


def test_page_json_and_file_say_the_same(
    as_lena: Client, northside: Clinic, nia: Staff, settings: Any
) -> None:
    settings.MINIMUM_PATIENTS_DRAWN = 5
    safety_clinic(northside, nia, seed=4, patients=14)
    ours = as_lena.get("/api/v1/safety/").json()
    page = re.sub(r"\s+", " ", as_lena.get("/safety/").content.decode())
    rows = lines(as_lena.get("/safety.csv").content.decode())
    assert f"{ours['patients']} patients, {ours['sessions']} sessions" in page
    for code, block in ours["effects"]["all"]["effects"].items():
        for unit in ("sessions", "patients"):
            told = line(rows, section="effects", group="all", item=code, measure=unit)
            for name in ("n", "of", "lower", "upper"):
                assert float(told[name]) == block[unit][name]
            assert float(told["value"]) == block[unit]["share"]
            assert f"{block[unit]['n']} of {block[unit]['of']}</td>" in page
    severe = ours["pressure"]["all"]["severe"]["sessions"]
    told = line(rows, section="pressure", group="all", measure="severe.sessions")
    assert (int(told["n"]), float(told["upper"])) == (severe["n"], severe["upper"])
    rise = ours["pressure"]["all"]["mean_of_peaks"]["systolic_rise"]
    told = line(rows, section="pressure", group="all", measure="mean_of_peaks.systolic_rise")
    assert float(told["value"]) == rise["mean"]
    assert f"+{rise['mean']:.1f}/" in page
    due = line(rows, section="readings", group="all", measure="due")
    assert int(due["value"]) == ours["readings"]["all"]["due"]
    for name in ("ends", "left_out"):
        for end, n in ours[name].items():
            assert any(r["measure"] == end and r["value"] == str(n) for r in rows)
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg" class="ch"') == len(FIGURES)
    assert "not assigned at random" in page.lower()


def test_the_two_ways_to_tell_a_peak_differ(northside: Clinic, nia: Staff, dr_patel: Staff) -> None:
    """Half of the patients go up by 30 at half an hour and half at an hour: each by 30, the mean
    of them by 20."""
    treat(northside, nia, 10, injection)
    block = safety(dr_patel, SafetyFilter()).numbers["pressure"]["by_route"]["im"]
    assert block["mean_of_peaks"]["systolic_rise"]["mean"] == pytest.approx(30)
    assert block["peak_of_mean_curve"]["systolic_rise"] == pytest.approx(20)
    assert block["peak_of_mean_curve"]["hour"] == pytest.approx(0.5)
    assert [round(point["hour"] * 60) for point in block["mean_curve"]] == [30, 60]


def test_who_is_measured_outside_the_plan_does_not_bend_the_mean_curve(
    northside: Clinic, nia: Staff, dr_patel: Staff, settings: Any
) -> None:
    settings.MINIMUM_PATIENTS_DRAWN = 5
    people = treat(northside, nia, 20, injection)
    for patient in people[:9]:  # fewer than half, measured at 45 minutes because they were high
        session = patient.sessions.get()
        reading(session, 45, 190)
        RecordVersion.objects.update_or_create(patient=patient, defaults={"version": 7})
    block = safety(dr_patel, SafetyFilter()).numbers["pressure"]["by_route"]["im"]
    assert [round(point["hour"] * 60) for point in block["mean_curve"]] == [30, 60]
    assert block["severe"]["sessions"]["n"] == 9


def test_of_two_readings_for_one_due_minute_the_nearest_stands(
    northside: Clinic, nia: Staff, dr_patel: Staff
) -> None:
    for patient in treat(northside, nia, 10, injection):
        reading(patient.sessions.get(), 27, 200)
        reading(patient.sessions.get(), 34, 210)
    block = safety(dr_patel, SafetyFilter()).numbers["pressure"]["by_route"]["im"]
    assert block["peak_of_mean_curve"]["systolic_rise"] == pytest.approx(20)
    assert block["mean_of_peaks"]["systolic_rise"]["mean"] == pytest.approx(90)


def test_leaving_counts_from_the_stop_that_stands(
    northside: Clinic, nia: Staff, dr_patel: Staff
) -> None:
    for patient in treat(northside, nia, 10):
        session = patient.sessions.get()
        strike(session.dose_events.get(kind="stop"), "dose_event", nia)
        dose_event(session, "stop", at(session, 90))
    home = safety(dr_patel, SafetyFilter()).numbers["going_home"]["all"]
    assert home["dose_end_to_signed_h"]["median"] == pytest.approx(0.5)
    # An infusion is watched for an hour after its end.
    assert (home["watch_short"]["n"], home["watch_short"]["of"]) == (10, 10)


def test_a_session_that_says_nothing_is_missing_and_not_free_of_effects(
    as_lena: Client, northside: Clinic, nia: Staff, lena: Staff
) -> None:
    for k in range(15):
        patient = make_patient(northside, f"M-{k}", "Mia", f"Missing{k}")
        session = infusion(make_course(patient), nia, START)
        if k < 5:
            effect(session, "nausea", 10, 20)
        elif k < 11:
            none_observed(session, 60)
        elif k == 11:
            none_observed(session, -10)  # before the dose: says nothing about what came after
        elif k == 12:
            effect(session, "headache", -30)
    block = safety(lena, SafetyFilter()).numbers["effects"]
    assert (block["told"], block["missing"], block["none_observed"]) == (11, 4, 6)
    assert block["before_the_dose"] == 1
    assert set(block["all"]["effects"]) == {"any", "nausea"}
    nausea = block["all"]["effects"]["nausea"]["sessions"]
    assert (nausea["n"], nausea["of"]) == (5, 11)
    page = as_lena.get("/safety/").content.decode()
    assert "11 of 15 sessions say something" in page
    assert "Missing: 4." in page
    assert "1 side effect was there before the dose" in page


def test_an_effect_that_nobody_saw_end_lasts_at_least_until_they_left(
    northside: Clinic, nia: Staff, lena: Staff
) -> None:
    """Four of ten seen to end after 20 minutes, six still there at 60: no median is reached."""
    for k in range(10):
        patient = make_patient(northside, f"L-{k}", "Lou", f"Lasting{k}")
        session = infusion(make_course(patient), nia, START)
        effect(session, "dissociation", 30, 20 if k < 4 else None)
        leave(session, 90)
    lasted = safety(lena, SafetyFilter()).numbers["effects"]["times"]["dissociation"]["lasted_h"]
    assert (lasted["episodes"], lasted["seen_to_end"]) == (10, 4)
    assert lasted["q1"] == pytest.approx(20 / 60)
    assert lasted["median"] is None


def test_below_the_minimum_nothing_is_drawn_and_no_number_leaks(
    as_lena: Client, northside: Clinic, nia: Staff
) -> None:
    treat(northside, nia, 9)
    answer = as_lena.get("/safety/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="ch"' not in text and "fewer than 10 patients" in text
    ours = as_lena.get("/api/v1/safety/").json()
    assert ours["suppressed"] is True and ours["left_out"] == {}
    assert set(ours) == {
        *("filter", "data_as_of", "minimum_patients", "definitions", "suppressed", "left_out")
    }
    sections = {row["section"] for row in lines(as_lena.get("/safety.csv").content.decode())}
    assert sections == {"about", "definition", "suppressed"}


def test_a_small_group_is_named_and_has_no_number(
    as_lena: Client, northside: Clinic, nia: Staff
) -> None:
    treat(northside, nia, 12)
    treat(northside, nia, 3, injection)
    ours = as_lena.get("/api/v1/safety/").json()
    for block in (ours["effects"], ours["pressure"], ours["readings"], ours["going_home"]):
        assert block["by_route"]["im"] == {"suppressed": True}
        assert block["by_route"]["iv"]["patients"] == 12
    page = as_lena.get("/safety/").content.decode()
    assert "Fewer than 10 patients, not shown: ketAMINE IM." in page
    rows = lines(as_lena.get("/safety.csv").content.decode())
    told = {row["measure"] for row in rows if row["group"] == "im"}
    assert told == {"patients_below_minimum"}


def test_a_filter_chooses_sessions_and_changes_no_session_number(
    northside: Clinic, nia: Staff, lena: Staff
) -> None:
    for k in range(10):
        patient = make_patient(northside, f"F-{k}", "Fay", f"Filter{k}")
        course = make_course(patient)
        infusion(course, nia, START)
        session = devices(course, nia, START + timedelta(days=7))
        none_observed(session, 30)
    nasal = safety(lena, SafetyFilter(route="intranasal")).numbers
    assert nasal["sessions"] == 10
    assert set(nasal["effects"]["by_session"]) == {"2-4"}
    assert safety(lena, SafetyFilter(drug="ketamine")).numbers["sessions"] == 10
    assert not safety(lena, SafetyFilter(indication="chronic_pain")).is_shown
    week = SafetyFilter(date_from=START.date() + timedelta(days=7))
    assert safety(lena, week).numbers["sessions"] == 10


def test_days_are_days_at_the_clinic(northside: Clinic, nia: Staff, lena: Staff) -> None:
    late = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)  # 10 March, half past midnight in Berlin
    for k in range(10):
        infusion(make_course(make_patient(northside, f"D-{k}", "Dee", f"Day{k}")), nia, late)
    tenth = late.date() + timedelta(days=1)
    assert safety(lena, SafetyFilter(date_from=tenth, date_to=tenth)).is_shown
    assert not safety(lena, SafetyFilter(date_to=late.date())).is_shown


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("from=20.11.2026", "from", "must be a day such as 2026-11-20"),
        ("to=0001-01-01", "to", "must be a day such as 2026-11-20"),
        ("to=9999-12-31", "to", "must be a day such as 2026-11-20"),
        ("from=2026-03-02&to=2026-03-01", "to", "must be on or after 2026-03-02"),
        ("route=rectal", "route", "choose one of the list"),
        ("indication=all", "indication", "choose one of the list"),
    ],
)
def test_a_wrong_filter_is_named_and_the_others_are_kept(
    as_lena: Client, query: str, field: str, words: str
) -> None:
    page = as_lena.get(f"/safety/?drug=esketamine&{query}")
    assert page.status_code == 422
    text = page.content.decode()
    assert words in text and '<option value="esketamine" selected>' in text
    api = as_lena.get(f"/api/v1/safety/?{query}")
    assert api.status_code == 422
    assert [error["field"] for error in api.json()["errors"]] == [field]
    assert as_lena.get(f"/safety.csv?{query}").status_code == 422


def test_a_look_and_a_file_leave_a_line_each(as_lena: Client, lena: Staff) -> None:
    for address in ("/safety/", "/api/v1/safety/", "/safety.csv"):
        as_lena.get(address)
    found = AuditEvent.objects.filter(by=lena).order_by("at").values_list("tag", "reason")
    assert list(found) == [
        ("outcomes:look", "safety"),
        ("outcomes:look", "safety"),
        ("export", "safety.csv"),
    ]


def test_an_alert_counts_as_taken_as_soon_as_somebody_took_it(
    northside: Clinic, nia: Staff, lena: Staff
) -> None:
    people = treat(northside, nia, 10)
    raised = [alert(p, at(p.sessions.get(), 40), "high", p.sessions.get()) for p in people]
    before = safety(lena, SafetyFilter()).numbers["alerts"]["by_level"]["high"]
    assert (before["taken"], before["median_h"]) == (0, None)
    for row in raised:
        take_alert(
            by=lena, alert=row, write_key=None, clock=lambda r=row: r.raised_at + timedelta(hours=1)
        )
    after = safety(lena, SafetyFilter()).numbers["alerts"]["by_level"]["high"]
    assert (after["taken"], after["median_h"]) == (10, pytest.approx(1))
    assert after["taken_within_5_min"]["share"] == 0


def test_an_answer_after_a_session_belongs_to_it(
    northside: Clinic, nia: Staff, lena: Staff
) -> None:
    """An alert from a check-in has no session: time gives it to the last one before it."""
    for k, patient in enumerate(treat(northside, nia, 10)):
        after = devices(patient.courses.get(), nia, START + timedelta(days=60))
        event(alert(patient, at(after, 600), "high"), "taken", 3, lena)
        if k == 0:
            alert(patient, START - timedelta(days=9), "high")  # before any treatment
    assert "high" not in safety(lena, SafetyFilter(route="iv")).numbers["alerts"]["by_level"]
    nasal = safety(lena, SafetyFilter(route="intranasal")).numbers["alerts"]["by_level"]["high"]
    assert (nasal["alerts"], nasal["at_the_chair"]) == (10, 0)


def test_another_clinic_is_not_seen(northside: Clinic, nia: Staff, elsewhere: Clinic) -> None:
    from sessions_app.roles import Role
    from tests.conftest import make_staff

    treat(northside, nia, 12)
    stranger = make_staff(elsewhere, "eve", "Eve Else", Role.LEAD)
    assert safety(stranger, SafetyFilter()).numbers == {"suppressed": True}


def test_queries_do_not_grow(
    northside: Clinic, nia: Staff, lena: Staff, django_assert_max_num_queries: Any
) -> None:
    safety_clinic(northside, nia, seed=1, patients=25)
    safety(lena, SafetyFilter(drug="esketamine"))  # renews what is kept of changed records
    with django_assert_max_num_queries(20):
        safety(lena, SafetyFilter())
    with django_assert_max_num_queries(4):
        safety(lena, SafetyFilter())


@pytest.fixture
def found(northside: Clinic, nia: Staff, lena: Staff, settings: Any) -> Safety:
    settings.MINIMUM_PATIENTS_DRAWN = 5
    safety_clinic(northside, nia, seed=4, patients=14)
    return safety(lena, SafetyFilter())


def test_a_chart_that_fails_leaves_its_numbers(
    as_lena: Client, found: Safety, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> str:
        raise RuntimeError("no ink")

    monkeypatch.setattr("reports.charts.safety_pressure.rise_figure", fail)
    page = as_lena.get("/safety/").content.decode()
    assert page.count("The chart could not be drawn") == 1
    assert "Mean of the peaks" in page


def test_every_figure_says_what_it_shows(found: Safety) -> None:
    for name in FIGURES:
        svg = figure_svg(found, name)
        assert svg.startswith("<svg") and "<title" in svg and "<desc" in svg
        assert "style=" not in svg


def test_numbers_in_the_file_stay_numbers(found: Safety) -> None:
    for row in lines(safety_csv(found)):
        assert set(row) == set(COLUMNS)
        if row["section"] not in ("about", "filter", "definition"):
            for name in COLUMNS[4:]:
                assert row[name] == "" or float(row[name]) is not None


def test_columns_read_in_one_go_give_the_same_numbers(
    transactional_db: None, northside: Clinic, nia: Staff, lena: Staff, monkeypatch: Any
) -> None:
    """A large registry is read through a second connection."""
    safety_clinic(northside, nia, seed=5, patients=14)
    slow = safety(lena, SafetyFilter())
    monkeypatch.setattr("reports.dashboards.safety.record.MANY", 1)
    cache.clear()
    fast = safety(lena, SafetyFilter())
    assert fast.is_shown
    assert (fast.numbers, fast.left_out) == (slow.numbers, slow.left_out)


@pytest.mark.parametrize("origin", ["live", "import"])
def test_a_clinic_that_wrote_down_nothing_but_doses_has_its_page(
    as_lena: Client, northside: Clinic, nia: Staff, origin: str
) -> None:
    for k in range(12):
        course = make_course(make_patient(northside, f"E-{k}", "Eli", f"Empty{k}"))
        if origin == "live":
            infusion(course, nia, START)
        else:
            make_session(course, nia, START, origin=origin, external_id=f"E{k}", route="oral")
    page = as_lena.get("/safety/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "12 patients, 12 sessions" in text and "Missing: 12." in text
    assert text.count("Nothing to draw") >= 4
    ours = as_lena.get("/api/v1/safety/").json()
    assert ours["effects"]["all"] == ours["pressure"]["all"] == {"suppressed": True}
    assert as_lena.get("/safety.csv").status_code == 200
