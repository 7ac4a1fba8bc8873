"""The pages of scores and of questionnaires, in the words that a person reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sessions_app.actions.instruments import load_instrument
from sessions_app.actions.scores import record_score
from sessions_app.checkins.score_list import score_lines
from sessions_app.models import Alert, ClinicInstrument, InstrumentScore, Patient, Staff
from tests.posting import said
from tests.sessions_app.instruments.own_definition import as_file, sleep

pytestmark = pytest.mark.usefixtures("at_chair")


def add(client: Client, maya: Patient, scale: str, **typed: Any) -> HttpResponse:
    address = reverse("clinic:score_add", args=[maya.pk, scale])
    return client.post(address, {"write_key": str(uuid4()), **typed})


def test_a_nurse_enters_a_total_and_sees_it_with_its_band(as_nia: Client, maya: Patient) -> None:
    assert "No score yet" in said(as_nia.get(reverse("clinic:scores", args=[maya.pk])))
    answer = add(as_nia, maya, "madrs", total="23")
    assert answer.status_code == 302
    page = said(as_nia.get(answer.url))
    assert "MADRS 23 of 60, moderate" in page and "Nia Adeyemi" in page


def test_the_page_of_a_scale_holds_no_word_of_it_but_a_field_for_each_item(
    as_nia: Client, maya: Patient
) -> None:
    page = said(as_nia.get(reverse("clinic:score_add", args=[maya.pk, "ham_d17"])))
    assert "Item 1 (0–4)" in page and "Item 17 (0–2)" in page
    screen = said(as_nia.get(reverse("clinic:score_add", args=[maya.pk, "c_ssrs"])))
    assert "2 within three months" in screen


def test_items_are_scored_by_the_rule_and_a_risk_calls(as_nia: Client, maya: Patient) -> None:
    items = {f"item_q{n}": "1" for n in range(1, 17)} | {"item_q12": "2", "item_q7": ""}
    assert add(as_nia, maya, "qids_sr16", **items).status_code == 302
    assert InstrumentScore.objects.get().score == 10
    assert Alert.objects.get().code == "suicide_answer"
    answer = add(as_nia, maya, "c_ssrs", item_q1="0", item_q2="1")
    assert "Saved without a score" in said(as_nia.get(answer.url))


@pytest.mark.parametrize(
    ("scale", "typed", "words"),
    [
        ("madrs", {"total": "61"}, "Score must be a number from 0–60. You entered 61."),
        ("madrs", {"total": "viel"}, "The score must be a number."),
        ("madrs", {"item_q3": "7"}, "Item 3 must be a number from 0–6. You entered 7."),
        ("madrs", {"item_q3": "x"}, "Item 3 must be a whole number."),
        ("madrs", {"item_q3": "2"}, "Too many items are empty"),
        ("madrs", {}, "No value was entered."),
        ("madrs", {"total": "3", "taken_at": "2099-01-01 10:00"}, "must not be later than now"),
        ("madrs", {"total": "3", "taken_at": "gestern"}, "is not a time"),
    ],
)
def test_a_bad_value_is_refused_by_field_and_limit_and_stays_typed(
    as_nia: Client, maya: Patient, scale: str, typed: dict[str, str], words: str
) -> None:
    answer = add(as_nia, maya, scale, **typed)
    assert answer.status_code == 422
    page = said(answer)
    assert words in page
    for value in typed.values():
        assert value in page
    assert not InstrumentScore.objects.exists()


def test_open_items_are_said_at_the_first_of_them(as_nia: Client, maya: Patient) -> None:
    form = add(as_nia, maya, "icsi", item_q1="1", item_q3="2").context["form"]
    assert "(items 2, 4)" in str(form.errors["item_q2"])


def test_a_score_is_corrected_and_taken_back_on_its_pages(as_nia: Client, maya: Patient) -> None:
    add(as_nia, maya, "madrs", total="23")
    old = InstrumentScore.objects.get()
    address = reverse("clinic:score_correct", args=[old.pk])
    form = as_nia.get(address).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    answer = as_nia.post(address, typed)
    assert answer.status_code == 422 and "Nothing was changed." in said(answer)
    assert as_nia.post(address, {**typed, "total": "32"}).status_code == 302
    new = InstrumentScore.objects.standing().get()
    assert (new.score, new.replaces, new.taken_at) == (32, old, old.taken_at)
    page = said(as_nia.get(reverse("clinic:scores", args=[maya.pk])))
    assert "MADRS 32 of 60, moderate" in page and ">corrected<" in page
    assert "MADRS 23" not in page
    gone = reverse("clinic:score_withdraw", args=[new.pk])
    assert as_nia.get(gone).status_code == 200
    assert "Reason is missing" in said(as_nia.post(gone, {"write_key": str(uuid4())}))
    body = {"write_key": str(uuid4()), "reason": "Wrong patient"}
    assert as_nia.post(gone, body).status_code == 302
    assert not InstrumentScore.objects.standing().exists()


def test_items_stand_in_the_form_of_their_correction(as_nia: Client, maya: Patient) -> None:
    add(as_nia, maya, "icsi", item_q1="1", item_q2="2", item_q3="0", item_q4="5")
    score = InstrumentScore.objects.get()
    page = as_nia.get(reverse("clinic:score_correct", args=[score.pk]))
    assert [field.value() for field in page.context["form"].items] == [1, 2, 0, 5]


def test_a_lead_reads_scores_and_enters_none(as_lena: Client, maya: Patient) -> None:
    page = said(as_lena.get(reverse("clinic:scores", args=[maya.pk])))
    assert "A nurse or a physician enters scores." in page
    assert add(as_lena, maya, "madrs", total="3").status_code == 403


def test_a_score_that_looks_back_before_a_dose_says_so(
    as_nia: Client, nia: Staff, maya: Patient, session: Any
) -> None:
    assert session.dose_started_at is not None
    session.dose_started_at = timezone.now() - timedelta(days=3)
    session.save()
    record_score(by=nia, patient=maya, instrument="madrs", total=20, write_key=uuid4())
    record_score(by=nia, patient=maya, instrument="craving_0_100", total=9, write_key=uuid4())
    page = said(as_nia.get(reverse("clinic:scores", args=[maya.pk])))
    assert page.count("looks back before the dose of") == 1


def upload(client: Client, content: bytes) -> HttpResponse:
    file = SimpleUploadedFile("own.json", content)
    body = {"write_key": str(uuid4()), "definition": file}
    return client.post(reverse("clinic:instruments"), body)


def test_the_lead_loads_sees_and_retires_a_questionnaire(as_lena: Client) -> None:
    answer = upload(as_lena, as_file(sleep()))
    assert answer.status_code == 302
    page = said(as_lena.get(answer.url))
    assert "Waking afraid" in page and "good sleep" in page and "as tired as can be" in page
    assert "Our own wording" in page and "Lena" in page
    gone = reverse("clinic:instrument_retire", args=["sleep_short"])
    assert "Retire Sleep, short?" in said(as_lena.get(gone))
    assert as_lena.post(gone, {"write_key": str(uuid4())}).status_code == 302
    assert "retired on" in said(as_lena.get(reverse("clinic:instruments")))
    assert "It is retired" in said(as_lena.get(answer.url))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (as_file(sleep(code="phq9")), "phq9 is the code of a questionnaire that ships."),
        (as_file(sleep(recall_days=999)), "recall_days must be a number from 0–366."),
        (b"{", "neither JSON nor TOML"),
        (b"x" * 100_001, "larger than 100 kB"),
        (b"", "file is empty"),
    ],
)
def test_a_faulty_file_is_refused_with_the_place_and_the_next_step(
    as_lena: Client, content: bytes, words: str
) -> None:
    answer = upload(as_lena, content)
    assert answer.status_code == 422 and words in said(answer)
    assert not ClinicInstrument.objects.exists()


def test_the_example_on_the_page_is_a_file_that_loads(as_lena: Client, lena: Staff) -> None:
    from django.template.loader import render_to_string

    example = render_to_string("clinic/_instrument_example.txt").encode()
    row = load_instrument(by=lena, content=example, write_key=uuid4())
    assert row.code == "sleep_short"
    page = said(as_lena.get(reverse("clinic:instruments")))
    assert 'code = "sleep_short"' in page.replace("&quot;", '"')


def test_what_ships_can_be_read_and_not_retired(as_lena: Client) -> None:
    page = said(as_lena.get(reverse("clinic:instrument", args=["phq9"])))
    assert "10–14 moderate" in page and "Feeling tired or having little energy" in page
    assert "No words are kept here" in said(
        as_lena.get(reverse("clinic:instrument", args=["madrs"]))
    )
    assert as_lena.get(reverse("clinic:instrument_retire", args=["phq9"])).status_code == 404
    assert as_lena.get(reverse("clinic:instrument", args=["none"])).status_code == 404


def test_more_scores_ask_the_database_no_more_often(
    as_nia: Client, maya: Patient, django_assert_num_queries: Any
) -> None:
    add(as_nia, maya, "madrs", total="23")
    with CaptureQueriesContext(connection) as seen:
        assert len(score_lines(maya)) == 1
    one = len(seen)  # a request forgets what was counted before
    for total in ("21", "20"):
        add(as_nia, maya, "madrs", total=total)
    with django_assert_num_queries(one):
        assert len(score_lines(maya)) == 3
