"""Readings on time, questions before a dose, who may leave, and when a patient is asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.instruments import REGISTRY
from sessions_app.rules.check_in_windows import (
    CHECK_IN_WINDOWS,
    INDICATIONS,
    PRE_WINDOW,
    for_indication,
    pre_dose_instruments,
    window,
)
from sessions_app.rules.discharge_rule import DischargeFacts, OpenEffect, evaluate_discharge
from sessions_app.rules.dosing import DOSE_BANDS, ROUTES
from sessions_app.rules.protocols import DISCHARGE_CHECKS, SHIPPED, START_CHECKS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("route", "infusion", "due", "watch"),
    [
        ("iv", 40, [0, 10, 20, 30, 40, 55, 70, 85, 100], 100),
        ("iv", 45, [0, 10, 20, 30, 40, 45, 60, 75, 90, 105], 105),
        ("im", None, [0, 10, 20, 30, 45, 60, 90], 90),
        ("sc", None, [0, 10, 20, 30, 45, 60, 90], 90),
        ("intranasal", None, [0, 40, 60, 90, 120], 120),
        ("oral", None, [0, 30, 60, 90, 120], 120),
        ("sublingual", None, [0, 30, 60, 90, 120], 120),
    ],
)
def test_each_route_has_its_due_minutes_and_its_minimum_watch(route, infusion, due, watch):
    assert SHIPPED[route].due_minutes(infusion) == due
    assert SHIPPED[route].minimum_watch_min(infusion) == watch


def test_every_route_has_a_protocol_of_its_own_and_its_usual_dose():
    assert tuple(SHIPPED) == ROUTES
    for route, protocol in SHIPPED.items():
        assert protocol.route == route and protocol.key is None
        for drug in ("ketamine", "esketamine"):
            band, shipped = protocol.dose_band(drug), DOSE_BANDS.get((route, drug))
            assert (band and replace(band, source="")) == (shipped and replace(shipped, source=""))


@pytest.mark.parametrize("minutes", [None, 0, -40])
def test_an_infusion_without_a_length_has_no_schedule(minutes):
    for use in (SHIPPED["iv"].due_minutes, SHIPPED["iv"].minimum_watch_min):
        with pytest.raises(ValueError, match="length"):
            use(minutes)


@given(st.sampled_from(ROUTES), st.integers(1, 600))
def test_due_minutes_ascend_from_zero_and_never_pass_the_minimum_watch(route, infusion):
    due = SHIPPED[route].due_minutes(infusion)
    assert due[0] == 0 and due == sorted(set(due))
    assert due[-1] <= SHIPPED[route].minimum_watch_min(infusion) < due[-1] + 15


def test_the_questions_before_a_dose_and_the_answer_that_stops():
    assert {c.code for c in START_CHECKS if c.needs_pin} == {"suicidal_thoughts", "dose_in_range"}
    assert [(c.code, c.stops_on, c.overridable) for c in START_CHECKS] == [
        ("identity", "no", False),
        ("escort", "no", True),
        ("fasting", "no", True),
        ("medicines_changed", "yes", True),
        ("alcohol_or_drugs", "yes", True),
        ("suicidal_thoughts", "yes", True),
        ("bladder", "yes", True),
        ("pregnancy", "yes", True),
        ("consent_valid", "no", False),
        ("bp_below_start_limit", "no", True),
        ("spaced", "no", True),
        ("dose_in_range", "no", True),
    ]


@pytest.mark.parametrize(
    ("systolic", "diastolic", "may_start"),
    [(140, 90, True), (141, 90, False), (140, 91, False), (120, 80, True)],
)
def test_a_dose_waits_above_140_over_90(systolic, diastolic, may_start):
    assert SHIPPED["iv"].bp_below_start_limit(systolic, diastolic) is may_start


WINDOWS = [
    ("2h", 2 * HOUR, 1 * HOUR, 6 * HOUR),
    ("24h", 24 * HOUR, 18 * HOUR, 36 * HOUR),
    ("3d", 72 * HOUR, 60 * HOUR, 96 * HOUR),
    ("7d", 7 * DAY, 6 * DAY, 8 * DAY),
    ("14d", 14 * DAY, 12.5 * DAY, 15.5 * DAY),
    ("21d", 21 * DAY, 19.5 * DAY, 22.5 * DAY),
    ("28d", 28 * DAY, 26.5 * DAY, 29.5 * DAY),
    ("35d", 35 * DAY, 33.5 * DAY, 36.5 * DAY),
]


@pytest.mark.parametrize(("row", "expected"), list(enumerate(WINDOWS)))
def test_each_check_in_opens_and_closes_on_time(row, expected):
    window = CHECK_IN_WINDOWS[row]
    assert (window.slot, window.due, window.opens, window.closes) == expected
    hair = timedelta(microseconds=1)
    assert window.is_open(window.opens) and window.is_open(window.closes - hair)
    assert not window.is_open(window.opens - hair) and not window.is_open(window.closes)


def test_check_ins_run_weekly_to_twelve_weeks_and_never_overlap():
    assert CHECK_IN_WINDOWS[-1].slot == "84d"
    assert (PRE_WINDOW.due, PRE_WINDOW.opens, PRE_WINDOW.closes) == (
        -HOUR / 2,
        -12 * HOUR,
        0 * HOUR,
    )
    for earlier, later in pairwise([PRE_WINDOW, *CHECK_IN_WINDOWS]):
        assert earlier.opens <= earlier.due < earlier.closes <= later.opens < later.due
    slots = [window.slot for window in CHECK_IN_WINDOWS]
    assert len(slots) == len(set(slots))


@given(st.timedeltas(-2 * DAY, 100 * DAY))
def test_an_answer_belongs_to_at_most_one_window(since_dose):
    open_now = [w.slot for w in (PRE_WINDOW, *CHECK_IN_WINDOWS) if w.is_open(since_dose)]
    assert len(open_now) <= 1


@pytest.mark.parametrize("indication", INDICATIONS)
def test_the_daily_questions_come_first_and_questionnaires_every_two_weeks(indication):
    for asked in SHIPPED["oral"].windows_for(indication):
        pain = indication == "chronic_pain"
        same_day_or_next = asked.due <= 24 * HOUR
        daily = ["mood_0_10", "compared_before"]
        daily += ["pain_0_10"] if pain else ["still_bothering"] if same_day_or_next else []
        daily += ["thoughts"]
        weekly = ["peg"] if pain and asked.due >= 7 * DAY else []
        fortnight = asked.due >= 14 * DAY and asked.due % (14 * DAY) == timedelta(0)
        assert list(asked.instruments) == daily + weekly + ["phq9", "gad7"] * fortnight
        assert len(daily) <= 4, "the daily questions are eight taps at most"
        assert set(asked.instruments) <= {c for c, i in REGISTRY.items() if i.is_asked}


def test_a_window_of_a_clinic_asks_for_pain_as_soon_as_it_can():
    own = window(48, 40, 59, ("mood_0_10", "phq9"))
    assert for_indication(own, "chronic_pain").instruments == ("mood_0_10", "pain_0_10", "phq9")
    named = window(48, 40, 59, ("mood_0_10", "thoughts", "pain_0_10"))
    assert for_indication(named, "chronic_pain") == named


def test_an_unknown_indication_is_an_error():
    with pytest.raises(ValueError, match="gout"):
        SHIPPED["oral"].windows_for("gout")


def test_on_arrival_the_two_week_questionnaires_are_not_asked_twice_in_two_weeks():
    everything = ("mood_0_10", "phq9", "gad7")
    assert pre_dose_instruments("depression") == everything
    assert pre_dose_instruments("depression", 14 * DAY) == everything
    assert pre_dose_instruments("depression", 14 * DAY - HOUR) == ("mood_0_10",)
    assert pre_dose_instruments("chronic_pain", 3 * DAY) == ("mood_0_10", "pain_0_10")


# A patient who may leave: IV over 40 min, 105 min after the start, everything fine.
READY = DischargeFacts(
    elapsed_min=105,
    infusion_end_min=40,
    baseline_systolic=120,
    baseline_diastolic=80,
    systolic=128,
    diastolic=82,
    bp_at_min=100,
    spo2=97,
    spo2_at_min=100,
    moaas=5,
    moaas_at_min=100,
    open_effects=(OpenEffect("nausea", "mild"),),
    confirmed=frozenset({"steady", "leaflet", "escort_present", "suicide_asked"}),
)


def unmet(route="iv", **changed):
    results = evaluate_discharge(replace(READY, **changed), SHIPPED[route])
    return {r.code for r in results if not r.met}


def test_nine_checks_in_order_and_all_met_when_all_is_well():
    results = evaluate_discharge(READY, SHIPPED["iv"])
    assert [(r.code, r.source) for r in results] == [
        ("watched", "record"),
        ("bp_near_baseline", "record"),
        ("spo2_ok", "record"),
        ("awake", "record"),
        ("effects_mild", "record"),
        ("steady", "nurse"),
        ("leaflet", "nurse"),
        ("escort_present", "nurse"),
        ("suicide_asked", "nurse"),
    ]
    assert all(r.met for r in results)
    assert [check.code for check in DISCHARGE_CHECKS] == [r.code for r in results]


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"elapsed_min": 99.9}, "watched"),
        ({"infusion_end_min": None}, "watched"),
        ({"infusion_end_min": 46}, "watched"),
        ({"route": "intranasal", "elapsed_min": 119}, "watched"),
        ({"systolic": 145}, "bp_near_baseline"),  # 20 % of 120 is 24
        ({"systolic": 95}, "bp_near_baseline"),
        ({"diastolic": 97}, "bp_near_baseline"),
        ({"diastolic": 63}, "bp_near_baseline"),
        ({"baseline_systolic": 140, "systolic": 160}, "bp_near_baseline"),
        ({"baseline_diastolic": 90, "diastolic": 100}, "bp_near_baseline"),
        ({"baseline_systolic": None}, "bp_near_baseline"),
        ({"diastolic": None}, "bp_near_baseline"),
        ({"bp_at_min": None}, "bp_near_baseline"),
        ({"bp_at_min": 74}, "bp_near_baseline"),
        ({"spo2": 92}, "spo2_ok"),
        ({"spo2": None}, "spo2_ok"),
        ({"oxygen_l_min": 1}, "spo2_ok"),
        ({"spo2_at_min": 74}, "spo2_ok"),
        ({"moaas": 4}, "awake"),
        ({"moaas": None}, "awake"),
        ({"moaas_at_min": 74}, "awake"),
        ({"open_effects": (OpenEffect("nausea", "moderate"),)}, "effects_mild"),
        ({"open_effects": (OpenEffect("dissociation", "mild"),)}, "effects_mild"),
        ({"open_effects": (OpenEffect("apnoea", "mild"),)}, "effects_mild"),
        ({"confirmed": READY.confirmed - {"steady"}}, "steady"),
        ({"confirmed": READY.confirmed - {"leaflet"}}, "leaflet"),
        ({"confirmed": READY.confirmed - {"escort_present"}}, "escort_present"),
        ({"confirmed": READY.confirmed - {"suicide_asked"}}, "suicide_asked"),
    ],
)
def test_one_thing_amiss_breaks_exactly_its_own_check(changed, check):
    assert unmet(**changed) == {check}


@pytest.mark.parametrize(
    "changed",
    [
        {"elapsed_min": 100},
        {"systolic": 144, "diastolic": 96},
        {"systolic": 96, "diastolic": 64},
        {"baseline_systolic": 150, "systolic": 159},
        {"spo2": 93},
        {"oxygen_l_min": 0},
        {"bp_at_min": 75, "spo2_at_min": 75, "moaas_at_min": 75},
        {"route": "intranasal", "elapsed_min": 120, "infusion_end_min": None},
    ],
)
def test_at_its_limit_each_check_is_still_met(changed):
    assert unmet(**changed) == set()


def test_a_tick_of_the_nurse_cannot_replace_what_the_record_must_prove():
    everything = frozenset(check.code for check in DISCHARGE_CHECKS)
    assert unmet(confirmed=everything, spo2=88) == {"spo2_ok"}


def test_a_reading_from_before_the_dose_proves_nothing_about_now():
    early = {"route": "im", "elapsed_min": 20, "bp_at_min": 0, "spo2_at_min": 0}
    assert unmet(**early, moaas_at_min=0) == {"watched", "bp_near_baseline", "spo2_ok", "awake"}


def test_each_proof_carries_the_values_that_decided():
    evidence = {r.code: dict(r.evidence) for r in evaluate_discharge(READY, SHIPPED["iv"])}
    assert evidence["watched"] == {"elapsed_min": 105, "minimum_min": 100}
    assert evidence["bp_near_baseline"] == {
        "systolic": 128,
        "diastolic": 82,
        "baseline_systolic": 120,
        "baseline_diastolic": 80,
        "at_min": 100,
    }
    assert evidence["spo2_ok"] == {"spo2": 97, "oxygen_l_min": None, "at_min": 100}
    assert evidence["awake"] == {"moaas": 5, "at_min": 100}
    assert evidence["effects_mild"] == {"open": 1, "blocking": ""}
    blocked = replace(READY, open_effects=(OpenEffect("confusion", "mild"),))
    results = evaluate_discharge(blocked, SHIPPED["iv"])
    (effects,) = [r for r in results if r.code == "effects_mild"]
    assert effects.evidence["blocking"] == "confusion"
