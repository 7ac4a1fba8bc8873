"""Dose arithmetic: the worked example of the dose card, the infusion clock, and its laws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.rules.dosing import (
    DEVICE_MG,
    DEVICE_REST_MIN,
    RateEvent,
    check_infusion,
    devices_for,
    dose_band,
    infusion_mg,
    infusion_mg_exact,
    infusion_state,
    mg_for_weight,
    mg_per_kg,
    outside_band,
    pump_rate_ml_per_hour,
    rounded_mg,
    volume_ml,
)

D = Decimal
T0 = datetime(2026, 11, 20, 10, 52, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def event(minutes: float, kind: str, rate: str | None = None) -> RateEvent:
    return RateEvent(at(minutes), kind, None if rate is None else D(rate))


def test_the_dose_card_of_a_person_of_72_4_kg():
    mg = mg_for_weight(D("0.5"), D("72.4"))
    assert mg == D("36.2")
    assert rounded_mg(mg) == D("36")
    assert volume_ml(D("36"), D("10")) == D("3.60")
    assert pump_rate_ml_per_hour(D("50"), 40) == D("75.0")
    assert mg_per_kg(D("36"), D("72.4")) == D("0.497")


@pytest.mark.parametrize(
    ("mg", "step", "rounded"),
    [
        ("36.49", "1", "36"),
        ("36.5", "1", "37"),
        ("37.5", "1", "38"),  # not to the even neighbour
        ("36.2", "0.5", "36.0"),
        ("36.25", "0.5", "36.5"),
        ("36.2", "5", "35"),
        ("37.5", "5", "40"),
    ],
)
def test_a_dose_is_rounded_half_up_to_a_multiple_of_the_step(mg, step, rounded):
    assert rounded_mg(D(mg), D(step)) == D(rounded)


@given(st.decimals("0.01", "2000", places=3), st.sampled_from([D("0.5"), D("1"), D("5")]))
def test_rounding_moves_a_dose_by_at_most_half_a_step(mg, step):
    rounded = rounded_mg(mg, step)
    assert abs(rounded - mg) <= step / 2
    assert rounded % step == 0


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda: mg_for_weight(D("0.5"), D("0")),
        lambda: mg_for_weight(D("-0.5"), D("70")),
        lambda: mg_for_weight(D("NaN"), D("70")),
        lambda: rounded_mg(D("36"), D("0")),
        lambda: volume_ml(D("36"), D("0")),
        lambda: pump_rate_ml_per_hour(D("50"), 0),
        lambda: mg_per_kg(D("36"), D("0")),
    ],
)
def test_an_amount_that_cannot_be_is_an_error(nonsense):
    with pytest.raises((ValueError, ArithmeticError)):
        nonsense()


def test_a_missing_weight_gives_no_dose_per_kg_and_never_zero():
    assert mg_per_kg(D("36"), None) is None


@pytest.mark.parametrize(("mg", "devices"), [(28, 1), (56, 2), (84, 3), (D("84.0"), 3)])
def test_esketamine_comes_in_devices_of_28_mg(mg, devices):
    assert devices_for(mg) == devices
    assert (DEVICE_MG, DEVICE_REST_MIN) == (28, 5)


@pytest.mark.parametrize("mg", [0, 27, 29, 36, 112, D("56.1"), -28])
def test_any_other_esketamine_dose_is_refused(mg):
    with pytest.raises(ValueError, match="28, 56 or 84"):
        devices_for(mg)


BANDS = [
    ("iv", "0.3", "1.0"),
    ("im", "0.25", "1.0"),
    ("sc", "0.3", "1.0"),
    ("oral", "0.5", "2.0"),
    ("sublingual", "0.1", "2.0"),
]


@pytest.mark.parametrize(("route", "low", "high"), BANDS)
def test_a_dose_outside_the_band_of_its_route_asks_for_a_reason(route, low, high):
    band, weight, hair = dose_band(route, "ketamine"), D("80"), D("0.01")
    assert band is not None and band.per_kg
    assert outside_band(D(low) * weight, weight, band) is None
    assert outside_band(D(high) * weight, weight, band) is None
    assert outside_band(D(low) * weight - hair, weight, band) == "below_band"
    assert outside_band(D(high) * weight + hair, weight, band) == "above_band"
    assert outside_band(D("40"), None, band) == "weight_missing"


@pytest.mark.parametrize(
    ("mg", "age", "code"),
    [
        ("56", None, None),
        ("84", 40, None),
        ("28", None, "below_band"),
        ("28", 64, "below_band"),
        ("28", 65, None),
        ("70", 40, "not_a_device_step"),
    ],
)
def test_esketamine_has_its_own_band_in_mg(mg, age, code):
    band = dose_band("intranasal", "esketamine")
    assert band is not None and not band.per_kg
    for weight in (None, D("72.4")):  # a dose in mg does not depend on the weight
        assert outside_band(D(mg), weight, band, age_years=age) == code


def test_a_pair_without_a_shipped_band_has_none():
    assert dose_band("intranasal", "ketamine") is None
    assert dose_band("iv", "esketamine") is None


def test_forty_minutes_at_54_mg_per_hour_are_36_mg():
    events = [event(0, "start", "54"), event(40, "stop")]
    assert infusion_mg(events, at(40)) == D("36.00")
    assert infusion_mg(events, at(20)) == D("18.00")
    assert infusion_mg(events, at(500)) == D("36.00")
    assert infusion_mg(events, at(-5)) == infusion_mg([], at(5)) == 0


def test_a_pause_gives_nothing_and_the_resume_keeps_the_rate():
    events = [
        event(0, "start", "60"),
        event(10, "pause"),
        event(25, "resume"),
        event(45, "stop"),
    ]
    given_so_far = [infusion_mg(events, at(minute)) for minute in (10, 20, 25, 35, 45)]
    assert given_so_far == [D("10"), D("10"), D("10"), D("20"), D("30")]


def test_a_rate_change_counts_from_its_minute_and_one_during_a_pause_from_the_resume():
    events = [
        event(0, "start", "60"),
        event(10, "rate_change", "30"),
        event(20, "pause"),
        event(22, "rate_change", "120"),
        event(30, "resume"),
        event(40, "stop"),
    ]
    assert infusion_mg(events, at(60)) == D("10") + D("5") + D("20")


def test_a_resume_may_name_a_new_rate():
    events = [event(0, "start", "60"), event(10, "pause"), event(12, "resume", "30")]
    assert infusion_mg(events, at(22)) == D("15")


def test_the_night_the_clocks_go_back_an_infusion_runs_in_real_minutes():
    zone = ZoneInfo("America/New_York")
    start = datetime(2026, 11, 1, 1, 30, tzinfo=zone)
    stop = datetime(2026, 11, 1, 1, 30, tzinfo=zone, fold=1)
    events = [RateEvent(start, "start", D("36")), RateEvent(stop, "stop")]
    assert infusion_mg(events, stop) == D("36.00")


def test_a_third_of_a_milligram_is_rounded_once_at_the_end():
    events = [event(minute, "rate_change" if minute else "start", "1") for minute in range(20)]
    assert infusion_mg_exact(events, at(20)) == Fraction(1, 3)
    assert infusion_mg(events, at(20)) == D("0.33")
    assert infusion_mg(events, at(20), step=D("0.001")) == D("0.333")
    assert infusion_mg([event(0, "start", "0.3")], at(1)) == D("0.01")  # 0.005 goes up


def test_a_naive_time_is_refused():
    naive = datetime(2026, 11, 20, 11, 0)  # noqa: DTZ001 - the refusal is what is tested
    with pytest.raises(ValueError, match="without a zone"):
        infusion_mg([], naive)
    with pytest.raises(ValueError, match="without a zone"):
        infusion_mg([RateEvent(naive, "start", D("54"))], T0)


@pytest.mark.parametrize(
    ("events", "faults"),
    [
        ([], []),
        ([event(0, "start", "54")], []),
        ([event(0, "start", "54"), event(0, "pause"), event(0, "resume")], []),
        ([event(0, "pause")], ["not_started"]),
        ([event(0, "start", "54"), event(1, "start", "54")], ["already_started"]),
        (
            [event(0, "start", "54"), event(1, "pause"), event(2, "pause")],
            ["already_paused"],
        ),
        ([event(0, "start", "54"), event(1, "resume")], ["already_running"]),
        (
            [event(0, "start", "54"), event(1, "stop"), event(2, "resume"), event(3, "stop")],
            ["after_stop", "after_stop"],
        ),
        ([event(0, "start")], ["rate_missing"]),
        ([event(0, "start", "54"), event(1, "rate_change")], ["rate_missing"]),
        ([event(0, "start", "0")], ["rate_not_positive"]),
        (
            [event(0, "start", "54"), event(1, "rate_change", "-1")],
            ["rate_not_positive"],
        ),
        ([event(5, "start", "54"), event(4, "stop")], ["not_ascending"]),
    ],
)
def test_an_impossible_order_is_named_and_never_counted(events, faults):
    assert check_infusion(events) == faults
    if faults:
        with pytest.raises(ValueError, match=faults[0]):
            infusion_mg(events, at(60))


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ([], "not_started"),
        (["start"], "running"),
        (["start", "rate_change"], "running"),
        (["start", "pause"], "paused"),
        (["start", "pause", "rate_change"], "paused"),
        (["start", "pause", "resume"], "running"),
        (["start", "pause", "stop"], "stopped"),
    ],
)
def test_the_state_follows_the_last_deed(kinds, state):
    assert infusion_state([event(i, kind, "54") for i, kind in enumerate(kinds)]) == state


@st.composite
def infusions(draw: st.DrawFn) -> list[RateEvent]:
    """A possible infusion: steps of 0 to 30 min to the microsecond, in an order that can be."""
    rates = st.decimals("0.1", "200", places=1)
    moment, state = T0, "running"
    events = [RateEvent(moment, "start", draw(rates))]
    for _ in range(draw(st.integers(0, 8))):
        moment += draw(st.timedeltas(timedelta(0), timedelta(minutes=30)))
        kind = draw(st.sampled_from(["toggle", "rate_change"]))
        if kind == "rate_change":
            events.append(RateEvent(moment, "rate_change", draw(rates)))
            continue
        events.append(RateEvent(moment, "pause" if state == "running" else "resume"))
        state = infusion_state(events)
    return events


spans = st.timedeltas(timedelta(0), timedelta(hours=5))


@given(infusions(), spans, spans)
def test_what_was_given_never_falls_and_never_exceeds_the_fastest_rate(events, first, second):
    assert check_infusion(events) == []
    early, late = T0 + min(first, second), T0 + max(first, second)
    before, after = infusion_mg_exact(events, early), infusion_mg_exact(events, late)
    fastest = max(Fraction(e.rate_mg_per_hour) for e in events if e.rate_mg_per_hour)
    assert 0 <= before <= after
    assert after - before <= fastest * Fraction((late - early) / timedelta(hours=1)) + Fraction(
        1, 10**6
    )


@given(infusions(), spans)
def test_a_pause_and_resume_in_the_same_instant_change_nothing(events, until):
    if infusion_state(events) == "paused":
        return
    last = events[-1].at
    twice = [*events, RateEvent(last, "pause"), RateEvent(last, "resume")]
    assert infusion_mg_exact(twice, T0 + until) == infusion_mg_exact(events, T0 + until)


@given(st.decimals("0.1", "200", places=1), spans, spans)
def test_a_constant_rate_gives_rate_times_time_and_adds_up(rate, first, second):
    start = [RateEvent(T0, "start", rate)]
    hours = Fraction((first + second) // timedelta(microseconds=1), 3_600_000_000)
    whole = infusion_mg_exact(start, T0 + first + second)
    assert whole == Fraction(rate) * hours
    later = [RateEvent(T0 + first, "start", rate)]
    parts = infusion_mg_exact(start, T0 + first) + infusion_mg_exact(later, T0 + first + second)
    assert parts == whole
    assert abs(Fraction(infusion_mg(start, T0 + first + second)) - whole) <= Fraction(1, 200)
