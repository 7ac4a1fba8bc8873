"""The fragments that every page is built from: errors, fields, alarms, error pages."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.conf import settings
from django.template.loader import render_to_string

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
CHOICES = [("yes", "Yes"), ("no", "No")]


class Intake(forms.Form):
    weight = forms.DecimalField(
        label="Weight", help_text="In kg.", error_messages={"required": "Enter the weight"}
    )
    escort = forms.ChoiceField(
        label="Somebody takes them home",
        choices=CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": "Answer: somebody takes them home"},
    )


def test_the_error_summary_links_to_the_input_and_to_the_first_answer_of_a_group() -> None:
    html = render_to_string("_errors.html", {"form": Intake({})})
    assert "There is a problem" in html
    assert '<a href="#id_weight">Enter the weight</a>' in html
    assert '<a href="#id_escort_0">Answer: somebody takes them home</a>' in html
    assert "autofocus" in html


def test_a_form_without_errors_has_no_error_summary() -> None:
    assert not render_to_string("_errors.html", {"form": Intake()}).strip()


def test_a_rule_named_by_the_page_is_listed_in_the_error_summary() -> None:
    errors = [{"href": "#id_pin", "message": "The PIN is wrong <b>"}]
    html = render_to_string("_errors.html", {"errors": errors})
    assert '<a href="#id_pin">The PIN is wrong &lt;b&gt;</a>' in html


def test_a_field_ties_its_hint_and_its_error_to_the_input() -> None:
    html = render_to_string("_field.html", {"field": Intake({})["weight"], "unit": "kg"})
    described = re.search(r'<input[^>]*aria-describedby="([^"]+)"', html)
    assert described is not None
    assert all(f'id="{name}"' in html for name in described[1].split())
    assert 'aria-invalid="true"' in html
    assert '<label for="id_weight">' in html


@pytest.mark.parametrize("kind", ["ask", "segmented", "row", ""])
def test_each_look_of_a_choice_offers_every_answer_once_and_names_the_group(kind: str) -> None:
    html = render_to_string("_field.html", {"field": Intake({})["escort"], "kind": kind})
    assert re.findall(r'<input type="radio"[^>]*?value="(\w+)"', html) == ["yes", "no"]
    named = "<legend>" in html or 'aria-labelledby="id_escort_label"' in html
    assert named
    assert 'id="id_escort_error"' in html


def test_two_alarms_are_drawn_and_the_others_are_counted() -> None:
    alarms = [
        SimpleNamespace(key=f"k{n}", level="high", title=f"Chair {n}", url=f"/c/{n}")
        for n in range(1, 5)
    ]
    html = render_to_string("_alarm_strip.html", {"alarms": alarms})
    assert html.count("strip-high") == 2
    assert "2 more alarms" in html
    assert 'aria-live="off"' in html, "a script says each alarm once, the strip stays silent"
    assert html.count("!!!") == 2
    assert html.count(">High</span>") == 2


def test_a_band_shows_what_is_missing_as_a_dash() -> None:
    band = SimpleNamespace(chair=1, initials="Q.V.", patient_number="P-1", allergies="", age=0)
    html = render_to_string("_identity_band.html", {"band": band})
    assert "<b>–</b>" in html
    assert "(0" in html
    assert "band-drug" not in html


@pytest.mark.parametrize("page", ["400.html", "403.html", "404.html", "500.html"])
def test_an_error_page_repeats_nothing_of_the_request_or_the_fault(page: str) -> None:
    told = {"exception": "Patient P-7 Quentin", "request_path": "/patients/P-7/", "reason": "P-7"}
    html = render_to_string(page, told)
    assert html == render_to_string(page)
    assert "P-7" not in html


def test_a_patient_page_names_no_clinic_and_offers_help_on_top() -> None:
    html = render_to_string("base_me.html", {"clinic": "Northside"})
    assert "<title>Check-in</title>" in html
    header = html[html.index("<header") : html.index("</header>")]
    assert "Get help now" in header


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_carries_an_inline_style_or_script(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
