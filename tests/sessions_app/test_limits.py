"""Each limit at, below and above: the table is written out here a second time, as literals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.rules.limits import (
    DEFAULT_ALERTS,
    LIMITS_VERSION,
    PLAUSIBLE,
    SIGNS,
    AlertLimit,
    AlertLimits,
    breaches,
    jumps,
    mean_arterial,
    refusals,
    weight_change,
)

D = Decimal

PLAUSIBLE_TABLE = [
    ("systolic", 30, 300, 1),
    ("diastolic", 10, 200, 1),
    ("mean_arterial", 30, 220, 1),
    ("heart_rate", 15, 300, 1),
    ("spo2", 30, 100, 1),
    ("respiratory_rate", 0, 80, 1),
    ("temperature_c", D("25.0"), D("45.0"), D("0.1")),
    ("etco2", 0, 150, 1),
    ("moaas", 0, 5, 1),
    ("pain", 0, 10, 1),
    ("oxygen_l_min", D(0), D(60), D("0.1")),
    ("weight_kg", D(25), D(350), D("0.1")),
    ("height_cm", D(100), D(250), D("0.1")),
    ("rate_ml_per_hour", D(1), D(999), D("0.1")),
    ("amount_mg", D(1), D(1000), D("0.1")),
]

# sign, phase, the last quiet value, the first value that calls, level, code
ALERT_TABLE = [
    ("systolic", "before", 140, 141, "medium", "systolic_high"),
    ("systolic", "before", 179, 180, "high", "systolic_high"),
    ("systolic", "before", 90, 89, "medium", "systolic_low"),
    ("systolic", "after", 159, 160, "medium", "systolic_high"),
    ("systolic", "after", 179, 180, "high", "systolic_high"),
    ("systolic", "after", 90, 89, "medium", "systolic_low"),
    ("diastolic", "before", 90, 91, "medium", "diastolic_high"),
    ("diastolic", "before", 109, 110, "high", "diastolic_high"),
    ("diastolic", "before", 50, 49, "medium", "diastolic_low"),
    ("diastolic", "after", 99, 100, "medium", "diastolic_high"),
    ("diastolic", "after", 109, 110, "high", "diastolic_high"),
    ("diastolic", "after", 50, 49, "medium", "diastolic_low"),
    ("mean_arterial", "before", 110, 111, "medium", "mean_arterial_high"),
    ("mean_arterial", "before", 65, 64, "medium", "mean_arterial_low"),
    ("mean_arterial", "after", 120, 121, "medium", "mean_arterial_high"),
    ("mean_arterial", "after", 65, 64, "medium", "mean_arterial_low"),
    ("heart_rate", "before", 110, 111, "medium", "heart_rate_high"),
    ("heart_rate", "before", 50, 49, "medium", "heart_rate_low"),
    ("heart_rate", "after", 120, 121, "medium", "heart_rate_high"),
    ("heart_rate", "after", 50, 49, "medium", "heart_rate_low"),
    ("spo2", "before", 94, 93, "medium", "spo2_low"),
    ("spo2", "before", 90, 89, "high", "spo2_low"),
    ("spo2", "after", 92, 91, "medium", "spo2_low"),
    ("spo2", "after", 90, 89, "high", "spo2_low"),
    ("respiratory_rate", "before", 24, 25, "medium", "respiratory_rate_high"),
    ("respiratory_rate", "before", 10, 9, "medium", "respiratory_rate_low"),
    ("respiratory_rate", "before", 8, 7, "high", "respiratory_rate_low"),
    ("respiratory_rate", "after", 24, 25, "medium", "respiratory_rate_high"),
    ("respiratory_rate", "after", 10, 9, "medium", "respiratory_rate_low"),
    ("respiratory_rate", "after", 8, 7, "high", "respiratory_rate_low"),
    ("temperature_c", "before", D("38.0"), D("38.1"), "medium", "temperature_c_high"),
    ("temperature_c", "before", D("35.0"), D("34.9"), "medium", "temperature_c_low"),
    ("temperature_c", "after", D("38.0"), D("38.1"), "medium", "temperature_c_high"),
    ("temperature_c", "after", D("35.0"), D("34.9"), "medium", "temperature_c_low"),
    ("etco2", "after", 50, 51, "medium", "etco2_high"),
    ("etco2", "after", 30, 29, "medium", "etco2_low"),
    ("moaas", "before", 5, 4, "medium", "moaas_low"),
    ("moaas", "before", 2, 1, "high", "moaas_low"),
    ("moaas", "after", 4, 3, "medium", "moaas_low"),
    ("moaas", "after", 2, 1, "high", "moaas_low"),
]
RISES = [("systolic", 100, 139, 140), ("diastolic", 60, 84, 85)]


def codes(found):
    return [(item.field, item.code) for item in found]


def calls(values, phase="after", baseline=None):
    return [(b.code, b.level) for b in breaches(values, phase=phase, baseline=baseline)]


@pytest.mark.parametrize(("sign", "low", "high", "step"), PLAUSIBLE_TABLE)
def test_both_ends_of_a_plausible_range_are_kept_and_one_step_further_is_refused(
    sign, low, high, step
):
    assert refusals({sign: low}) == refusals({sign: high}) == []
    below = refusals({sign: low - step})
    above = refusals({sign: high + step})
    assert codes(below) == [(sign, "implausible_low")]
    assert codes(above) == [(sign, "implausible_high")]
    assert below[0].limit == above[0].limit == f"{int(low)}–{int(high)}"
    assert (below[0].value, above[0].value) == (low - step, high + step)


def test_the_table_of_this_test_names_every_range():
    assert [row[0] for row in PLAUSIBLE_TABLE] == list(PLAUSIBLE)
    assert set(SIGNS) <= set(PLAUSIBLE)


@pytest.mark.parametrize(("sign", "phase", "quiet", "loud", "level", "code"), ALERT_TABLE)
def test_each_alert_limit_calls_exactly_from_its_first_value(sign, phase, quiet, loud, level, code):
    found = breaches({sign: loud}, phase=phase, baseline=None)
    assert [(b.sign, b.code, b.level, b.value) for b in found] == [(sign, code, level, loud)]
    assert found[0].unit == PLAUSIBLE[sign].unit
    assert (code, level) not in calls({sign: quiet}, phase)


def test_the_table_of_this_test_names_every_alert_limit():
    shipped = {
        (limit.sign, phase, limit.code, limit.level)
        for limit in DEFAULT_ALERTS.limits
        for phase in limit.phases
        if not limit.rise
    }
    assert {(row[0], row[1], row[5], row[4]) for row in ALERT_TABLE} == shipped


@pytest.mark.parametrize(("sign", "start", "quiet", "loud"), RISES)
def test_a_rise_over_baseline_calls_from_its_limit_and_only_after_the_start(
    sign, start, quiet, loud
):
    assert calls({sign: quiet}, baseline={sign: start}) == []
    found = breaches({sign: loud}, phase="after", baseline={sign: start})
    assert [(b.code, b.level, b.value) for b in found] == [(f"{sign}_rise", "medium", loud - start)]
    assert calls({sign: loud}, "before", {sign: start}) == []
    assert calls({sign: loud}, baseline=None) == calls({sign: loud}, baseline={sign: None}) == []


def test_one_breach_per_sign_and_direction_the_most_severe():
    found = calls({"systolic": 190}, baseline={"systolic": 110})
    assert found == [("systolic_high", "high")]
    assert calls({"systolic": 165}, baseline={"systolic": 110}) == [("systolic_high", "medium")]


def test_no_breath_is_kept_and_calls_at_once():
    for phase in ("before", "after"):
        assert refusals({"respiratory_rate": 0}) == []
        assert calls({"respiratory_rate": 0}, phase) == [("respiratory_rate_low", "high")]


@pytest.mark.parametrize(
    "values",
    [
        {"systolic": 260, "diastolic": 160},
        {"systolic": 45, "diastolic": 20},
        {"heart_rate": 230},
        {"heart_rate": 22},
        {"spo2": 41},
        {"temperature_c": D("29.5")},
        {"moaas": 0},
    ],
)
def test_an_extreme_but_true_emergency_is_never_refused_and_always_calls(values):
    assert refusals(values) == []
    assert calls(values)


def test_mean_pressure_is_derived_and_compared_without_rounding():
    mean_only = AlertLimits(
        "mean-only", tuple(li for li in DEFAULT_ALERTS.limits if li.sign == "mean_arterial")
    )

    def found(systolic, diastolic):
        pressures = {"systolic": systolic, "diastolic": diastolic}
        rows = breaches(pressures, phase="after", baseline=None, alert_limits=mean_only)
        return [(row.code, row.value) for row in rows]

    assert found(150, 105) == []  # exactly 120
    assert found(151, 105) == [("mean_arterial_high", D("120.3"))]
    assert calls({"systolic": 92, "diastolic": 51}) == [("mean_arterial_low", "medium")]
    assert calls({"systolic": 95, "diastolic": 50}) == []  # exactly 65
    assert mean_arterial(120, 80) == D("93.3")


@pytest.mark.parametrize(
    ("systolic", "diastolic", "called"),
    [
        (240, 79, ["systolic_high"]),
        (151, 105, ["diastolic_high"]),
        (196, 118, ["systolic_high", "diastolic_high"]),
        (88, 52, ["systolic_low"]),
        (101, 45, ["diastolic_low"]),
        (92, 51, ["mean_arterial_low"]),
        (162, 40, ["systolic_high", "diastolic_low"]),
    ],
)
def test_one_cuff_does_not_call_again_for_its_mean(systolic, diastolic, called):
    found = calls({"systolic": systolic, "diastolic": diastolic}, baseline=None)
    assert [code for code, _level in found] == called


def test_a_mean_that_is_worse_than_its_pressures_or_was_entered_still_calls():
    grave = AlertLimit("mean_arterial", ("after",), ">", 110, "high", "our protocol")
    own = AlertLimits("ours-3", (*DEFAULT_ALERTS.limits, grave))
    pressures = {"systolic": 165, "diastolic": 95}

    def levels(values):
        rows = breaches(values, phase="after", baseline=None, alert_limits=own)
        return [(row.code, row.level) for row in rows]

    assert levels(pressures) == [("systolic_high", "medium"), ("mean_arterial_high", "high")]
    assert ("mean_arterial_low", "medium") in levels(
        {"systolic": 88, "diastolic": 52, "mean_arterial": 60}
    )


def test_a_rise_speaks_for_its_mean_too():
    values, before = {"systolic": 159, "diastolic": 99}, {"systolic": 110, "diastolic": 70}
    limit = AlertLimit("mean_arterial", ("after",), ">", 115, "medium", "our protocol")
    own = AlertLimits("ours-4", (*DEFAULT_ALERTS.limits, limit))
    found = breaches(values, phase="after", baseline=before, alert_limits=own)
    assert [row.code for row in found] == ["systolic_rise", "diastolic_rise"]


def test_one_pressure_alone_gives_no_mean():
    assert calls({"systolic": 120, "diastolic": None}) == []


def test_diastolic_must_be_below_systolic():
    assert refusals({"systolic": 120, "diastolic": 119}) == []
    for diastolic in (120, 121):
        (refusal,) = refusals({"systolic": 120, "diastolic": diastolic})
        assert (refusal.field, refusal.code) == ("diastolic", "diastolic_not_below_systolic")
        assert (refusal.limit, refusal.value) == ("< 120", diastolic)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (D("90"), "looks_like_fahrenheit"),
        (D("98.6"), "looks_like_fahrenheit"),
        (D("110"), "looks_like_fahrenheit"),
        (D("89.9"), "implausible_high"),
        (D("110.1"), "implausible_high"),
    ],
)
def test_a_temperature_in_fahrenheit_is_named_as_such(value, code):
    assert codes(refusals({"temperature_c": value})) == [("temperature_c", code)]


def test_counted_signs_are_whole_numbers_and_nothing_is_not_a_number():
    assert codes(refusals({"heart_rate": D("71.5")})) == [("heart_rate", "not_an_integer")]
    assert refusals({"heart_rate": D("71")}) == []
    assert codes(refusals({"spo2": D("NaN")})) == [("spo2", "not_a_number")]
    assert codes(refusals({"weight_kg": D("Infinity")})) == [("weight_kg", "not_a_number")]


@pytest.mark.parametrize("values", [{}, {"systolic": None, "pain": None}])
def test_a_reading_without_any_value_is_refused_as_a_whole(values):
    assert codes(refusals(values)) == [("", "nothing_entered")]


def test_all_faults_of_one_reading_are_told_together():
    assert codes(refusals({"systolic": 700, "spo2": 10, "pain": 3})) == [
        ("systolic", "implausible_high"),
        ("spo2", "implausible_low"),
    ]


def test_a_misspelt_sign_is_an_error_and_not_silently_unchecked():
    with pytest.raises(KeyError):
        refusals({"sytolic": 120})


def test_a_quiet_reading_calls_nobody():
    quiet = {
        "systolic": 124,
        "diastolic": 78,
        "heart_rate": 72,
        "spo2": 97,
        "respiratory_rate": 14,
        "temperature_c": D("36.7"),
        "etco2": 38,
        "moaas": 5,
        "pain": 10,
        "oxygen_l_min": D("2"),
    }
    assert refusals(quiet) == []
    assert calls(quiet, "before") == calls(quiet, "after", quiet) == []


def test_a_clinic_can_replace_the_table():
    own = AlertLimits("ours-2", (AlertLimit("pain", ("after",), ">=", 7, "low", "our protocol"),))
    found = breaches({"pain": 7, "spo2": 80}, phase="after", baseline=None, alert_limits=own)
    assert [(b.code, b.level) for b in found] == [("pain_high", "low")]
    assert DEFAULT_ALERTS.version == LIMITS_VERSION == "default-2026-11"


def test_every_number_names_its_source():
    assert all(row.source for row in PLAUSIBLE.values())
    assert all(limit.source for limit in DEFAULT_ALERTS.limits)


@pytest.mark.parametrize(
    ("sign", "last", "quiet", "asked"),
    [
        ("systolic", 120, 160, 161),
        ("systolic", 120, 80, 79),
        ("diastolic", 60, 100, 101),
        ("diastolic", 100, 60, 59),
        ("heart_rate", 70, 110, 111),
        ("heart_rate", 110, 70, 69),
        ("spo2", 98, 92, 91),
        ("spo2", 91, 97, 98),
    ],
)
def test_a_jump_between_two_readings_is_asked_about(sign, last, quiet, asked):
    assert jumps({sign: quiet}, {sign: last}) == []
    (jump,) = jumps({sign: asked}, {sign: last})
    assert (jump.sign, jump.change) == (sign, asked - last)
    assert jumps({sign: asked}, {}) == []


@pytest.mark.parametrize(
    ("weight", "previous", "code"),
    [
        ("84", "80", None),  # exactly 5 %
        ("84.1", "80", "weight_changed"),
        ("76", "80", None),
        ("75.9", "80", "weight_changed"),
        ("88", "80", "weight_changed"),  # exactly 10 %
        ("88.1", "80", "weight_changed_much"),
        ("71.9", "80", "weight_changed_much"),
        ("176.4", "80", "looks_like_pounds"),
    ],
)
def test_a_changed_weight_is_asked_about(weight, previous, code):
    change = weight_change(D(weight), D(previous))
    assert (change.code if change else None) == code


def test_a_first_weight_asks_nothing_and_the_change_is_printed_in_percent():
    assert weight_change(D("72.4"), None) is None
    change = weight_change(D("79.9"), D("72.4"))
    assert change is not None
    assert (change.code, change.percent) == ("weight_changed_much", D("10.4"))


whole = {
    sign: st.integers(int(low), int(high)) for sign, low, high, step in PLAUSIBLE_TABLE if step == 1
}
readings = st.fixed_dictionaries({}, optional={s: whole[s] for s in SIGNS if s in whole})
SEVERITY = {"low": 0, "medium": 1, "high": 2}


@given(readings, readings, st.sampled_from(["before", "after"]))
def test_breaches_are_unique_by_sign_and_direction_and_never_fail(values, baseline, phase):
    found = breaches(values, phase=phase, baseline=baseline)
    seen = [(b.sign, b.code.endswith("_low")) for b in found]
    assert len(seen) == len(set(seen))


@given(st.sampled_from(["systolic", "diastolic", "heart_rate"]), st.data())
def test_a_higher_value_is_never_less_severe_above_the_quiet_range(sign, data):
    lower = data.draw(st.integers(100, 190))
    upper = data.draw(st.integers(lower, 200))
    levels = [
        max(
            (SEVERITY[b.level] for b in breaches({sign: v}, phase="after", baseline=None)),
            default=-1,
        )
        for v in (lower, upper)
    ]
    assert levels[0] <= levels[1]


@given(readings, readings, st.sampled_from(["before", "after"]))
def test_leaving_out_the_mean_never_lowers_the_call_of_a_reading(values, baseline, phase):
    found = breaches(values, phase=phase, baseline=baseline)
    every = [b for limit in DEFAULT_ALERTS.limits if (b := one(limit, values, phase, baseline))]
    assert max((SEVERITY[b.level] for b in found), default=-1) == max(
        (SEVERITY[b.level] for b in every), default=-1
    )


def one(limit, values, phase, baseline):
    alone = AlertLimits("one", (limit,))
    return next(iter(breaches(values, phase=phase, baseline=baseline, alert_limits=alone)), None)
