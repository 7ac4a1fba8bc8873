"""The live session on the tablet: taps counted, nothing scrolls, nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from sessions_app.chairside.session_state import is_resolved
from sessions_app.clock import local
from sessions_app.models import Alert, Clinic, SideEffect, Staff, TreatmentSession, VitalReading
from tests.browser.live_room import (
    at_the_chair,
    calm,
    effect,
    focused,
    running,
    tap_digits,
    vitals,
)

__all__ = ["calm"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beside(northside: Clinic, nia: Staff, dr_patel: Staff, calm: TreatmentSession) -> Any:
    return running(northside, nia, dr_patel, 2, "Xenia Bell")


def saved_toast(page: Any, words: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(words)


def test_a_full_set_takes_thirteen_taps_and_nothing_scrolls(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    before = set(calm.readings.values_list("pk", flat=True))
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        assert focused(page) == "systolic"
        tap_digits(page, "132" + "84" + "78" + "97" + "14")
        page.locator(".awake label").nth(5).click()
        page.locator("#save-reading").click()
        saved_toast(page, "Saved for Q.V., chair 1.")
        assert page.evaluate("window.taps") <= 13
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        scrolled = "[...document.querySelectorAll('*')].every(e => e.scrollTop === 0)"
        assert page.evaluate(scrolled) and page.evaluate("scrollY") == 0
        assert focused(page) == "systolic", "the next reading can begin"
        assert page.locator("#id_systolic").input_value() == ""
        assert "was 132" in page.locator("#was-systolic").inner_text()
        assert "132" in page.locator("#chart").inner_text()
    reading = calm.readings.exclude(pk__in=before).get()
    assert (reading.systolic, reading.diastolic, reading.heart_rate) == (132, 84, 78)
    assert (reading.spo2, reading.respiratory_rate, reading.moaas) == (97, 14, 5)


ADVANCE = [
    ("systolic", "132", "diastolic"),
    ("systolic", "13", "systolic"),
    ("systolic", "208", "diastolic"),
    ("systolic", "98", "diastolic"),
    ("diastolic", "84", "heart_rate"),
    ("diastolic", "10", "diastolic"),
    ("diastolic", "106", "heart_rate"),
    ("diastolic", "20", "heart_rate"),
    ("heart_rate", "78", "spo2"),
    ("heart_rate", "11", "heart_rate"),
    ("heart_rate", "112", "spo2"),
    ("spo2", "97", "respiratory_rate"),
    ("spo2", "10", "spo2"),
    ("spo2", "100", "respiratory_rate"),
    ("respiratory_rate", "1", "respiratory_rate"),
    ("respiratory_rate", "14", "moaas"),
    ("respiratory_rate", "8", "moaas"),
    ("pain", "1", "pain"),
    ("pain", "4", "pain"),
]


def test_a_field_moves_on_only_when_no_digit_could_follow(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    found = []
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        for name, text, _expected in ADVANCE:
            page.locator(f"#id_{name}").fill("")
            page.locator(f"#id_{name}").focus()
            tap_digits(page, text)
            found.append((name, text, focused(page)))
    assert found == ADVANCE


def test_the_pad_goes_back_from_an_empty_field_and_on_with_next(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        tap_digits(page, "132")
        page.locator("#keypad [data-back]").click()
        assert focused(page) == "systolic"
        page.locator("#keypad [data-back]").click()
        assert page.locator("#id_systolic").input_value() == "13"
        for expected in ("diastolic", "heart_rate", "spo2", "respiratory_rate", "pain", "moaas"):
            page.locator("#keypad [data-next]").click()
            assert focused(page) == expected
        tap_digits(page, "4")
        assert page.locator("input[name=moaas][value='4']").is_checked()
        assert page.locator("#id_systolic").get_attribute("inputmode") == "none"


def test_a_keyboard_fills_and_saves_the_set(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession, beside: Any
) -> None:
    count = calm.readings.count()
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        page.keyboard.type("128")
        page.keyboard.type("8")
        page.keyboard.press("Enter")
        assert focused(page) == "heart_rate"
        page.keyboard.press("Backspace")
        assert focused(page) == "diastolic"
        page.keyboard.type("2")
        page.keyboard.type("789714")
        assert focused(page) == "moaas"
        page.keyboard.press("5")
        page.keyboard.press("Enter")
        assert focused(page) == "save-reading"
        page.keyboard.press("Enter")
        saved_toast(page, "Saved for Q.V., chair 1.")
        page.keyboard.press("Alt+2")
        page.wait_for_url(f"**/s/{beside.pk}/")
    assert calm.readings.count() == count + 1
    reading = calm.readings.last()
    assert (reading.diastolic, reading.respiratory_rate, reading.moaas) == (82, 14, 5)


def test_a_part_of_the_set_is_saved_and_what_lacks_is_said(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        tap_digits(page, "13284")
        tap_digits(page, "78")
        page.locator(".awake label").nth(5).click()
        page.locator("#save-reading").click()
        saved_toast(page, "Saved without SpO₂ and breaths.")


def test_each_tap_takes_the_time_one_minute_back(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        tap_digits(page, "13284")
        for _tap in range(2):
            page.locator("#minus-minute").click()
        assert page.locator("#taken-now").is_hidden()
        page.evaluate(  # a minute may begin between what a test reads and what it taps
            """() => addEventListener('submit', () => {
                window.shown = document.getElementById('taken-clock').textContent; }, true)"""
        )
        page.locator("#save-reading").click()
        saved_toast(page, "Saved for Q.V.")
        assert page.locator("#taken-now").is_visible(), "the next one is now again"
        shown = page.evaluate("window.shown")
    reading = calm.readings.get(systolic=132)
    assert local(reading.taken_at, calm.clinic.time_zone).strftime("%H:%M") == shown
    assert timedelta(minutes=1) <= reading.recorded_at - reading.taken_at <= timedelta(minutes=5)


def test_an_effect_takes_two_taps_and_can_be_undone(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        page.locator("#quick-dizziness summary").click()
        page.locator("#quick-dizziness button[value=mild]").click()
        saved_toast(page, "Dizziness, mild,")
        assert page.evaluate("window.taps") == 2
        assert page.get_by_role("link", name="Change time").is_visible()
        assert focused(page) != "BODY"
        expect(page.locator("#effects .effect-list")).to_contain_text("Dizziness")
        row = SideEffect.objects.get()
        assert (row.code, row.grade) == ("dizziness", "mild")
        page.get_by_role("button", name="Undo").click()
        saved_toast(page, "Struck: Dizziness, mild.")
    strike = SideEffect.objects.get().strike
    assert (strike.struck_by, strike.reason) == (nia, "Undone at once")


def test_an_effect_is_resolved_with_one_tap(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    row = effect(calm, nia, "nausea", "mild", 26)
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        page.get_by_role("button", name="Resolved Nausea").click()
        saved_toast(page, "Nausea, resolved,")
        assert page.evaluate("window.taps") == 1
        assert focused(page) != "BODY"
    assert is_resolved(row)


def test_another_effect_is_found_by_its_name(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        page.locator("#other-effect > summary").click()
        expect(page.locator("#effect-search")).to_be_focused()
        page.keyboard.type("blur")
        page.locator("#effect-found button").click()
        page.locator("#other-effect [name=grade]").select_option("moderate")
        page.get_by_role("button", name="Save side effect").click()
        saved_toast(page, "Blurred vision, moderate,")
    assert SideEffect.objects.get().code == "blurred_vision"


def test_a_severe_effect_asks_whether_the_prescriber_knows(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        page.locator("#quick-anxiety summary").click()
        page.locator("#quick-anxiety button[value=severe]").click()
        expect(page.locator(".effect-tell")).to_contain_text("tell the prescriber?")
        page.get_by_role("button", name="Already told").click()
        expect(page.locator(".effect-tell")).to_have_count(0)
    assert Alert.objects.get().events.get().kind == "called"


def test_an_effect_that_a_colleague_opened_is_changed_and_not_doubled(
    chromium: Browser, live_server: Any, nia: Staff, tom: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        effect(calm, tom, "dizziness", "mild", 40)
        page.locator("#quick-dizziness summary").click()
        page.locator("#quick-dizziness button[value=moderate]").click()
        saved_toast(page, "Dizziness, worse: moderate,")
    assert SideEffect.objects.get().changes.get().grade == "moderate"


def test_a_value_past_a_limit_is_saved_and_alerted_and_the_question_stands_over_it(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        tap_digits(page, "184" + "106")
        page.locator("#save-reading").click()
        question = page.locator("#question .question")
        expect(question).to_contain_text("184/106 is above the limit of 180.")
        expect(question).to_contain_text("It was 141/86")
        expect(question).to_contain_text("a change of +43")
        assert Alert.objects.open().filter(level="high").exists(), "called before it is answered"
        answers = question.locator("a, button")
        assert answers.first.inner_text() == "No, correct it"
        assert page.locator("#keypad").is_hidden()
        assert focused(page) != "BODY"
        page.get_by_role("button", name="Yes, it is right").click()
        expect(question).to_have_count(0)
        assert page.locator("#keypad").is_visible()
        assert focused(page) == "systolic"
    owners = {alert.owner_id for alert in Alert.objects.open()}
    assert owners == {nia.pk}


def test_undo_of_an_alarm_closes_it_and_says_so(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        tap_digits(page, "184" + "106")
        page.locator("#save-reading").click()
        page.get_by_role("button", name="Undo").click()
        saved_toast(page, "The alarm was closed as entered in error: Blood pressure 184/106")
        expect(page.locator("#question .question")).to_have_count(0)
    assert not Alert.objects.open().exists()
    assert VitalReading.objects.get(systolic=184).strike.struck_by == nia


def test_no_brings_the_number_back_and_strikes_it(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        tap_digits(page, "184" + "86")
        page.locator("#save-reading").click()
        page.get_by_role("link", name="No, correct it").click()
        assert page.locator("#id_systolic").input_value() == "184"
        page.locator("#id_systolic").fill("148")
        page.get_by_role("button", name="Save the correction").click()
        page.wait_for_url(f"**/s/{calm.pk}/")
    old = VitalReading.objects.get(systolic=184)
    assert old.strike.reason == "Typed wrong"
    assert VitalReading.objects.get(systolic=148).replaces == old
    assert not Alert.objects.open().exists()


def test_a_jump_inside_the_limits_is_asked_before_it_is_saved(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    count = calm.readings.count()
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        tap_digits(page, "98" + "62")
        page.locator("#save-reading").click()
        jump = page.locator("#jump")
        expect(jump).to_contain_text("a change of −43. Is that what the monitor shows?")
        assert jump.locator("a, button").first.inner_text() == "No, change the number"
        assert calm.readings.count() == count
        page.locator("#jump-no").click()
        assert focused(page) == "systolic"
        assert page.locator("#id_diastolic").input_value() == "62"
        page.locator("#save-reading").click()
        page.locator("#jump-yes").click()
        saved_toast(page, "Saved for Q.V.")
    assert calm.readings.count() == count + 1


def test_what_cannot_be_true_is_refused_and_stays_to_be_corrected(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    count = calm.readings.count()
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        tap_digits(page, "13284" + "78" + "9")
        page.locator("#keypad [data-next]").click()
        page.locator("#save-reading").click()
        summary = page.locator("#new-reading .error-summary")
        expect(summary).to_contain_text("SpO₂ must be 30–100. You entered 9.")
        expect(summary).to_be_focused()
        assert page.title().startswith("Error: ")
        spo2 = page.locator("#id_spo2")
        assert spo2.get_attribute("aria-invalid") == "true"
        assert page.locator(f"#{spo2.get_attribute('aria-describedby')}").is_visible()
        assert page.locator("#id_systolic").input_value() == "132"
        summary.get_by_role("link").click()
        assert focused(page) == "spo2"
        page.locator("#id_spo2").fill("")
        tap_digits(page, "96")
        page.locator("#save-reading").click()
        saved_toast(page, "Saved for Q.V.")
        assert not page.title().startswith("Error: ")
    assert calm.readings.count() == count + 1


def test_another_chair_is_one_tap_and_asks_when_digits_were_typed(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession, beside: Any
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        tap_digits(page, "13")
        tab = page.locator(".bar-tabs a").nth(1)
        tab.click()
        asked = page.locator("#leave")
        expect(asked).to_contain_text("The numbers for Q.V., chair 1, are not saved.")
        expect(asked).to_contain_text("Systolic 13")
        asked.get_by_role("button", name="Stay here").click()
        assert page.locator("#id_systolic").input_value() == "13"
        assert focused(page) == "systolic"
        tab.click()
        asked.get_by_role("button", name="Leave without saving").click()
        page.wait_for_url(f"**/s/{beside.pk}/")
        page.locator(".bar-tabs a").first.click()
        page.wait_for_url(f"**/s/{calm.pk}/")


def test_a_colleagues_reading_comes_by_itself_and_leaves_what_was_typed(
    chromium: Browser, live_server: Any, nia: Staff, tom: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        page.clock.install()
        page.reload()
        tap_digits(page, "13")
        vitals(calm, tom, 51, 139, 85, 79, 97, 14, 5)
        page.clock.run_for(16_000)
        expect(page.locator("#was-systolic")).to_have_text("was 139")
        assert page.locator("#id_systolic").input_value() == "13"
        assert focused(page) == "systolic"
        assert page.evaluate("window.shift") <= 0.02


def test_without_a_network_the_reading_is_shown_hollow_and_sent_later(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    count = calm.readings.count()
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        page.evaluate("window.afterglowOutbox.ready")
        page.context.set_offline(True)
        tap_digits(page, "132" + "84" + "78" + "97" + "14")
        page.locator("#save-reading").click()
        expect(page.locator("#unsent li")).to_contain_text("◌")
        expect(page.locator("#chart .ch-unsent")).to_have_count(4)
        expect(page.locator("#id_systolic")).to_have_value("")
        expect(page.locator("#was-systolic")).to_contain_text("was 132")
        assert calm.readings.count() == count
        page.context.set_offline(False)
        saved_toast(page, "Saved for Q.V.")
        expect(page.locator("#unsent li")).to_have_count(0)
        expect(page.locator("#chart .ch-unsent")).to_have_count(0)
    assert calm.readings.count() == count + 1
