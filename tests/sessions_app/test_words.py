"""Every dose, drug, number and time on a page passes one of these filters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.templatetags import words

NBSP = "\u00a0"
AT = datetime(2026, 11, 20, 10, 42, tzinfo=UTC)
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("36"), "36 mg"),
        (Decimal("36.0"), "36 mg"),
        (Decimal("5.00"), "5 mg"),
        (Decimal(".5"), "0.5 mg"),
        (Decimal("28.5"), "28.5 mg"),
        (1000, "1,000 mg"),
        (Decimal("1E+3"), "1,000 mg"),
        (1234567.25, "1,234,567.25 mg"),
        (0, "0 mg"),
        ("36", "36 mg"),
    ],
)
def test_a_dose_has_no_trailing_zero_and_always_a_leading_one(value: object, shown: str) -> None:
    assert words.mg(value) == shown.replace(" ", NBSP)
    assert words.dose(value) == shown.replace(" ", NBSP)


@pytest.mark.parametrize("missing", [None, "", "  ", "abc", float("nan"), float("inf"), True])
def test_a_missing_value_is_an_en_dash_and_never_zero(missing: object) -> None:
    plain = [words.mg, words.mg_per_kg, words.kg, words.ml, words.ml_per_hour, words.number]
    assert {name(missing) for name in plain} == {"–"}
    assert words.dose(missing, "mL") == "–"
    assert words.elapsed(missing) == "–"


@pytest.mark.parametrize("name", [words.clock, words.day, words.daytime, words.ago, words.age])
def test_a_missing_time_is_an_en_dash(name: object) -> None:
    assert name(None) == "–"  # type: ignore[operator]


def test_each_unit_is_written_out_after_a_non_breaking_space() -> None:
    assert words.mg_per_kg(Decimal("0.50")) == f"0.5{NBSP}mg/kg"
    assert words.ml(Decimal("3.60")) == f"3.6{NBSP}mL"
    assert words.ml_per_hour(75) == f"75{NBSP}mL/hour"
    assert words.dose(250, "mcg") == f"250{NBSP}mcg"
    assert words.number(98, "%") == f"98{NBSP}%"
    assert words.number(97) == "97"


@pytest.mark.parametrize(
    ("weight", "shown"),
    [("72.4", "72.4"), ("72.0", "72"), ("72.45", "72.5"), ("72.44", "72.4"), (100, "100")],
)
def test_a_weight_has_at_most_one_decimal(weight: object, shown: str) -> None:
    assert words.kg(weight) == f"{shown}{NBSP}kg"


def test_numbers_follow_the_language_of_the_reader() -> None:
    with translation.override("es"):
        assert words.mg(Decimal("0.50")) == f"0,5{NBSP}mg"


@given(st.decimals(min_value=0, max_value=100_000, places=4, allow_nan=False))
def test_a_written_dose_reads_back_as_the_same_number(amount: Decimal) -> None:
    shown, unit = words.mg(amount).split(NBSP)
    assert Decimal(shown.replace(",", "")) == amount
    assert unit == "mg"
    assert shown[0].isdigit()
    assert "." not in shown or not shown.endswith(("0", "."))


@pytest.mark.parametrize(
    ("code", "plain", "tall"),
    [
        ("ketamine", "ketamine", "ket<b>AMINE</b>"),
        ("esketamine", "esketamine", "<b>ES</b>ketamine"),
    ],
)
def test_a_drug_is_seen_in_tall_man_letters_and_heard_plainly(
    code: str, plain: str, tall: str
) -> None:
    shown = words.drug_name(code)
    assert f'<span class="vh">{plain}</span>' in shown
    assert f'<span aria-hidden="true">{tall}</span>' in shown
    assert words.drug_plain(code) == plain


def test_an_unknown_drug_is_shown_as_it_stands_and_escaped() -> None:
    page = Template("{% load words %}{{ code|drug_name }}").render(Context({"code": "<i>x</i>"}))
    assert page == "&lt;i&gt;x&lt;/i&gt;"
    assert words.drug_name("") == words.drug_plain("") == "–"


def test_a_time_is_read_on_the_clock_of_the_clinic() -> None:
    assert words.clock(AT, BERLIN) == "11:42"
    assert words.clock(AT, "America/New_York") == "05:42"
    assert words.daytime(AT, BERLIN) == "20 Nov 2026, 11:42"


def test_without_a_zone_the_active_one_is_used() -> None:
    with timezone.override(BERLIN):
        assert words.clock(AT) == "11:42"


def test_a_day_has_its_month_in_letters_and_turns_at_the_midnight_of_the_clinic() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert words.day(late, BERLIN) == "21 Nov 2026"
    assert words.day(late, "UTC") == "20 Nov 2026"
    assert words.day(date(2026, 3, 2)) == "2 Mar 2026"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        words.clock(datetime(2026, 11, 20, 10, 42), BERLIN)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(seconds=20), f"just{NBSP}now, 11:42"),
        (timedelta(minutes=8, seconds=40), f"8{NBSP}min{NBSP}ago, 11:42"),
        (timedelta(minutes=70), f"1{NBSP}h{NBSP}10{NBSP}min{NBSP}ago, 11:42"),
        (timedelta(hours=3), f"3{NBSP}h{NBSP}ago, 11:42"),
        (timedelta(days=2, hours=3), f"2{NBSP}d{NBSP}ago, 20 Nov 2026, 11:42"),
        (-timedelta(minutes=8), f"in{NBSP}8{NBSP}min, 11:42"),
    ],
)
def test_ago_always_carries_the_clock_time(passed: timedelta, shown: str) -> None:
    with time_machine.travel(AT + passed, tick=False):
        element = words.ago(AT, BERLIN)
    assert element == f'<time datetime="2026-11-20T11:42:00+01:00">{shown}</time>'


def test_age_is_the_bare_time_that_passed() -> None:
    with time_machine.travel(AT + timedelta(minutes=70), tick=False):
        assert words.age(AT, BERLIN) == (
            f'<time datetime="2026-11-20T11:42:00+01:00">1{NBSP}h{NBSP}10{NBSP}min</time>'
        )
    with time_machine.travel(AT - timedelta(minutes=1), tick=False):
        assert f">0{NBSP}min<" in words.age(AT, BERLIN)


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(52, "0:52"), (0, "0:00"), (122.9, "2:02"), (-12, "−0:12"), (-0.5, "0:00"), (600, "10:00")],
)
def test_elapsed_minutes_are_hours_and_minutes(minutes: float, shown: str) -> None:
    assert words.elapsed(minutes) == shown


def test_a_blood_pressure_never_hides_a_missing_half() -> None:
    assert words.bp(132, 84) == "132/84"
    assert words.bp(132, None) == "132/–"
    assert words.bp(None, None) == "–"
    assert words.bp(SimpleNamespace(systolic=132, diastolic=84)) == "132/84"
    assert words.bp(SimpleNamespace(systolic=None, diastolic=None)) == "–"


def test_initials_come_from_both_names() -> None:
    assert words.initials("Quentin", "vale") == "Q.V."
    assert words.initials("Jens", "Ødegård") == "J.Ø."
    assert words.initials("", "Vale") == "V."
    assert words.initials("", "") == "–"


def test_the_clock_of_a_page_is_that_of_the_clinic() -> None:
    page = Template("{% load words %}{% clock_now %}")
    nurse = SimpleNamespace(clinic=SimpleNamespace(time_zone=BERLIN))
    request = SimpleNamespace(user=nurse)
    with time_machine.travel(AT, tick=False):
        assert ">11:42<" in page.render(Context({"request": request}))
        assert ">19:42<" in page.render(Context({"clinic_zone": "Asia/Tokyo", "request": request}))
        assert ">10:42<" in page.render(Context())
