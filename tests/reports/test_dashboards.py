"""Ranges, shares, definitions and the list of patients."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from reports.dashboards.definitions import definitions
from reports.dashboards.filters import OutcomeFilter, instrument_codes
from reports.dashboards.outcome_numbers import share_by
from reports.dashboards.patient_list import patient_lines, search
from reports.dashboards.ranges import span_words, weeks_words
from reports.response_rule import KNOWN_INSTRUMENTS, ResponseRule
from reports.survival import kaplan_meier, turnbull
from sessions_app.models import Alert, Appointment, Chair, Clinic, Patient, Staff
from tests.conftest import START, TreatmentCourse, make_course, make_patient
from tests.reports.invented import infusion, sign


@pytest.mark.parametrize(
    ("lo", "hi", "words"),
    [
        (0.0, 24.0, "≤ 1 d"),
        (2.0, 24.0, "2 h – 1 d"),
        (48.0, 166.0, "2–7 d"),
        (24.0, 36.0, "24–36 h"),
        (167.9, None, "> 6 d"),
        (168.0, None, "> 7 d"),
        (168.0, float("inf"), "> 7 d"),
        (0.2, 3.2, "≤ 4 h"),
        (30.0, 47.5, "30 h – 2 d"),
        (23.5, 24.0, "23 h – 1 d"),
        (None, None, "not known"),
    ],
)
def test_a_range_never_claims_more_than_was_seen(
    lo: float | None, hi: float | None, words: str
) -> None:
    assert span_words(lo, hi).replace("\u00a0", " ") == words


def test_weeks_are_whole() -> None:
    assert weeks_words(0.0, 26.0) == "≤ 1\u00a0wk"
    assert weeks_words(170.0, 340.0) == "1–3\u00a0wk"
    assert weeks_words(340.0, None) == "> 2\u00a0wk"
    assert weeks_words(None, None) == "not known"


def test_shares_are_bounded_by_the_intervals_and_end_with_the_follow_up() -> None:
    lo = np.array([0.0, 2.0, 30.0, 50.0])
    hi = np.array([2.0, 30.0, 50.0, np.inf])
    seen = np.array([True, True, True, False])
    right = kaplan_meier(np.where(seen, hi, lo), seen, tau=336.0)
    npmle = turnbull(lo, hi)
    by_day = share_by(right, npmle, 24.0)
    assert by_day["seen"] == pytest.approx(0.25)
    assert by_day["certain"] == pytest.approx(0.25)
    assert by_day["possible"] == pytest.approx(0.5)
    assert share_by(right, npmle, 168.0)["seen"] is None
    assert share_by(right, npmle, 1.0)["seen"] == 0.0


def test_every_parameter_of_a_rule_is_printed() -> None:
    rule = ResponseRule.for_instrument("PHQ-9")
    printed = definitions(rule.parameters(), "phq9")
    assert [line.name for line in printed] == [field.name for field in fields(ResponseRule)]
    assert all(line.label != line.name and line.value for line in printed)


def test_every_known_instrument_can_be_asked_for() -> None:
    rules = [OutcomeFilter(instrument=code).rule() for code in instrument_codes()]
    assert {rule.instrument for rule in rules} == set(KNOWN_INSTRUMENTS)


def test_the_condition_brings_its_instrument_and_its_response() -> None:
    assert OutcomeFilter().rule().response_frac == Decimal("0.5")
    pain = OutcomeFilter(indication="chronic_pain").rule()
    assert (pain.instrument, pain.response_frac) == ("pain_0_10", Decimal("0.3"))


def test_a_line_says_where_the_patient_stands(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff, maya: Patient, chair: Chair
) -> None:
    sign(infusion(course, nia, START), nia)
    sign(infusion(course, nia, START + timedelta(days=1)), nia, "wrong_patient")
    running = infusion(course, nia, START + timedelta(days=7), chair=chair)
    tomorrow = timezone.now() + timedelta(days=1)
    for days, cancelled in ((0, START), (1, None), (9, None)):
        Appointment.objects.create(
            clinic=maya.clinic,
            patient=maya,
            starts_at=tomorrow + timedelta(days=days),
            cancelled_at=cancelled,
        )
    Alert.objects.create(
        clinic=maya.clinic, patient=maya, level="high", code="systolic_high", raised_at=START
    )
    (line,) = patient_lines(dr_patel, list(search(dr_patel, "")))
    assert (line.running, line.sessions) == (running, 2)
    assert line.last_dose_at == START + timedelta(days=7)
    assert line.next_at == tomorrow + timedelta(days=1)
    assert (line.open_alerts, line.has_high) == (1, True)


def test_search_finds_every_word_in_name_or_number(
    northside: Clinic, maya: Patient, dr_patel: Staff, otto: Staff
) -> None:
    make_patient(northside, "N-2000", "Mayer", "Other")
    assert [p.number for p in search(dr_patel, "vale MAY")] == ["N-1043"]
    assert [p.number for p in search(dr_patel, "1043")] == ["N-1043"]
    assert len(search(dr_patel, "may")) == 2
    assert list(search(dr_patel, "nobody")) == []
    assert list(search(otto, "maya")) == []


def test_the_list_has_pages_and_keeps_the_search(
    client: Client, northside: Clinic, dr_patel: Staff, otto: Staff
) -> None:
    for k in range(51):
        make_patient(northside, f"L-{k:03}", "Lou", f"List{k:03}")
    client.force_login(dr_patel)
    first = client.get("/patients/?q=Lou").content.decode()
    assert "Page 1 of 2" in first and "q=Lou&amp;page=2" in first
    assert "List050" in client.get("/patients/?q=Lou&page=2").content.decode()
    nobody = client.get("/patients/?q=<script>").content.decode()
    assert "No patient matches" in nobody and "<script>" not in nobody
    client.force_login(otto)
    assert "No patients yet" in client.get("/patients/").content.decode()


def test_queries_of_the_list_do_not_grow(
    northside: Clinic, nia: Staff, dr_patel: Staff, django_assert_num_queries: Any
) -> None:
    def lines() -> None:
        patient_lines(dr_patel, list(search(dr_patel, "")))

    infusion(make_course(make_patient(northside, "Q-0", "Quy", "Zero")), nia, START)
    with django_assert_num_queries(5):
        lines()
    for k in range(1, 12):
        infusion(make_course(make_patient(northside, f"Q-{k}", "Quy", f"N{k}")), nia, START)
    with django_assert_num_queries(5):
        lines()
