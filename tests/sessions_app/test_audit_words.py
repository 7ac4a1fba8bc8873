"""Each audit tag has its own words, and the audit list reads in them."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from sessions_app import audit
from sessions_app.models import Patient, Staff
from sessions_app.words.audit_words import TAG_WORDS, tag_words
from tests.posting import said


def test_each_tag_has_words_that_no_other_tag_has() -> None:
    assert set(TAG_WORDS) == set(audit.Tag)
    assert len({str(words) for words in TAG_WORDS.values()}) == len(TAG_WORDS)


def test_a_tag_of_another_version_is_shown_as_it_stands() -> None:
    assert tag_words("patient:look") == "Patient's page looked at"
    assert tag_words("patient:sing") == "patient:sing"


def test_the_audit_list_and_its_filter_say_words(
    client: Client, maya: Patient, lena: Staff
) -> None:
    audit.record(audit.Tag.PATIENT_UPDATE, by=lena, patient=maya)
    client.force_login(lena)
    shown = said(client.get(reverse("clinic:audit")))
    assert "<td>Patient&#x27;s details changed</td>" in shown
    assert '<option value="patient:update">Patient&#x27;s details changed</option>' in shown
    assert "<td>patient:" not in shown
