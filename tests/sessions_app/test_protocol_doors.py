"""The lead's pages and the API for protocols and alert limits: the same rules at both doors."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from sessions_app.models import AlertLimitVersion, ProtocolVersion, Staff
from sessions_app.protocol_of import alert_limits_in_force, protocol_in_force
from sessions_app.rules.check_in_windows import window
from sessions_app.rules.guard_rails import SHIPPED_LINES, settings_for
from sessions_app.rules.limits import DEFAULT_ALERTS, LIMITS_VERSION
from sessions_app.rules.protocols import PROTOCOL_VERSION, SHIPPED
from tests.api_client import Api, errors_of
from tests.posting import said
from tests.sessions_app.test_protocol_changes import REASON, change, change_limits, plain

pytestmark = pytest.mark.usefixtures("at_chair")


def typed(page: HttpResponse, **changes: Any) -> dict[str, Any]:
    """What a browser would send of the form on the page, with some fields typed over."""
    form = page.context["form"]
    body = {}
    for field in form:
        value = field.value()
        if value is True:
            body[field.name] = "on"
        elif value not in (None, False):
            body[field.name] = str(value)
    body |= {"write_key": str(uuid4()), "reason": REASON} | changes
    return {name: value for name, value in body.items() if value is not None}


def save(client: Client, route: str = "iv", **changes: Any) -> HttpResponse:
    address = reverse("clinic:protocol", args=[route])
    return client.post(address, typed(client.get(address), **changes))


def save_limits(client: Client, **changes: Any) -> HttpResponse:
    address = reverse("clinic:alert_limits")
    return client.post(address, typed(client.get(address), **changes))


def test_the_overview_says_what_ships_and_what_is_the_clinics_own(
    as_lena: Client, lena: Staff
) -> None:
    first = said(as_lena.get(reverse("clinic:protocols")))
    assert first.count("the shipped default") == 7 and "default, not advice" in first
    change(lena, watch_min=90, overdue_min=3)
    change_limits(lena, heart_rate_low_both_medium=45)
    page = said(as_lena.get(reverse("clinic:protocols")))
    assert page.count("the shipped default") == 5
    assert "2 settings of your own" in page and "1 setting of your own" in page


def test_each_number_stands_with_what_ships_its_source_and_its_range(
    as_lena: Client,
) -> None:
    for route in SHIPPED:
        page = said(as_lena.get(reverse("clinic:protocol", args=[route])))
        for name, setting in settings_for(route).items():
            assert f'name="{name}"' in page
            assert setting.source in page and str(setting) in page
    page = said(as_lena.get(reverse("clinic:alert_limits")))
    for name, line in SHIPPED_LINES.items():
        assert f'name="{name}"' in page and line.source in page
    assert as_lena.get("/clinic/protocols/rectal/").status_code == 404


def test_a_change_by_the_page_holds_and_stands_in_the_history(as_lena: Client, lena: Staff) -> None:
    answer = save(as_lena, watch_min="90", mg_per_kg_high="1.25", asks_leaflet=None, due_0="3 h")
    assert answer.status_code == 302
    held = protocol_in_force(lena.clinic_id, "iv")
    assert (held.watch_min, str(held.mg_per_kg_high), held.asks_leaflet) == (90, "1.25", False)
    assert held.windows[0] == window(3, 1, 6, SHIPPED["iv"].windows[0].instruments)
    assert held.windows[1:] == SHIPPED["iv"].windows[1:]
    page = said(as_lena.get(answer.url))
    assert REASON in page and lena.full_name in page
    for words in (
        "Watched at least: 90\N{NO-BREAK SPACE}min, was 60\N{NO-BREAK SPACE}min",
        "Usual dose to: 1.25\N{NO-BREAK SPACE}mg/kg, was 1\N{NO-BREAK SPACE}mg/kg",
        "The nurse confirms the leaflet: no, was yes",
        "Check-in 2 hours after the dose left out; was open from 1 h to 6 h, asks Mood",
        "Check-in 3 hours after the dose added: open from 1 h to 6 h, asks Mood",
    ):
        assert words in page, words


def test_a_page_saved_as_it_stands_changes_nothing(as_lena: Client) -> None:
    for route in SHIPPED:
        answer = save(as_lena, route)
        assert answer.status_code == 422 and "Nothing was changed." in said(answer)
    assert "Nothing was changed." in said(save_limits(as_lena))
    assert not ProtocolVersion.objects.exists() and not AlertLimitVersion.objects.exists()


def test_a_line_of_the_check_ins_is_added_changed_and_left_out(
    as_lena: Client, lena: Staff
) -> None:
    gone = {f"{part}_{row}": "" for part in ("due", "opens", "closes") for row in range(2, 15)}
    more = {"due_16": "10 d", "opens_16": "9 d 12 h", "closes_16": "264h", "phq9_16": "on"}
    assert save(as_lena, "oral", closes_1="2 d", **gone, **more).status_code == 302
    assert protocol_in_force(lena.clinic_id, "oral").windows == (
        SHIPPED["oral"].windows[0],
        window(24, 18, 48, SHIPPED["oral"].windows[1].instruments),
        window(240, 228, 264, ("mood_0_10", "phq9")),
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": ""}, "Reason is missing."),
        ({"due": "10, 20"}, "The first reading has to be due at minute 0. You entered 10, 20."),
        ({"due": "0, 30, 20, 90"}, "Minute 20 stands after minute 30."),
        ({"due": "0, 90"}, "Nothing is measured from minute 0–90: at most 60 minutes may pass."),
        ({"due": "0, 60, 120"}, "Minute 120 is after the minimum watch of 90 minutes."),
        ({"due": "soon"}, "is not a list of minutes"),
        ({"watch_min": "long"}, "Watched at least must be a number."),
        ({"watch_min": "481"}, "can be set to 30–480\N{NO-BREAK SPACE}min. You entered 481."),
        ({"mg_per_kg_low": "2"}, "Usual dose from must not be above 1.0. You entered 2."),
        ({"weight_ask_percent": "10"}, "has to be below 10. You entered 10."),
        ({"closes_0": "20 h"}, "The check-in 24h opens before the check-in 2h closes."),
        ({"opens_0": "3 h"}, "The check-in 2h has to open, be due and close in this order"),
        ({"closes_14": "190 d"}, "closes more than 26 weeks after the dose"),
        ({"closes_0": ""}, "Check-in 1, closes is missing. Fill it in, or empty the whole line."),
        ({"due_0": "later"}, "is not a time after the dose. Write it like 18 h or 3 d."),
        ({"version": "clinic-im-9"}, "after you opened this page"),
    ],
)
def test_a_slip_is_named_with_its_limit_and_keeps_what_was_typed(
    as_lena: Client, changes: dict[str, str], words: str
) -> None:
    answer = save(as_lena, "im", overdue_min="4", **changes)
    assert answer.status_code == 422
    page = said(answer)
    assert words in page
    assert 'value="4"' in page
    assert not ProtocolVersion.objects.exists()


def test_a_wrong_check_in_is_marked_at_its_own_line(as_lena: Client) -> None:
    errors = save(as_lena, "im", closes_0="20 h").context["form"].errors
    assert set(errors) == {"opens_1"}
    errors = save(as_lena, "im", opens_0="3 h").context["form"].errors
    assert set(errors) == {"due_0"}


def test_saved_meanwhile_the_form_says_so_and_a_second_save_is_meant(
    as_lena: Client, lena: Staff
) -> None:
    address = reverse("clinic:protocol", args=["im"])
    body = typed(as_lena.get(address), watch_min="120")
    change(lena, "im", watch_min=100)
    answer = as_lena.post(address, body)
    page = said(answer)
    assert answer.status_code == 422 and f"{lena.full_name} saved these details" in page
    assert "Watched at least: 120\N{NO-BREAK SPACE}min, was 100\N{NO-BREAK SPACE}min" in page
    assert 'name="version" value="clinic-im-1"' in page
    assert as_lena.post(address, body | {"version": "clinic-im-1"}).status_code == 302
    assert protocol_in_force(lena.clinic_id, "im").watch_min == 120


def test_going_back_to_what_ships_says_what_changes_and_asks_why(
    as_lena: Client, lena: Staff
) -> None:
    change(lena, watch_min=90)
    address = reverse("clinic:protocol_reset", args=["iv"])
    page = as_lena.get(address)
    assert "Watched at least: 60\N{NO-BREAK SPACE}min, was 90" in said(page)
    assert as_lena.post(address, typed(page, reason="")).status_code == 422
    answer = as_lena.post(address, typed(page))
    assert "back to what ships" in said(as_lena.get(answer.url))
    assert plain(protocol_in_force(lena.clinic_id, "iv")) == plain(SHIPPED["iv"])
    change_limits(lena, heart_rate_low_both_medium=45)
    address = reverse("clinic:alert_limits_reset")
    answer = as_lena.post(address, typed(as_lena.get(address)))
    page = said(as_lena.get(answer.url))
    assert "Version 2" in page and "back to what ships" in page


def test_limits_by_the_page_are_changed_emptied_and_refused(as_lena: Client, lena: Staff) -> None:
    answer = save_limits(as_lena, temperature_c_high_both_medium="38.5", moaas_low_before_medium="")
    page = said(as_lena.get(answer.url))
    assert "38.5\N{NO-BREAK SPACE}°C, was 38\N{NO-BREAK SPACE}°C" in page
    assert "Awake level (MOAA/S) below (before the dose, Medium): no call, was 5" in page
    wrong = save_limits(as_lena, spo2_low_both_high="", systolic_high_after_medium="180")
    assert wrong.status_code == 422
    page = said(wrong)
    assert "SpO₂ below (before and after, High) is missing." in page
    late = said(save_limits(as_lena, systolic_high_after_medium="180"))
    assert "180 would warn only when the High limit of 180 already calls." in late
    assert AlertLimitVersion.objects.count() == 1
    assert alert_limits_in_force(lena.clinic_id).version == "clinic-limits-1"


# --- the second door


def sent(**changes: Any) -> dict[str, Any]:
    return {"route": "im", "version": PROTOCOL_VERSION, "reason": REASON} | changes


def test_the_api_gives_what_holds_and_takes_a_change(lena: Staff, nia: Staff) -> None:
    api = Api(lena)
    held = api.get("protocols/im/").json()
    assert (held["version"], held["due"]) == (PROTOCOL_VERSION, [0, 10, 20, 30, 45, 60, 90])
    assert held["windows"][0] == {
        "slot": "2h",
        "due_hours": 2,
        "opens_hours": 1,
        "closes_hours": 6,
        "instruments": list(SHIPPED["im"].windows[0].instruments),
    }
    windows = [{"due_hours": 2, "opens_hours": 1, "closes_hours": 6, "instruments": ["mood_0_10"]}]
    answer = api.post("protocol-versions/", **sent(watch_min=120, windows=windows))
    assert answer.status_code == 201
    made = answer.json()
    assert (made["number"], made["reason"], made["changed_by"]) == (1, REASON, str(lena.pk))
    assert made["protocol"]["watch_min"] == 120 and len(made["protocol"]["windows"]) == 1
    assert made["protocol"]["mg_per_kg_low"] == "0.250"
    nurse = Api(nia)
    assert nurse.get(f"protocol-versions/{made['id']}/").json() == made
    assert nurse.get("protocol-versions/", route="im").json()["results"] == [made]
    assert nurse.get("protocol-versions/", route="iv").json()["results"] == []
    assert nurse.get("protocols/im/").json() == made["protocol"]
    assert nurse.get("protocols/rectal/").status_code == 404
    assert nurse.post("protocol-versions/", **sent(watch_min=100)).status_code == 403
    back = sent(version="clinic-im-1", reset_to_shipped=True)
    assert api.post("protocol-versions/", **back).json()["shipped"] == PROTOCOL_VERSION


def test_the_api_gives_and_takes_alert_limits(lena: Staff, nia: Staff) -> None:
    api = Api(lena)
    held = api.get("alert-limits/").json()
    assert held["version"] == LIMITS_VERSION and len(held["thresholds"]) == len(
        DEFAULT_ALERTS.limits
    )
    body = {"version": LIMITS_VERSION, "reason": REASON}
    change = {"heart_rate_low_both_medium": 45, "moaas_low_before_medium": None}
    made = api.post("alert-limit-versions/", **body, thresholds=change).json()
    thresholds = made["alert_limits"]["thresholds"]
    assert thresholds["heart_rate_low_both_medium"] == "45.0"
    assert thresholds["moaas_low_before_medium"] is None
    nurse = Api(nia)
    assert nurse.get(f"alert-limit-versions/{made['id']}/").json() == made
    assert nurse.get("alert-limit-versions/").json()["results"] == [made]
    assert nurse.get("alert-limits/").json() == made["alert_limits"]
    back = {"version": "clinic-limits-1", "reason": REASON, "reset_to_shipped": True}
    assert api.post("alert-limit-versions/", **back).json()["number"] == 2


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"reason": " "}, {"reason": "required"}),
        ({}, {"": "nothing_changed"}),
        ({"version": "clinic-im-3", "watch_min": 100}, {"version": "changed_meanwhile"}),
        ({"watch_min": 481}, {"watch_min": "outside_guard_rail"}),
        ({"watch_min": None}, {"watch_min": "required"}),
        ({"due": [10, 20]}, {"due": "schedule_without_zero"}),
        ({"due": [0, 30, 20, 90]}, {"due": "minutes_not_ascending"}),
        ({"windows": []}, {"windows": "windows_missing"}),
        ({"mg_per_kg_low": "1.5"}, {"mg_per_kg_low": "above_other_end"}),
        ({"pulse": 3}, {"pulse": "unknown_field"}),
    ],
)
def test_the_api_refuses_what_the_page_refuses(
    lena: Staff, body: dict[str, Any], errors: dict[str, str]
) -> None:
    answer = Api(lena).post("protocol-versions/", **sent(**body))
    assert answer.status_code == 422
    assert errors_of(answer) == errors
    assert not ProtocolVersion.objects.exists()


def test_another_clinics_versions_are_missing(lena: Staff, otto: Staff) -> None:
    version, limits = change(lena, watch_min=90), change_limits(lena, spo2_low_both_high=91)
    api = Api(otto)
    assert api.get(f"protocol-versions/{version.pk}/").status_code == 404
    assert api.get(f"alert-limit-versions/{limits.pk}/").status_code == 404
    assert api.get("protocol-versions/").json()["results"] == []
    assert api.get("protocols/iv/").json()["watch_min"] == 60


def test_the_same_post_twice_is_one_version_and_one_answer(lena: Staff) -> None:
    api, key = Api(lena), str(uuid4())
    body = sent(watch_min=120, write_key=key)
    first, again = (api.post("protocol-versions/", **body) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json() and ProtocolVersion.objects.count() == 1
