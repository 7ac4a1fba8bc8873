"""Ratings of dissociation: the scales, what is kept and refused, and when it is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.actions.corrections import strike_entry
from sessions_app.actions.ratings import record_rating
from sessions_app.errors import RuleBroken
from sessions_app.models import Clinic as Northside
from sessions_app.models import DissociationRating, SignOff, Staff, TreatmentSession, new_key
from sessions_app.rules import dissociation
from sessions_app.rules.dissociation import SCALES, Rating, resolution
from sessions_app.words.medication_words import CLINIC_RATING_WORDS, SCALE_WORDS, rating_line
from tests.api_client import Api, errors_of
from tests.conftest import START
from tests.sessions_app.chairside_people import at, codes

TOPS = [("clinic_0_4", 4), ("cadss", 92), ("cadss_6", 24)]


def rate(
    session: TreatmentSession, by: Staff, minute: float, score: int, scale: str = "clinic_0_4"
) -> DissociationRating:
    return record_rating(
        by=by, session=session, scale=scale, score=score, write_key=None, clock=at(minute)
    )


def test_every_scale_has_its_bounds_source_and_words() -> None:
    assert [(scale.code, scale.top) for scale in SCALES.values()] == TOPS
    assert all(scale.source and 0 <= scale.clear_at < scale.top for scale in SCALES.values())
    assert set(SCALE_WORDS) == set(SCALES)
    assert list(CLINIC_RATING_WORDS) == list(range(SCALES["clinic_0_4"].top + 1))


@pytest.mark.parametrize(("scale", "top"), TOPS)
def test_a_score_lies_between_0_and_the_top_of_its_scale(scale: str, top: int) -> None:
    assert dissociation.refusal(scale, 0) is None
    assert dissociation.refusal(scale, top) is None
    assert dissociation.refusal(scale, -1) == "below_0"
    assert dissociation.refusal(scale, top + 1) == "above_top"


def test_nobody_rated_says_nothing() -> None:
    assert resolution([]) is None
    assert resolution([Rating(-5, "cadss", 0), Rating(0, "cadss", 0)]) is None


@pytest.mark.parametrize(
    ("scale", "score", "is_over"),
    [
        ("clinic_0_4", 0, True),
        ("clinic_0_4", 1, False),
        ("cadss", 4, True),
        ("cadss", 5, False),
        ("cadss_6", 0, True),
        ("cadss_6", 1, False),
    ],
)
def test_it_is_over_at_or_below_the_scales_limit(scale: str, score: int, is_over: bool) -> None:
    found = resolution([Rating(40, scale, SCALES[scale].top), Rating(90, scale, score)])
    assert found is not None
    assert (found.is_resolved, found.score, found.minute) == (is_over, score, 90)


def test_nobody_has_to_leave_better_than_they_came() -> None:
    before = Rating(-10, "cadss", 9)
    assert resolution([before, Rating(80, "cadss", 9)]).is_resolved  # type: ignore[union-attr]
    assert not resolution([before, Rating(80, "cadss", 10)]).is_resolved  # type: ignore[union-attr]
    other_scale = resolution([before, Rating(80, "cadss_6", 9)])
    assert other_scale is not None
    assert not other_scale.is_resolved, "a rating on another scale is no baseline"


@given(st.lists(st.tuples(st.floats(-30, 200), st.integers(0, 92)), max_size=12))
def test_only_the_newest_rating_after_the_dose_decides(rows: list[tuple[float, int]]) -> None:
    ratings = [Rating(minute, "cadss", score) for minute, score in rows]
    found = resolution(ratings)
    after = [rating for rating in ratings if rating.minute > 0]
    assert (found is None) == (not after)
    if found is not None:
        assert found.minute == max(rating.minute for rating in after)
        assert resolution(reversed(ratings)) is not None


def test_an_unknown_scale_is_never_over() -> None:
    found = resolution([Rating(50, "ours", 0)])
    assert found is not None
    assert not found.is_resolved


@pytest.mark.django_db
@pytest.mark.parametrize(("scale", "top"), TOPS)
def test_the_database_knows_the_bounds_too(
    session: TreatmentSession, nia: Staff, scale: str, top: int
) -> None:
    row = rate(session, nia, 40, top, scale)
    row.pk, row.score = new_key(), top + 1
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scale": "clinic_0_4", "score": "5"}, "score"),
        ({"scale": "cadss", "score": "93"}, "score"),
        ({"scale": "cadss_6", "score": "-1"}, "score"),
        ({"scale": "ours", "score": "1"}, "scale"),
        ({"scale": "cadss"}, "score"),
        ({"scale": "cadss", "score": "2.5"}, "score"),
    ],
)
def test_what_is_no_rating_is_refused_at_both_doors(
    as_nia: Client, nia: Staff, session: TreatmentSession, body: dict[str, str], field: str
) -> None:
    page = as_nia.post(f"/s/{session.pk}/ratings/", {"write_key": str(new_key()), **body})
    api = Api(nia).post(f"sessions/{session.pk}/ratings/", **body)
    assert (page.status_code, api.status_code) == (422, 422)
    assert field in errors_of(api)
    assert "There is a problem" in page.content.decode()
    assert not DissociationRating.objects.exists()


@pytest.mark.django_db
def test_a_refusal_says_the_range(as_nia: Client, session: TreatmentSession) -> None:
    body = {"write_key": str(new_key()), "scale": "cadss_6", "score": "25"}
    page = as_nia.post(f"/s/{session.pk}/ratings/", body).content.decode()
    assert "Rating must be 0–24. You entered 25." in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scale", "control"),
    [("clinic_0_4", 'name="score" value="4"'), ("cadss", 'id="rating_score"')],
)
def test_the_page_asks_on_the_clinics_scale(
    as_nia: Client, session: TreatmentSession, northside: Northside, scale: str, control: str
) -> None:
    northside.dissociation_scale = scale
    northside.save()
    page = as_nia.get(f"/s/{session.pk}/").content.decode()
    assert f'name="scale" value="{scale}"' in page
    assert control in page
    assert escape(str(SCALE_WORDS[scale])) in page


@pytest.mark.django_db
def test_the_api_rates_on_the_clinics_scale_when_none_is_named(
    nia: Staff, session: TreatmentSession
) -> None:
    answer = Api(nia).post(f"sessions/{session.pk}/ratings/", score=3)
    assert (answer.status_code, answer.json()["scale"]) == (201, "clinic_0_4")


@pytest.mark.django_db
def test_a_rating_keeps_its_scale_when_the_clinic_changes_its_own(
    session: TreatmentSession, nia: Staff, northside: Northside
) -> None:
    row = rate(session, nia, 40, 2)
    northside.dissociation_scale = "cadss"
    northside.save()
    row.refresh_from_db()
    assert rating_line(row) == "Clinic's rating 0–4: 2 of 4, mild"


@pytest.mark.django_db
def test_a_struck_rating_decides_no_more(
    as_nia: Client, session: TreatmentSession, nia: Staff
) -> None:
    rate(session, nia, 40, 2)
    slip = rate(session, nia, 80, 0)
    strike_entry(by=nia, entry=slip, reason="was chair 2", write_key=None, clock=at(81))
    standing = session.ratings.standing()
    assert [row.score for row in standing] == [2]
    page = as_nia.get(f"/s/{session.pk}/table/").content.decode()
    assert "<s>Clinic&#x27;s rating 0–4: 0 of 4, none</s>" in page


@pytest.mark.django_db
def test_a_rating_of_an_earlier_minute_is_kept_with_that_minute(
    as_nia: Client, session: TreatmentSession, time_machine: Any
) -> None:
    time_machine.move_to(START + timedelta(minutes=45), tick=False)
    body = {"scale": "clinic_0_4", "score": "3", "taken_at": "10:40"}
    as_nia.post(f"/s/{session.pk}/ratings/", {"write_key": str(new_key()), **body})
    assert DissociationRating.objects.get().taken_at == START + timedelta(minutes=40)


@pytest.mark.django_db
def test_a_signed_session_takes_no_rating_of_now(session: TreatmentSession, nia: Staff) -> None:
    SignOff.objects.create(
        clinic=session.clinic, session=session, signed_by=nia, signed_at=at(60)()
    )
    with pytest.raises(RuleBroken) as refused:
        rate(session, nia, 61, 1)
    assert codes(refused.value) == {("session", "session_signed")}
